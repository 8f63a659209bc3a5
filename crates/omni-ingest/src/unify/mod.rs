//! All channels as one: every sale once, every person once, every record accounted for.
//!
//! ```text
//! files ─► records ─┬─ lines of sales ─► which are copies? ─► orders, each with the channels that saw it
//!                   ├─ refunds ────────► the orders they undo
//!                   ├─ events ─────────► activities
//!                   └─ persons ────────► the same person in all channels
//! ```
//!
//! # Copies
//! One order often stands in several exports: a marketplace order is copied into the shop, a
//! click-and-collect order is rung up at the till, the web shop's purchase is in two event
//! streams. A record is a *copy*, and not counted again, if
//!
//! - its row names the order of another channel (`Amazon Order ID: 020-3510987-8122212`,
//!   `Shopify order #1037`), and that order is in the files of another channel; a row that
//!   says it is a copy and names none is one if any other channel that sells was read;
//! - its channel only reports ([`Format::is_witness`]) and the number of its order is in the
//!   files of a channel that sells. `#1037` and `1037` are one number.
//!
//! So a copy without its original counts as a sale: no sale is counted twice and none is lost.
//! Whether a record is a copy is known when all files are read, whatever their order.
//!
//! # Persons
//! Every record that says something about a person is resolved by
//! [`identity`](crate::identity), copies and rejected records too: they know the person as
//! well as any. The person of an order is that of its records.
//!
//! What records say about a person is kept ([`Mention`]), and [`merge`](crate::merge) makes a
//! golden record of it: [`Unified::profiles`]. A consent is the last word of the person in its
//! channel; Shopify's `Accepts Marketing` is one for marketing, at the time of the order.
//!
//! # What leaves
//! [`export::unified`](crate::export::unified()) writes the set as tables. A person may see
//! what is held of them ([`Unified::disclose`]), be forgotten ([`Unified::erase`], and
//! [`Unified::keep_out`] when an old export comes again) and be asked before they are written
//! to ([`Unified::audience`]); see [`privacy`](crate::privacy).
//!
//! # What does not depend on the order of files and lines
//! Orders, activities, persons, their numbers and golden records. Which of two equal records is the repeat,
//! and the record numbers in fates and rejects, do.
//!
//! Memory: every line, event and person of the files once, and about 40 bytes per record.
//! O(n log n) time.

mod claims;
mod golden;
mod orders;
mod persons;

pub use golden::Mention;
pub use orders::{OtherChannel, UnifiedOrder};
pub use persons::Identified;

use crate::account::Account;
use crate::collect::ReturnedLine;
use crate::identity::{Limits, Resolver};
use crate::outcome::{Leaves, Outcome, Reject, Repair};
use crate::reader::{Format, Reader};
use crate::rule::Class;
use crate::sale::SaleLine;
use crate::{Activity, Contact, Error, Keys};
use chrono::{DateTime, Utc};
use omni_core::ChannelId;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;

/// Reads the files of all channels and joins them; see the [module](self).
///
/// # Examples
/// ```
/// use omni_ingest::unify::Unifier;
/// use omni_ingest::formats;
///
/// let shop = "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku\n\
///     #1037,ada@example.com,paid,GBP,2025-06-08 11:58:45 +0100,1,Mug,10.00,MUG\n";
/// let till = "Date,Time,Time Zone,Item,Qty,SKU,Gross Sales,Transaction ID,Event Type,Notes\n\
///     06/09/25,12:00:00,London,Mug,1,MUG,$12.00,T1,Payment,Shopify order #1037\n\
///     06/09/25,12:05:00,London,Tee,1,TEE,$9.00,T2,Payment,\n";
///
/// let mut unifier = Unifier::new();
/// unifier.read("till.csv", &formats::square_items(), till.as_bytes())?;
/// unifier.read("shop.csv", &formats::shopify_orders(), shop.as_bytes())?;
/// let unified = unifier.finish()?;
///
/// let orders: Vec<_> = unified.orders.iter().map(|order| order.order.number.as_str()).collect();
/// assert_eq!(orders, ["#1037", "T2"]);
/// assert_eq!(unified.orders[0].also_in[0].to_string(), "square:T1");
/// assert_eq!(unified.account().copies, 1);
/// # Ok::<(), omni_ingest::Error>(())
/// ```
#[derive(Default)]
pub struct Unifier<'a> {
    /// The reader of each channel, which knows what its earlier files held.
    readers: BTreeMap<String, Reader<Box<dyn io::Read + 'a>>>,
    channels: Vec<Channel>,
    files: Vec<FileAccount>,
    fates: Vec<Fate>,
    sales: Vec<Sale>,
    activities: Vec<Deed>,
    people: Vec<Sighting>,
    resolver: Resolver,
    rejects: Vec<Reject>,
    set_aside: Vec<Reject>,
    repairs: Vec<Repair>,
}

