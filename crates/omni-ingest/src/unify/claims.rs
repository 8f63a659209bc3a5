//! Which records are copies of another channel's order.

use super::{Channel, Claim, Deed, Fate, OtherChannel, Unifier};
use crate::outcome::Reject;
use crate::rule::Class;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// What `#1037`, `1037` and ` 1037 ` have in common.
fn plain(number: &str) -> &str {
    let number = number.trim();
    number.strip_prefix('#').unwrap_or(number)
}

/// The channels that know each order number.
struct Numbers<'a> {
    channels: &'a [Channel],
    known: FxHashMap<String, BTreeSet<usize>>,
}

impl Numbers<'_> {
    /// Another channel that knows a number; the first by name if several do.
    fn elsewhere(&self, number: &str, own: usize) -> Option<usize> {
        let others = self.known.get(plain(number))?.iter().copied();
        let sells = |channel: &usize| self.channels.get(*channel).is_some_and(|c| !c.is_witness);
        others
            .filter(|channel| *channel != own)
            .filter(sells)
            .min_by_key(|channel| self.name(*channel))
    }

    fn name(&self, channel: usize) -> &str {
        self.channels.get(channel).map_or("", |channel| channel.name.as_str())
    }
}

/// The copies of each order, by channel and plain number of the original.
pub(super) type AlsoIn = BTreeMap<(usize, String), BTreeSet<OtherChannel>>;

impl Unifier<'_> {
    /// Settles all claims: sets the final class of every record, drops the copies and
    /// returns who saw which order.
    pub(super) fn settle(&mut self) -> AlsoIn {
        let mut known: FxHashMap<String, BTreeSet<usize>> = FxHashMap::default();
        for sale in &self.sales {
            for line in &sale.lines {
                known.entry(plain(&line.order).to_string()).or_default().insert(sale.channel);
            }
        }
        let numbers = Numbers { channels: &self.channels, known };
        let others = self.channels.iter().filter(|channel| !channel.is_witness).count();

        let mut also_in = AlsoIn::new();
        let mut verdicts: Vec<(usize, Class, Option<String>)> = Vec::new();
        let (mut copies, mut rejects): (Vec<Reject>, Vec<Reject>) = Default::default();
        let mut seen_in = |original: (usize, &str), channel: usize, number: &str| {
            let copy =
                OtherChannel { channel: numbers.name(channel).into(), number: number.into() };
            also_in.entry((original.0, plain(original.1).to_string())).or_default().insert(copy);
        };
        self.sales.retain_mut(|sale| {
            let number = sale.lines.first().map_or("", |line| line.order.as_ref());
            let is_witness = self.channels.get(sale.channel).is_some_and(|c| c.is_witness);
            let (original, sure) = match &sale.claim {
                Some(Claim { original: Some(original), .. }) => (original.as_str(), false),
                Some(Claim { original: None, .. }) => ("", others > 1 && !sale.lines.is_empty()),
                None if is_witness => (number, false),
                None => return true,
            };
            let channel = numbers.elsewhere(original, sale.channel);
            if let Some(channel) = channel {
                seen_in((channel, original), sale.channel, number);
            }
            if sure || channel.is_some() {
                verdicts.push((sale.fate, Class::Copy, None));
                copies.extend(sale.claim.take().map(|claim| claim.record));
                return false;
            }
            let Some(Claim { otherwise: (class, reason), record, .. }) = sale.claim.take() else {
                return true;
            };
            verdicts.push((sale.fate, class, reason));
            if !class.is_taken() {
                rejects.push(record);
            }
            class.is_taken()
        });
        self.activities.retain(|Deed { fate, channel, activity }| {
            if activity.order.is_empty() {
                return true;
            }
            let Some(original) = numbers.elsewhere(&activity.order, *channel) else { return true };
            seen_in((original, &activity.order), *channel, &activity.order);
            verdicts.push((*fate, Class::Copy, None));
            false
        });
        for (place, class, reason) in verdicts {
            let Some(fate) = self.fates.get_mut(place) else { continue };
            let Fate { file, class: before, reason: why, .. } = &*fate;
            if let Some(file) = self.files.get_mut(*file) {
                let from = (*before, why.as_deref().unwrap_or_default());
                file.account.move_one(from, (class, reason.as_deref().unwrap_or_default()));
            }
            fate.class = class;
            fate.reason = reason;
        }
        self.set_aside.append(&mut copies);
        self.rejects.append(&mut rejects);
        also_in
    }
}
