//! The rights of a person on the unified set of all channels.

use super::erase::ERASED;
use super::{Audience, Erased, Key, Standing, Subject, Tombstones, audience};
use crate::Error;
use crate::export::{self, Book, NdjsonWriter, Table};
use crate::merge::{Person, Survivorship};
use crate::siphash::siphash128;
use crate::unify::{Mention, Unified};
use chrono::{DateTime, Utc};
use omni_core::customer::Purpose;
use omni_core::{ChannelId, CustomerId};
use std::collections::BTreeSet;
use std::io::Write;

impl Unified {
    /// Writes all records of a person as one JSON object: each table of
    /// [`export`] with an array of rows, the rejected ones too. Nothing of
    /// others is in it, but for rejects that name the person.
    ///
    /// # Errors
    /// [`Error::UnknownPerson`] if there is none of the number, or it was erased; else as
    /// [`disclose`](super::disclose()).
    pub fn disclose<W: Write>(
        &self,
        person: u32,
        rules: &Survivorship,
        output: W,
    ) -> Result<W, Error> {
        let subject = self.subject(person)?;
        let mut object = Object { output, is_empty: true };
        export::fill(&mut object, self, rules, Some((person, &subject)))?;
        let mut output = object.output;
        output.write_all(b"}\n").map_err(|error| Error::write(&error))?;
        output.flush().map_err(|error| Error::write(&error))?;
        Ok(output)
    }

    /// Cuts a person off from everything: what records say about them is dropped, their
    /// orders, returns and events are nobody's, and the text of rejected and mended records
    /// that may name them is gone. Orders, amounts and the account stay as they are. What is
    /// left is in the tombstones, for [`keep_out`](Self::keep_out).
    ///
    /// What another person is known by stays, a mailbox that both used too. O(n) for all
    /// records.
    ///
    /// # Errors
    /// [`Error::UnknownPerson`] if there is none of the number, or it was erased;
    /// [`Error::Param`] if the key is not that of the tombstones; [`Error::Order`] if an order
    /// breaks a rule without the person, which it has no reason to.
    ///
    /// # Examples
    /// ```
    /// use omni_ingest::formats;
    /// use omni_ingest::privacy::{Key, Tombstones};
    /// use omni_ingest::unify::Unifier;
    ///
    /// let shop = "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku\n\
    ///     #1037,ada@example.com,paid,GBP,2025-06-08 11:58:45 +0100,2,Mug,10.00,MUG\n";
    /// let read = || {
    ///     let mut unifier = Unifier::new();
    ///     unifier.read("shop.csv", &formats::shopify_orders(), shop.as_bytes())?;
    ///     unifier.finish()
    /// };
    /// let key = Key::new(*b"sixteen bytes...");
    /// let mut tombstones = Tombstones::new(&key);
    ///
    /// let mut unified = read()?;
    /// let erased = unified.erase(0, &key, &mut tombstones)?;
    /// assert_eq!((erased.orders, unified.orders[0].person), (1, None));
    /// assert_eq!(unified.orders[0].net()?.to_string(), "20.00 GBP");
    ///
    /// // An old export brings them back.
    /// let mut again = read()?;
    /// assert_eq!(again.keep_out(&tombstones, &key)?.customers, 1);
    /// assert!(again.mentions.is_empty());
    /// # Ok::<(), omni_ingest::Error>(())
    /// ```
    pub fn erase(
        &mut self,
        person: u32,
        key: &Key,
        tombstones: &mut Tombstones,
    ) -> Result<Erased, Error> {
        let subject = self.subject(person)?;
        let mut buried = Person::new();
        for mention in self.mentions_of(person) {
            let channel = self.channel(mention.channel);
            let origin = crate::merge::Origin::new(channel, mention.number);
            mention.with_version(channel, stable(channel), |said| buried.add(said, &origin));
        }
        tombstones.bury(key, &buried)?;
        self.cut_off(person, &subject)
    }

    /// Cuts off every person one of whose records is that of somebody who was erased, by the
    /// same means as [`erase`](Self::erase): call it on every new set. Who only shares a
    /// mailbox or a telephone with somebody erased stays.
    ///
    /// O(r log n) to look r records up, and O(n) for each person who is found.
    ///
    /// # Errors
    /// As [`erase`](Self::erase).
    pub fn keep_out(&mut self, tombstones: &Tombstones, key: &Key) -> Result<Erased, Error> {
        let standing = |mention: &Mention| {
            let channel = self.channel(mention.channel);
            mention.with_version(channel, stable(channel), |said| tombstones.standing(key, said))
        };
        let mut found = BTreeSet::new();
        for mention in &self.mentions {
            if standing(mention)? == Standing::Erased {
                found.insert(mention.person);
            }
        }
        let mut all = Erased::default();
        for person in found {
            let subject = self.subject(person)?;
            all.add(self.cut_off(person, &subject)?);
        }
        Ok(all)
    }

