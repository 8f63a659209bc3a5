//! Columns from orders and events: one pass, nothing lost without a count.

use crate::orders::draft;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use omni_core::event::{Actor, Event, EventRecord};
use omni_core::order::{
    Disposition, Order, OrderRecord, OrderState, ReceivedLine, Return, ReturnLine, ReturnReason,
    ReturnState,
};
use omni_core::{
    BehaviorColumns, ChannelId, Currency, CustomerId, DemandColumns, EventId, EventKind,
    LocationId, OrderLineId, PurchaseColumns, ReturnId, SaleColumns, TaxMode, VariantId,
};

const EUR: Currency = Currency::EUR;
const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// The draft of `orders`, delivered: `returned` pieces of its first line came back.
fn sold(customer: Option<u32>, canceled: u32, returned: u32) -> OrderRecord {
    let mut record = draft();
    record.customer = customer.map(CustomerId::new);
    record.state = OrderState::Completed;
    for line in &mut record.lines {
        (line.shipped, line.delivered) = (line.ordered, line.ordered);
    }
    let first = &mut record.lines[0];
    (first.canceled, first.returned) = (canceled, returned);
    (first.shipped, first.delivered) = (first.kept(), first.kept());
    record
}

fn orders(records: impl IntoIterator<Item = OrderRecord>) -> Vec<Order> {
    records.into_iter().map(|record| Order::new(record).unwrap()).collect()
}

/// One order of every kind that is left out, and two that are not.
fn mixed() -> Vec<Order> {
    let mut canceled = sold(Some(1), 0, 0);
    canceled.state = OrderState::Canceled;
    let mut by_unit = sold(Some(1), 0, 0);
    by_unit.state = OrderState::Placed;
    for line in canceled.lines.iter_mut().chain(&mut by_unit.lines) {
        (line.canceled, line.shipped, line.delivered) = (line.ordered, 0, 0);
    }
    let mut everything = sold(Some(1), 0, 3);
    everything.lines[1].returned = 2;
    let mut dollars = OrderRecord { currency: Currency::USD, ..sold(Some(1), 0, 0) };
    dollars.shipping = omni_core::Money::zero(Currency::USD);
    dollars.lines.truncate(1);
    dollars.lines[0].unit_price = "1.00 USD".parse().unwrap();
    dollars.lines[0].discount = omni_core::Money::zero(Currency::USD);
    orders([
        sold(Some(5), 1, 1),
        draft(),
        canceled,
        by_unit,
        dollars,
        sold(None, 0, 0),
        everything,
        OrderRecord { tax_mode: TaxMode::Exclusive, ..sold(Some(6), 0, 0) },
    ])
}

#[test]
fn purchases_are_what_stayed() {
    let read = PurchaseColumns::from_orders(&mixed(), EUR, &Utc).unwrap();
    let rows = read.columns.view();
    assert_eq!((rows.customer(), rows.day(), rows.currency()), (&[5, 6][..], &[0, 0][..], EUR));
    // 29.99 with 4.79 of tax, of three; one canceled, one back. 10.00 with 1.60 of tax.
    assert_eq!(rows.amount(), [(999 - 159) + (1000 - 160), 2999 + 1000]);
    let skipped = read.skipped;
    assert_eq!((skipped.draft, skipped.canceled, skipped.other_currency), (1, 2, 1));
    assert_eq!((skipped.unknown_customer, skipped.returned), (1, 1));
}

#[test]
fn sales_are_before_returns_and_keep_guests() {
    let read = SaleColumns::from_orders(&mixed(), EUR, &Utc).unwrap();
    let rows = read.columns.view();
    assert_eq!(rows.customer(), [Some(5), None, Some(1), Some(6)]);
    assert_eq!(rows.channel(), [1; 4]);
    // Of three pieces at 10.00, 10.00 and 9.99 with tax 1.60, 1.60 and 1.59 the first is
    // canceled and the second comes back.
    let [first, other] = [840 + 840, 840];
    let all = 2999 - 479;
    assert_eq!(rows.revenue(), [first + other, all + other, all + other, 2999 + 1000]);
    assert_eq!(rows.returned_value(), [840, 0, all + other, 0]);
    assert_eq!((rows.units(), rows.returned_units()), (&[4, 5, 5, 5][..], &[1, 0, 5, 0][..]));
    let skipped = read.skipped;
    assert_eq!((skipped.draft, skipped.canceled, skipped.other_currency), (1, 2, 1));
    assert_eq!((skipped.unknown_customer, skipped.returned), (0, 0));
}

