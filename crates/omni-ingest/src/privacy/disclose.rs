//! All records of one person, as JSON.

use super::Subject;
use crate::export::{
    ConsentRow, EventRow, IdentityRow, NdjsonWriter, OrderLineRow, OrderRow, PersonRow, RejectRow,
    ReturnRow, Row,
};
use crate::merge::Profile;
use crate::{Error, Reject, ReturnedLine};
use omni_core::{Customer, Event, Order};
use std::fmt;
use std::io::Write;

/// Where the records of a person may be. `Debug` leaves them out.
#[derive(Clone, Copy, Default)]
pub struct Holdings<'a> {
    /// What survives of the person, with all that lost.
    pub profile: Option<&'a Profile>,
    /// Customers.
    pub customers: &'a [Customer],
    /// Orders.
    pub orders: &'a [Order],
    /// Events.
    pub events: &'a [Event],
    /// Returns, with the name of their channel.
    pub returns: &'a [(&'a str, &'a ReturnedLine)],
    /// Records that were set aside.
    pub rejects: &'a [Reject],
    /// The names of the channels, by number.
    pub channels: &'a [String],
}

impl fmt::Debug for Holdings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holdings")
            .field("customers", &self.customers.len())
            .field("orders", &self.orders.len())
            .field("events", &self.events.len())
            .finish_non_exhaustive()
    }
}

/// Writes all records of a person as one JSON object: each table of
/// [`export`](crate::export) with an array of rows.
///
/// # Errors
/// [`Error::Money`] if an amount does not fit, [`Error::Param`] if a time has no four-digit
/// year, [`Error::Write`].
pub fn disclose<W: Write>(
    mut output: W,
    subject: &Subject,
    holdings: &Holdings<'_>,
) -> Result<W, Error> {
    let channel = |number: u32| {
        let name = usize::try_from(number).ok().and_then(|at| holdings.channels.get(at));
        name.map(String::as_str)
    };
    let customers: Vec<&Customer> =
        holdings.customers.iter().filter(|customer| subject.is(customer.id)).collect();
    let orders = || {
        let own = |order: &&Order| order.customer.is_some_and(|id| subject.is(id));
        holdings.orders.iter().filter(own)
    };
    let mut first = None;
    let persons = holdings.profile.map(|profile| {
        PersonRow::of(customers.first().map_or(0, |customer| customer.id.get()), profile)
    });
    table(&mut output, &mut first, persons.into_iter().map(Ok))?;
    let identities = customers.iter().flat_map(|customer| IdentityRow::of(customer));
    table(&mut output, &mut first, identities.map(Ok))?;
    let consents = customers.iter().flat_map(|customer| ConsentRow::of(customer, channel));
    table(&mut output, &mut first, consents.map(Ok))?;
    let rows = orders().map(|order| {
        OrderRow::of(order, channel(order.channel.get()).unwrap_or_default()).map_err(Error::from)
    });
    table(&mut output, &mut first, rows)?;
    let lines = orders().flat_map(OrderLineRow::of).map(|row| row.map_err(Error::from));
    table(&mut output, &mut first, lines)?;
    let events = holdings.events.iter().filter(|event| match &event.actor {
        omni_core::event::Actor::Customer(id) => subject.is(*id),
        omni_core::event::Actor::Session(name) => subject.is_reached_in(name),
        _ => false,
    });
    let events = events
        .map(|event| Ok(EventRow::of(event, channel(event.channel.get()).unwrap_or_default())));
    table(&mut output, &mut first, events)?;
    let returns = holdings
        .returns
        .iter()
        .filter(|(_, returned)| returned.customer.is_some_and(|id| subject.is(id)));
    let returns = returns.map(|(channel, returned)| Ok(ReturnRow::of(returned, channel)));
    table(&mut output, &mut first, returns)?;
    let rejects = holdings.rejects.iter().filter(|reject| subject.is_of(reject));
    table(&mut output, &mut first, rejects.map(|reject| Ok(RejectRow::of(reject))))?;
    put(&mut output, "}\n")?;
    output.flush().map_err(|error| Error::write(&error))?;
    Ok(output)
}

/// One member of the object. `first` says whether another stands before it.
fn table<W: Write, R: Row>(
    output: &mut W,
    first: &mut Option<()>,
    rows: impl Iterator<Item = Result<R, Error>>,
) -> Result<(), Error> {
    let begin = if first.replace(()).is_none() { "{" } else { "," };
    put(output, &format!("{begin}\"{}\":[", R::TABLE.name))?;
    let mut writer = NdjsonWriter::new(Vec::new(), R::TABLE);
    for row in rows {
        writer.write(&row?)?;
    }
    let text = String::from_utf8(writer.finish()?).unwrap_or_default();
    for (at, line) in text.lines().enumerate() {
        if at > 0 {
            put(output, ",")?;
        }
        put(output, line)?;
    }
    put(output, "]")
}

fn put<W: Write>(output: &mut W, text: &str) -> Result<(), Error> {
    output.write_all(text.as_bytes()).map_err(|error| Error::write(&error))
}