    /// Parts all persons by whether they agreed to a purpose; the numbers of the customers
    /// are those of the persons. `channel` is where they are to be reached: who agreed in one
    /// channel only is not asked in another.
    ///
    /// # Errors
    /// [`Error::Person`] if a customer breaks a rule, which it has no reason to.
    pub fn audience(
        &self,
        purpose: Purpose,
        channel: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<Audience, Error> {
        // A channel that was not read has a number that none has: only what is about all
        // channels counts in it.
        let number = |name| self.keys.channels.get(name).unwrap_or(u32::MAX);
        let channel = channel.map(number).map(ChannelId::new);
        let mut all = Audience::default();
        for person in self.remaining() {
            let one = audience([&self.customer(person)?], purpose, channel, at);
            all.included.extend(one.included);
            all.not_asked = all.not_asked.saturating_add(one.not_asked);
            all.pending = all.pending.saturating_add(one.pending);
            all.withdrawn = all.withdrawn.saturating_add(one.withdrawn);
        }
        all.erased = self.erased.len() as u64;
        Ok(all)
    }

    /// The person as one whose records are looked for.
    fn subject(&self, person: u32) -> Result<Subject, Error> {
        if person >= self.persons || self.erased.contains(&person) {
            return Err(Error::UnknownPerson);
        }
        let own = self.identified.iter().filter(|identified| identified.person == person);
        let records = own.filter_map(|identified| {
            Some((self.files.get(identified.file)?.file.clone(), identified.record))
        });
        let subject = Subject::of(&self.person(person)).with_records(records);
        let devices = self.devices(person);
        Ok(subject.with_customers(&[CustomerId::new(person)]).with_codes(devices))
    }

    fn cut_off(&mut self, person: u32, subject: &Subject) -> Result<Erased, Error> {
        let mut erased = Erased { customers: 1, ..Erased::default() };
        for unified in &mut self.orders {
            let order = std::slice::from_mut(&mut unified.order);
            let changed = subject.erase_orders(order).map_err(|violations| {
                let number = format!("{ERASED} {}", unified.order.id);
                Error::Order { number, violations }
            })?;
            let own = unified.person == Some(person);
            unified.person = unified.person.filter(|_| !own);
            for other in &mut unified.also_in {
                if subject.is_reached_in(&other.number) {
                    ERASED.clone_into(&mut other.number);
                }
            }
            erased.orders += u64::from(own || changed > 0);
        }
        for (_, returned) in &mut self.returns {
            erased.returns += subject.erase_returns(std::slice::from_mut(returned));
        }
        for deed in &mut self.activities {
            let own = deed.person == Some(person);
            let says = |text: &str| subject.is_reached_in(text) || own && subject.is_in(text);
            let activity = &mut deed.activity;
            let mut named = false;
            for text in [&mut activity.message, &mut activity.order] {
                if says(text) {
                    *text = ERASED.into();
                    named = true;
                }
            }
            deed.person = deed.person.filter(|_| !own);
            erased.events += u64::from(own || named);
        }
        erased.rejects =
            subject.erase_rejects(&mut self.rejects) + subject.erase_rejects(&mut self.set_aside);
        let mut repairs = self.repairs.as_mut_slice();
        for file in &self.files {
            let (own, rest) = repairs.split_at_mut(file.repairs.min(repairs.len()));
            erased.repairs += subject.erase_repairs(&file.file, own);
            repairs = rest;
        }
        self.mentions.retain(|mention| mention.person != person);
        self.identified.retain(|identified| identified.person != person);
        self.erased.insert(person);
        Ok(erased)
    }
}

impl Erased {
    fn add(&mut self, other: Self) {
        self.orders += other.orders;
        self.returns += other.returns;
        self.events += other.events;
        self.customers += other.customers;
        self.rejects += other.rejects;
        self.repairs += other.repairs;
        self.keys += other.keys;
    }
}

/// A number of a channel that does not depend on which others were read.
fn stable(channel: &str) -> ChannelId {
    let hash = siphash128([0, 0], channel.as_bytes()) & u128::from(u32::MAX);
    ChannelId::new(u32::try_from(hash).unwrap_or_default())
}

/// One JSON object with a member for each table.
struct Object<W> {
    output: W,
    is_empty: bool,
}

impl<W: Write> Book for Object<W> {
    type Sheet = NdjsonWriter<Vec<u8>>;

    fn open(&mut self, table: &'static Table) -> Result<Self::Sheet, Error> {
        let before = if std::mem::take(&mut self.is_empty) { '{' } else { ',' };
        let begin = write!(self.output, "{before}\"{}\":[", table.name);
        begin.map_err(|error| Error::write(&error))?;
        Ok(NdjsonWriter::new(Vec::new(), table))
    }

    fn close(&mut self, sheet: Self::Sheet) -> Result<(), Error> {
        let lines = sheet.finish()?;
        let mut before = "";
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let written =
                self.output.write_all(before.as_bytes()).and_then(|()| self.output.write_all(line));
            written.map_err(|error| Error::write(&error))?;
            before = ",";
        }
        self.output.write_all(b"]").map_err(|error| Error::write(&error))
    }
}
