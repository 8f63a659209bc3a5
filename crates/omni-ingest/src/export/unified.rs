//! The whole unified set at once.

#[cfg(feature = "arrow")]
use super::parquet::ParquetWriter;
use super::{
    ConsentRow, CsvWriter, EventRow, IdentityRow, NdjsonWriter, OrderLineRow, OrderRow, PersonRow,
    ProductRow, RejectRow, ReturnRow, Row, Table,
};
use crate::Error;
use crate::merge::{Person, Survivorship, Values};
use crate::privacy::Subject;
use crate::unify::{Unified, UnifiedActivity};
use omni_core::VariantId;
use std::io::{self, Write};

/// How tables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// CSV with this delimiter.
    Csv(u8),
    /// One JSON object a line.
    Ndjson,
    /// Parquet.
    #[cfg(feature = "arrow")]
    Parquet,
}

/// A table that was written. `output` is what it was written to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written<W> {
    /// The table.
    pub table: &'static Table,
    /// How many rows it has.
    pub rows: u64,
    /// The writer that was opened for it.
    pub output: W,
}

/// Writes the unified set as the tables `persons`, `identities`, `consents`, `products`,
/// `orders`, `order_lines`, `events`, `returns` and `rejects`, each to a writer of its own
/// that `open` gives. `rules` say what survives of a person.
///
/// Persons who were erased are in no table. Rows stand in the order of the set: by number,
/// orders and events by time, rejects (copies and duplicates too) by file. O(n log n) time,
/// memory for one person and one piece of a table.
///
/// # Errors
/// What `open` returns as [`Error::Write`]; those of the writers: [`CsvWriter`],
/// [`NdjsonWriter`]; [`Error::Money`] if an amount does not fit.
///
/// # Examples
/// ```
/// use omni_ingest::export::{self, Form};
/// use omni_ingest::formats;
/// use omni_ingest::merge::Survivorship;
/// use omni_ingest::unify::Unifier;
///
/// let shop = "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku\n\
///     #1037,ada@example.com,paid,GBP,2025-06-08 11:58:45 +0100,2,Mug,10.00,MUG\n";
/// let mut unifier = Unifier::new();
/// unifier.read("shop.csv", &formats::shopify_orders(), shop.as_bytes())?;
/// let unified = unifier.finish()?;
///
/// let rules = Survivorship::person();
/// let tables = export::unified(&unified, &rules, Form::Csv(b','), |_| Ok(Vec::new()))?;
/// let names: Vec<_> = tables.iter().map(|written| (written.table.name, written.rows)).collect();
/// assert_eq!(names[..3], [("persons", 1), ("identities", 1), ("consents", 0)]);
/// let orders = String::from_utf8_lossy(&tables[4].output);
/// assert!(orders.ends_with("\r\n0,#1037,shopify,0,2025-06-08T10:58:45Z,GBP,completed,2000,0,0,\"\"\r\n"));
/// # Ok::<(), omni_ingest::Error>(())
/// ```
pub fn unified<W: Write + Send>(
    unified: &Unified,
    rules: &Survivorship,
    form: Form,
    open: impl FnMut(&'static Table) -> io::Result<W>,
) -> Result<Vec<Written<W>>, Error> {
    let mut files = Files { form, open, written: Vec::new() };
    fill(&mut files, unified, rules, None)?;
    Ok(files.written)
}

/// Takes tables, one after the other.
pub(crate) trait Book {
    /// Takes the rows of a table.
    type Sheet: Sheet;
    /// Begins a table.
    fn open(&mut self, table: &'static Table) -> Result<Self::Sheet, Error>;
    /// Ends it.
    fn close(&mut self, sheet: Self::Sheet) -> Result<(), Error>;
}

/// Takes the rows of one table.
pub(crate) trait Sheet {
    /// Takes a row.
    fn row<R: Row>(&mut self, row: &R) -> Result<(), Error>;
}

impl<W: Write> Sheet for NdjsonWriter<W> {
    fn row<R: Row>(&mut self, row: &R) -> Result<(), Error> {
        self.write(row)
    }
}

struct Files<O, W> {
    form: Form,
    open: O,
    written: Vec<Written<W>>,
}

struct File<W: Write + Send> {
    table: &'static Table,
    writer: Writer<W>,
}

enum Writer<W: Write + Send> {
    Csv(CsvWriter<W>),
    Ndjson(NdjsonWriter<W>),
    #[cfg(feature = "arrow")]
    Parquet(Box<ParquetWriter<W>>),
}

impl<W: Write + Send> Sheet for File<W> {
    fn row<R: Row>(&mut self, row: &R) -> Result<(), Error> {
        match &mut self.writer {
            Writer::Csv(writer) => writer.write(row),
            Writer::Ndjson(writer) => writer.write(row),
            #[cfg(feature = "arrow")]
            Writer::Parquet(writer) => writer.write(row),
        }
    }
}

impl<W: Write + Send, O: FnMut(&'static Table) -> io::Result<W>> Book for Files<O, W> {
    type Sheet = File<W>;

    fn open(&mut self, table: &'static Table) -> Result<File<W>, Error> {
        let output = (self.open)(table).map_err(|error| Error::write(&error))?;
        let writer = match self.form {
            Form::Csv(delimiter) => Writer::Csv(CsvWriter::new(output, table, delimiter)?),
            Form::Ndjson => Writer::Ndjson(NdjsonWriter::new(output, table)),
            #[cfg(feature = "arrow")]
            Form::Parquet => Writer::Parquet(Box::new(ParquetWriter::new(output, table)?)),
        };
        Ok(File { table, writer })
    }

    fn close(&mut self, File { table, writer }: File<W>) -> Result<(), Error> {
        let (rows, output) = match writer {
            Writer::Csv(writer) => (writer.rows(), writer.finish()?),
            Writer::Ndjson(writer) => (writer.rows(), writer.finish()?),
            #[cfg(feature = "arrow")]
            Writer::Parquet(writer) => (writer.rows(), writer.finish()?),
        };
        self.written.push(Written { table, rows, output });
        Ok(())
    }
}

/// Fills a book with the tables of a set, or with what of them is one person's.
pub(crate) fn fill<B: Book>(
    book: &mut B,
    unified: &Unified,
    rules: &Survivorship,
    whose: Option<(u32, &Subject)>,
) -> Result<(), Error> {
    let own = |person: Option<u32>| whose.is_none_or(|(only, _)| person == Some(only));
    let persons = || unified.remaining().filter(|person| own(Some(*person)));
    let mut sheet = book.open(PersonRow::TABLE)?;
    for person in persons() {
        sheet.row(&PersonRow::of(person, &unified.person(person).profile(rules)))?;
    }
    book.close(sheet)?;

    let mut sheet = book.open(IdentityRow::TABLE)?;
    for person in persons() {
        identities(&mut sheet, unified, person)?;
    }
    book.close(sheet)?;

    let mut sheet = book.open(ConsentRow::TABLE)?;
    for person in persons() {
        let customer = unified.customer(person)?;
        let channel = |id| unified.keys.channels.key(id).map(String::as_str);
        for row in ConsentRow::of(&customer, channel) {
            sheet.row(&row)?;
        }
    }
    book.close(sheet)?;

    // Products are nobody's.
    if whose.is_none() {
        let mut sheet = book.open(ProductRow::TABLE)?;
        products(&mut sheet, unified)?;
        book.close(sheet)?;
    }

    let orders = || unified.orders.iter().filter(|order| own(order.person));
    let mut sheet = book.open(OrderRow::TABLE)?;
    for order in orders() {
        let also: Vec<String> = order.also_in.iter().map(ToString::to_string).collect();
        let row = OrderRow::of(&order.order, &order.channel)?;
        sheet.row(&OrderRow { person: order.person, also_in: &also.join(" "), ..row })?;
    }
    book.close(sheet)?;
    let mut sheet = book.open(OrderLineRow::TABLE)?;
    for order in orders() {
        for row in OrderLineRow::of(&order.order) {
            sheet.row(&row?)?;
        }
    }
    book.close(sheet)?;

    let mut sheet = book.open(EventRow::TABLE)?;
    let events = (0..).zip(&unified.activities).filter(|(_, deed)| own(deed.person));
    for (number, deed) in events {
        sheet.row(&event(unified, number, deed))?;
    }
    book.close(sheet)?;

    let mut sheet = book.open(ReturnRow::TABLE)?;
    for (channel, returned) in &unified.returns {
        if own(returned.customer.map(omni_core::CustomerId::get)) {
            sheet.row(&ReturnRow::of(returned, unified.channel(*channel)))?;
        }
    }
    book.close(sheet)?;

    let mut sheet = book.open(RejectRow::TABLE)?;
    for reject in unified.rejects.iter().chain(&unified.set_aside) {
        if whose.is_none_or(|(_, subject)| subject.is_of(reject)) {
            sheet.row(&RejectRow::of(reject))?;
        }
    }
    book.close(sheet)
}

/// All names of a person, those in no normal form too.
fn identities<S: Sheet>(sheet: &mut S, unified: &Unified, person: u32) -> Result<(), Error> {
    let state: Person = unified.person(person);
    for kind in ["email", "phone", "loyalty"] {
        let values = state.texts().field(kind).into_iter().flat_map(Values::iter);
        for (value, origins) in values {
            let proven = origins.iter().filter(|origin| origin.verified);
            let verified_at = proven.filter_map(|origin| origin.at).max();
            sheet.row(&IdentityRow { person, kind, value, verified_at })?;
        }
    }
    for ((_, value), _) in state.references().iter() {
        sheet.row(&IdentityRow { person, kind: "channel_ref", value, verified_at: None })?;
    }
    for value in unified.devices(person) {
        sheet.row(&IdentityRow { person, kind: "device", value, verified_at: None })?;
    }
    Ok(())
}

/// Every code as a product of one variant: what belongs together, channels do not say.
fn products<S: Sheet>(sheet: &mut S, unified: &Unified) -> Result<(), Error> {
    let titles = unified.keys.titles().iter().map(String::as_str).chain(std::iter::repeat(""));
    for (number, (sku, title)) in (0..).zip(unified.keys.variants.keys().iter().zip(titles)) {
        sheet.row(&ProductRow {
            product: number,
            variant: number,
            sku,
            title,
            ..ProductRow::default()
        })?;
    }
    Ok(())
}

fn event<'u>(unified: &Unified, event: u64, deed: &'u UnifiedActivity) -> EventRow<'u> {
    let activity = &deed.activity;
    let code = activity.product.as_ref().unwrap_or(&activity.sku);
    EventRow {
        event,
        at: activity.at,
        channel: &deed.channel,
        person: deed.person,
        kind: activity.kind.map_or("other", super::rows::event_kind),
        variant: unified.keys.variants.get(code.as_ref()).map(VariantId::new).map(VariantId::get),
        ..EventRow::default()
    }
}