#[test]
fn demand_is_what_was_asked_for_in_every_currency() {
    let read = DemandColumns::from_orders(&mixed(), &Utc);
    let rows = read.columns.view();
    assert_eq!(rows.units(), [2.0, 2.0, 3.0, 3.0, 2.0, 3.0, 2.0, 3.0, 2.0]);
    assert!(rows.key().iter().all(|&key| key == 7));
    assert_eq!((read.skipped.draft, read.skipped.canceled, read.skipped.other_currency), (1, 2, 0));
}

#[test]
fn what_came_back_is_a_row_on_the_day_it_came() {
    let mut record = sold(Some(5), 0, 3);
    let line = OrderLineId::new(1);
    let disposition = Disposition::Restock;
    let mut goods = Return::new(
        ReturnId::new(1),
        LocationId::new(1),
        vec![ReturnLine { line, quantity: 2, reason: ReturnReason::Late }],
    );
    goods.state = ReturnState::Completed;
    goods.received = vec![ReceivedLine { line, quantity: 2, disposition }];
    goods.received_at = Some(NOW + TimeDelta::days(9));
    record.returns.push(goods);
    let read = BehaviorColumns::from_orders(&orders([record, sold(None, 0, 0)]), &Utc);
    let rows = read.columns.view();
    let (bought, back) = (EventKind::Purchase, EventKind::Return);
    assert_eq!(rows.kind(), [bought, bought, back, back]);
    assert_eq!(rows.quantity(), [3.0, 2.0, 2.0, 1.0]);
    assert_eq!(rows.day(), [0, 0, 9, 0]);
    assert_eq!((rows.customer(), rows.item()), (&[5; 4][..], &[7; 4][..]));
    assert_eq!(read.skipped.unknown_customer, 1);
}

#[test]
fn the_zone_says_on_which_day() {
    let late = orders([OrderRecord { placed_at: NOW, ..sold(Some(5), 0, 0) }]);
    let new_york = FixedOffset::west_opt(5 * 3600).unwrap();
    let day = |day: &[i32]| day.to_vec();
    let purchases = PurchaseColumns::from_orders(&late, EUR, &new_york).unwrap();
    let sales = SaleColumns::from_orders(&late, EUR, &new_york).unwrap();
    let demand = DemandColumns::from_orders(&late, &new_york);
    let behavior = BehaviorColumns::from_orders(&late, &new_york);
    assert_eq!(day(purchases.columns.view().day()), [-1]);
    assert_eq!(day(sales.columns.view().day()), [-1]);
    assert_eq!(day(demand.columns.view().day()), [-1, -1]);
    assert_eq!(day(behavior.columns.view().day()), [-1, -1]);
}

#[test]
fn events_of_customers_with_items_become_rows() {
    let event = |actor, kind, variant: Option<u32>, quantity| {
        Event::new(EventRecord {
            id: EventId::new(1),
            at: NOW + TimeDelta::hours(25),
            channel: ChannelId::new(0),
            actor,
            kind,
            variant: variant.map(VariantId::new),
            quantity,
            value: None,
        })
        .unwrap()
    };
    let anna = || Actor::Customer(CustomerId::new(3));
    let events = [
        event(anna(), EventKind::View, Some(4), None),
        event(anna(), EventKind::AddToCart, Some(5), Some(2)),
        event(anna(), EventKind::Search, None, None),
        event(Actor::Session("x".into()), EventKind::View, Some(4), None),
    ];
    let read = BehaviorColumns::from_events(&events, &Utc);
    assert_eq!((read.skipped.without_item, read.skipped.unknown_customer), (1, 1));
    let mut columns = BehaviorColumns::new();
    columns.append(&read.columns);
    columns.append(&read.columns);
    let rows = columns.view();
    assert_eq!((rows.item(), rows.quantity()), (&[4, 5, 4, 5][..], &[1.0, 2.0, 1.0, 2.0][..]));
    assert_eq!((rows.customer(), rows.day()), (&[3; 4][..], &[1; 4][..]));
    assert_eq!(rows.kind()[..2], [EventKind::View, EventKind::AddToCart]);
}

/// Nothing is lost: every order has a row or is counted.
#[test]
fn rows_and_counts_sum_to_the_orders() {
    let mut all = mixed();
    all.extend(mixed());
    let sum = |rows: usize, s: omni_core::Skipped| {
        rows + s.draft + s.canceled + s.other_currency + s.unknown_customer + s.returned
    };
    let purchases = PurchaseColumns::from_orders(&all, EUR, &Utc).unwrap();
    assert_eq!(sum(purchases.columns.view().len(), purchases.skipped), all.len());
    let sales = SaleColumns::from_orders(&all, EUR, &Utc).unwrap();
    assert_eq!(sum(sales.columns.view().len(), sales.skipped), all.len());
}
