//! Sales that were canceled later, taken back.
//!
//! Online Retail writes a cancellation as an invoice of its own that names no sale. One that
//! fits an earlier sale of the same customer, article, price and quantity undoes it, so that
//! customers and demand count what stayed sold. The others, of a part of a sale or of a
//! sale before the data begins, only lower the revenue of the month they came in.

use crate::shell::Failure;
use chrono::DateTime;
use omnichannel::ingest::parse::Decimal;
use omnichannel::ingest::returns::{Match, SaleMatcher};
use omnichannel::ingest::{Keys, Price, Read, SaleLine, SaleStatus};
use omnichannel::order::OrderLine;
use omnichannel::{CustomerId, Money, Order, Sku, UnitPrice};

/// A sale of one article that counts no longer.
pub(crate) struct Canceled {
    pub(crate) units: u32,
    pub(crate) amount: Money,
}

/// What a sale and its cancellation share.
type Sold<'a> = (Option<CustomerId>, &'a Sku, u32, UnitPrice);

/// Cancels every order line that a later return undoes; the return then names the order.
pub(crate) fn cancel_matched(read: &mut Read) -> Result<Vec<Canceled>, Failure> {
    let mut matcher = SaleMatcher::new();
    // Where each sale stands that the matcher knows, by the record it is told.
    let mut places = Vec::new();
    let mut canceled = Vec::new();
    // By time, whatever the order of the file.
    let mut orders: Vec<(usize, &Order)> = read.orders.iter().enumerate().collect();
    orders.sort_by_key(|(_, order)| order.placed_at);
    let mut orders = orders.into_iter().peekable();
    let mut returns: Vec<_> =
        read.returns.iter_mut().filter(|back| back.refers_to.is_none()).collect();
    returns.sort_by_key(|back| back.at);
    for back in returns {
        while let Some((at, order)) = orders.next_if(|(_, order)| order.placed_at <= back.at) {
            let delivered = |(_, sold): &(usize, &OrderLine)| sold.returnable() == sold.ordered;
            for (line, sold) in order.lines.iter().enumerate().filter(delivered) {
                let sale = (order.customer, &sold.sku, sold.ordered, sold.unit_price);
                matcher.sell(places.len() as u64, &line_of(&read.keys, sale)?);
                places.push((at, line));
            }
        }
        let sale = (back.customer, &back.sku, back.quantity, back.unit_price);
        if let Match::Sale(record) = matcher.take_back(&line_of(&read.keys, sale)?) {
            let (at, line) = places[record as usize];
            back.order = Some(read.orders[at].id);
            canceled.push((at, line));
        }
    }
    canceled.sort_unstable();
    let mut canceled = canceled.into_iter().peekable();
    let mut taken_back = Vec::new();
    for (at, order) in std::mem::take(&mut read.orders).into_iter().enumerate() {
        let mut record = order.into_record();
        while let Some((_, line)) = canceled.next_if(|(of, _)| *of == at) {
            let line = &mut record.lines[line];
            taken_back.push(Canceled { units: line.ordered, amount: line.total()? });
            (line.canceled, line.shipped, line.delivered) = (line.ordered, 0, 0);
        }
        read.orders.push(Order::new(record)?);
    }
    Ok(taken_back)
}

/// A sale or its cancellation in the words of the matcher.
fn line_of<'a>(
    keys: &'a Keys,
    (customer, sku, units, price): Sold<'a>,
) -> Result<SaleLine<'a>, Failure> {
    let too_fine = || Failure::Input(format!("{sku}: a price with too many decimals"));
    let customer = customer.and_then(|customer| keys.customers.key(customer.get()));
    Ok(SaleLine {
        order: "".into(),
        refers_to: None,
        sku: sku.as_str().into(),
        product: None,
        title: "".into(),
        quantity: units.into(),
        price: Price::Unit(Decimal::new(price.value(), price.scale()).ok_or_else(too_fine)?),
        discount: Decimal::ZERO,
        currency: price.currency(),
        placed_at: DateTime::UNIX_EPOCH,
        customer: customer.map(|name| name.as_str().into()),
        country: "".into(),
        status: SaleStatus::Sold,
    })
}