/// A channel as it was met.
#[derive(Debug, Clone)]
struct Channel {
    name: String,
    is_witness: bool,
}

/// Lines of one record.
struct Sale {
    fate: usize,
    channel: usize,
    lines: Vec<SaleLine<'static>>,
    leaves: Leaves,
    claim: Option<Claim>,
}

/// What a record becomes if the copy it claims to be is none.
struct Claim {
    original: Option<String>,
    otherwise: (Class, Option<String>),
    record: Reject,
}

/// An event of one record.
struct Deed {
    fate: usize,
    channel: usize,
    activity: Activity<'static>,
}

/// A record that says something about a person.
struct Sighting {
    fate: usize,
    channel: usize,
    order: Option<String>,
    at: Option<DateTime<Utc>>,
    contact: Contact<'static>,
}

/// What became of one record in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Fate {
    /// The file: its position in [`Unified::files`].
    pub file: usize,
    /// The record, from 1.
    pub record: u64,
    /// Its class.
    pub class: Class,
    /// The first rule that set it aside; `None` if none did.
    pub reason: Option<String>,
}

/// The account of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct FileAccount {
    /// The name it was read under.
    pub file: String,
    /// Its channel.
    pub channel: String,
    /// What became of its records in the end.
    pub account: Account,
    /// How many of [`Unified::repairs`] are of it: they stand there file by file.
    pub repairs: usize,
}

/// What a person did, and in which channel.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct UnifiedActivity {
    /// The channel.
    pub channel: String,
    /// Who; `None` if the record says nothing about a person.
    pub person: Option<u32>,
    /// What was done.
    pub activity: Activity<'static>,
}

impl UnifiedActivity {
    /// Activities in an order that does not depend on the files: by time first.
    fn canonical(&self, other: &Self) -> Ordering {
        let (a, b) = (&self.activity, &other.activity);
        (a.at.cmp(&b.at))
            .then_with(|| self.channel.cmp(&other.channel))
            .then_with(|| a.message.cmp(&b.message))
            .then_with(|| a.name.cmp(&b.name))
            .then_with(|| a.sku.cmp(&b.sku))
            .then_with(|| a.order.cmp(&b.order))
            .then_with(|| self.person.cmp(&other.person))
    }
}

/// All channels as one.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Unified {
    /// The files in the order they were read.
    pub files: Vec<FileAccount>,
    /// What became of every record, by file and record.
    pub fates: Vec<Fate>,
    /// Every order once, by time, channel and number.
    pub orders: Vec<UnifiedOrder>,
    /// What came back and in which channel: refunds and cancellations.
    pub returns: Vec<(ChannelId, ReturnedLine)>,
    /// What persons did, by time.
    pub activities: Vec<UnifiedActivity>,
    /// How many persons there are; they are numbered from 0.
    pub persons: u32,
    /// The records that say something about a person, by file and record.
    pub identified: Vec<Identified>,
    /// What those records say about their person, by person: what golden records are made of.
    pub mentions: Vec<Mention>,
    /// The persons who were [erased](Self::erase).
    pub erased: BTreeSet<u32>,
    /// What the resolution of persons left out to keep its time bounded.
    pub limits: Limits,
    /// The rejected records, by file.
    pub rejects: Vec<Reject>,
    /// The duplicates and the copies that named their original, by file.
    pub set_aside: Vec<Reject>,
    /// Every mended field, by file.
    pub repairs: Vec<Repair>,
    /// The keys behind the numbers of channels, customers and variants. The number of a
    /// customer is that of the person, and the key that number in digits.
    pub keys: Keys,
}

impl Unified {
    /// What became of the records of all files.
    #[must_use]
    pub fn account(&self) -> Account {
        let mut all = Account::default();
        for file in &self.files {
            all.merge(&file.account);
        }
        all
    }
}

impl<'a> Unifier<'a> {
    /// No file read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With other settings for what is one person.
    #[must_use]
    pub fn with_resolver(mut self, resolver: Resolver) -> Self {
        self.resolver = resolver;
        self
    }

    /// Reads a file. Several files of one channel are one: what stands in two of them
    /// counts once.
    ///
    /// # Errors
    /// See [`Format::reader`]; nothing of the file is taken then, and others can follow.
    /// [`Error::Io`] if reading fails half way: what was read before it counts.
    pub fn read(
        &mut self,
        file: &str,
        format: &dyn Format,
        input: impl io::Read + 'a,
    ) -> Result<(), Error> {
        let input: Box<dyn io::Read + 'a> = Box::new(input);
        let channel = format.channel().to_string();
        let mut reader = match self.readers.remove(&channel) {
            Some(mut reader) => match reader.follow(file, input) {
                Ok(()) => reader,
                Err(error) => {
                    self.readers.insert(channel, reader);
                    return Err(error);
                }
            },
            None => Reader::open(format, input)?.named(file),
        };
        let place = self.channels.iter().position(|known| known.name == channel);
        let place = place.unwrap_or_else(|| {
            let is_witness = format.is_witness();
            self.channels.push(Channel { name: channel.clone(), is_witness });
            self.channels.len() - 1
        });
        let repairs = self.repairs.len();
        let read = self.take(&mut reader, place);
        let repairs = self.repairs.len() - repairs;
        let account = reader.account();
        let (file, name) = (file.to_string(), channel.clone());
        self.files.push(FileAccount { file, channel: name, account, repairs });
        self.readers.insert(channel, reader);
        read
    }

    /// Takes every record of a file.
    fn take<R: io::Read>(&mut self, reader: &mut Reader<R>, channel: usize) -> Result<(), Error> {
        let file = self.files.len();
        while let Some(outcome) = reader.next_outcome()? {
            self.record(file, channel, outcome);
        }
        Ok(())
    }

    fn record(&mut self, file: usize, channel: usize, outcome: Outcome<'_>) {
        let (class, reason) = (outcome.class(), outcome.reason().map(ToString::to_string));
        let fate = self.fates.len();
        self.fates.push(Fate { file, record: outcome.record().number(), class, reason });
        match class {
            Class::Repaired => self.repairs.extend(outcome.repairs()),
            Class::Rejected => self.rejects.push(outcome.reject()),
            Class::Duplicate => self.set_aside.push(outcome.reject()),
            Class::Accepted | Class::Refund | Class::Copy => {}
        }
        if let Some(contact) = outcome.contact() {
            let number = outcome.line().map(|line| line.order.to_string());
            let order = number.or_else(|| outcome.activity().map(|deed| deed.order.to_string()));
            let at = outcome.line().map(|line| line.placed_at);
            let at = at.or_else(|| outcome.activity().map(|deed| deed.at));
            let contact = contact.clone().into_owned();
            self.people.push(Sighting { fate, channel, order, at, contact });
        }
        if let Some(activity) = outcome.activity().filter(|_| class.is_taken()) {
            let activity = activity.clone().into_owned();
            self.activities.push(Deed { fate, channel, activity });
            return;
        }
        let leaves = match (class, outcome.leaves()) {
            (Class::Copy, _) => Leaves::Sale,
            (_, leaves) => leaves,
        };
        if leaves == Leaves::Nothing {
            return;
        }
        let claim = (class == Class::Copy).then(|| {
            let original = outcome.line().and_then(|line| line.refers_to.as_deref());
            let (class, reason) = outcome.unless_copy();
            Claim {
                original: original.map(ToString::to_string),
                otherwise: (class, reason.map(ToString::to_string)),
                record: outcome.reject(),
            }
        });
        let lines = match class {
            Class::Copy => outcome.lines().iter().cloned().map(SaleLine::into_owned).collect(),
            _ => outcome.into_lines().map(SaleLine::into_owned).collect(),
        };
        self.sales.push(Sale { fate, channel, lines, leaves, claim });
    }

    /// Decides which records are copies and builds the orders.
    ///
    /// # Errors
    /// [`Error::Order`] if the lines of an order cannot stand in one, [`Error::Param`] if
    /// the numbers are used up or a setting of the resolver is wrong.
    pub fn finish(mut self) -> Result<Unified, Error> {
        let people = std::mem::take(&mut self.people);
        let persons = persons::resolve(&self.resolver, &self.channels, &self.fates, people)?;
        let also_in = self.settle();
        let (orders, returns, keys) = orders::build(&self.channels, self.sales, also_in, &persons)?;
        let channels = self.channels;
        let name = |at: usize| channels.get(at).map_or_else(String::new, |c| c.name.clone());
        let activities = self.activities.into_iter().map(|deed| UnifiedActivity {
            channel: name(deed.channel),
            person: persons.by_fate.get(&deed.fate).copied(),
            activity: deed.activity,
        });
        let mut activities: Vec<_> = activities.collect();
        activities.sort_by(UnifiedActivity::canonical);
        self.fates.sort_by_key(|fate| (fate.file, fate.record));
        Ok(Unified {
            files: self.files,
            fates: self.fates,
            orders,
            returns,
            activities,
            persons: persons.count,
            identified: persons.identified,
            mentions: persons.mentions,
            erased: BTreeSet::new(),
            limits: persons.limits,
            rejects: self.rejects,
            set_aside: self.set_aside,
            repairs: self.repairs,
            keys,
        })
    }
}

impl fmt::Debug for Unifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unifier")
            .field("files", &self.files.len())
            .field("records", &self.fates.len())
            .finish_non_exhaustive()
    }
}
