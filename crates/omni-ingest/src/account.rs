//! The account: what became of every record, adding up.
//!
//! ```text
//! records = accepted + repaired + duplicates + copies + refunds + Σ rejected[reason]
//! ```
//!
//! Every record is counted in exactly one class, under the first deciding rule it breaks
//! in the fixed order of its format (see [`rule`](crate::rule)). Beside it, each rule is
//! counted for every record that breaks it, and each combination of deciding rules.
//!
//! # Cancellations
//! A row that cancels a sale is counted under `rejected["cancellation"]`: it is no sale.
//! It still leaves the reader, as a return ([`Read::returns`](crate::Read::returns)),
//! because the books need the money that went back. So `rejected["cancellation"]` and the
//! number of returns of such a file agree as far as the row could be typed, and revenue is
//! accepted + repaired sales less returns. A refund (a class of its own) leaves as a
//! return too.
//!
//! Counting is O(1) a record; [`Account::merge`] is commutative and associative.

use crate::rule::{Action, Class, RuleBook, RuleSet};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::fmt;

/// What became of the records of one file or of several.
///
/// # Examples
/// ```
/// use omni_ingest::formats;
///
/// let file = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
///     536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
///     536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
///     C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527,United Kingdom\n";
/// let account = omni_ingest::read(&formats::uci_online_retail(), file.as_bytes())?.account;
/// assert_eq!((account.records, account.accepted, account.duplicates), (3, 1, 1));
/// assert_eq!(account.rejected["cancellation"], 1);
/// assert!(account.is_balanced());
/// # Ok::<(), omni_ingest::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Account {
    /// Records read: data rows, without the header and blank lines.
    pub records: u64,
    /// Records taken as they are.
    pub accepted: u64,
    /// Records taken after a fix.
    pub repaired: u64,
    /// Exact repeats of earlier records.
    pub duplicates: u64,
    /// Sales that another channel reports too.
    pub copies: u64,
    /// Refunds; they leave as returns.
    pub refunds: u64,
    /// Records not taken, by the first rule they break.
    pub rejected: BTreeMap<String, u64>,
    /// How often each rule was broken; rules never broken are absent.
    pub rules: BTreeMap<String, RuleCount>,
    /// Records by all deciding rules they break, in the fixed order and joined by `+`;
    /// records that were taken are absent.
    pub combinations: BTreeMap<String, u64>,
    /// Bytes read.
    pub bytes: u64,
}

/// How often a rule was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RuleCount {
    /// What follows when it is broken.
    pub action: Action,
    /// Records it set aside: those of which it is the first deciding rule.
    pub first: u64,
    /// All records that break it.
    pub each: u64,
}

impl Account {
    /// All rejected records.
    #[must_use]
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Whether every record is counted in exactly one class.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let classes = [self.accepted, self.repaired, self.duplicates, self.copies, self.refunds];
        let sum: u128 = classes.iter().chain(self.rejected.values()).copied().map(u128::from).sum();
        u128::from(self.records) == sum
    }

    /// Adds the records of another account.
    pub fn merge(&mut self, other: &Self) {
        let pairs = [
            (&mut self.records, other.records),
            (&mut self.accepted, other.accepted),
            (&mut self.repaired, other.repaired),
            (&mut self.duplicates, other.duplicates),
            (&mut self.copies, other.copies),
            (&mut self.refunds, other.refunds),
            (&mut self.bytes, other.bytes),
        ];
        for (mine, others) in pairs {
            *mine = mine.saturating_add(others);
        }
        for (name, count) in &other.rejected {
            add(&mut self.rejected, name, *count);
        }
        for (name, count) in &other.combinations {
            add(&mut self.combinations, name, *count);
        }
        for (name, count) in &other.rules {
            let mine = self.rules.entry(name.clone()).or_insert(RuleCount {
                action: count.action,
                first: 0,
                each: 0,
            });
            mine.action = mine.action.min(count.action);
            mine.first = mine.first.saturating_add(count.first);
            mine.each = mine.each.saturating_add(count.each);
        }
    }

    /// Counts a record of a class under another one: what it is was found out later.
    pub(crate) fn move_one(&mut self, from: (Class, &str), to: (Class, &str)) {
        for ((class, reason), up) in [(from, false), (to, true)] {
            let count = match class {
                Class::Accepted => &mut self.accepted,
                Class::Repaired => &mut self.repaired,
                Class::Duplicate => &mut self.duplicates,
                Class::Copy => &mut self.copies,
                Class::Refund => &mut self.refunds,
                Class::Rejected => self.rejected.entry(reason.to_string()).or_default(),
            };
            *count = if up { count.saturating_add(1) } else { count.saturating_sub(1) };
        }
        self.rejected.retain(|_, count| *count > 0);
    }

    /// The rules of an action with how often each was broken, most often first.
    fn broken(&self, action: Action) -> Vec<(&str, u64)> {
        let of_action = self.rules.iter().filter(|(_, count)| count.action == action);
        let mut rules: Vec<_> = of_action.map(|(name, c)| (name.as_str(), c.each)).collect();
        rules.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        rules
    }
}

fn add(counts: &mut BTreeMap<String, u64>, name: &str, count: u64) {
    let mine = counts.entry(name.to_string()).or_default();
    *mine = mine.saturating_add(count);
}

impl fmt::Display for Account {
    /// The balance, then rejects by reason, repairs and flags.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes = [
            (self.records, "records read"),
            (self.accepted, "accepted"),
            (self.repaired, "repaired"),
            (self.duplicates, "duplicates"),
            (self.copies, "copies of another channel's sale"),
            (self.refunds, "refunds"),
            (self.rejected_total(), "rejected"),
        ];
        for (at, (count, name)) in classes.into_iter().enumerate() {
            let sign = match at {
                0 => ' ',
                1 => '=',
                _ => '+',
            };
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{sign} {:>13}  {name}", grouped(count))?;
        }
        let mut reasons: Vec<_> = self.rejected.iter().collect();
        reasons.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        for (reason, count) in reasons {
            write!(f, "\n  {:>15}  {reason}", grouped(*count))?;
        }
        for (action, title) in [(Action::Repair, "repairs"), (Action::Flag, "noted")] {
            let rules = self.broken(action);
            if !rules.is_empty() {
                write!(f, "\n  {title}")?;
            }
            for (name, count) in rules {
                write!(f, "\n  {:>15}  {name}", grouped(count))?;
            }
        }
        Ok(())
    }
}

/// `1,234,567`
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Counts records while a file is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Records by the rules they break.
    combinations: FxHashMap<RuleSet, u64>,
}

impl Tally {
    pub(crate) fn count(&mut self, broken: RuleSet) {
        *self.combinations.entry(broken).or_default() += 1;
    }

    /// The account of what was counted.
    pub(crate) fn account(&self, book: &RuleBook, bytes: u64) -> Account {
        let mut account = Account { bytes, ..Account::default() };
        for (&broken, &count) in &self.combinations {
            account.records += count;
            let reason = book.reason(broken);
            match book.class(broken) {
                Class::Accepted => account.accepted += count,
                Class::Repaired => account.repaired += count,
                Class::Duplicate => account.duplicates += count,
                Class::Copy => account.copies += count,
                Class::Refund => account.refunds += count,
                Class::Rejected => {
                    add(&mut account.rejected, reason.unwrap_or_default(), count);
                }
            }
            if reason.is_some() {
                let names: Vec<_> = book.names(book.deciding(broken)).collect();
                add(&mut account.combinations, &names.join("+"), count);
            }
            for rule in broken.positions().filter_map(|at| book.rules().get(at)) {
                let counted = account.rules.entry(rule.name().to_string()).or_insert(RuleCount {
                    action: rule.action(),
                    first: 0,
                    each: 0,
                });
                counted.each += count;
                if reason == Some(rule.name()) {
                    counted.first += count;
                }
            }
        }
        account
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Case, Rule};

    const OWN: &[Rule] = &[
        Rule::duplicate("duplicate_row"),
        Rule::cancellation("cancellation"),
        Rule::reject("bad_price"),
        Rule::copy("copy"),
        Rule::refund("refund"),
        Rule::repair("trimmed"),
        Rule::flag("odd"),
    ];

    fn account(records: &[&[&str]]) -> Account {
        let book = RuleBook::new(OWN).unwrap();
        let (mut tally, mut case) = (Tally::default(), Case::new());
        for broken in records {
            case.clear();
            for name in *broken {
                case.breaks(book.find(name).unwrap(), 0, "");
            }
            tally.count(case.broken());
        }
        tally.account(&book, 7)
    }

    #[test]
    fn it_counts_first_each_and_combinations() {
        let account = account(&[
            &[],
            &["odd"],
            &["trimmed", "odd"],
            &["bad_price", "trimmed"],
            &["bad_price", "cancellation"],
            &["duplicate_row", "bad_price"],
            &["copy"],
            &["refund"],
        ]);
        assert!(account.is_balanced());
        let classes = (account.accepted, account.repaired, account.duplicates, account.copies);
        assert_eq!((account.records, classes, account.refunds), (8, (2, 1, 1, 1), 1));
        assert_eq!((account.rejected["bad_price"], account.rejected["cancellation"]), (1, 1));
        let price = account.rules["bad_price"];
        assert_eq!((price.first, price.each, price.action), (1, 3, Action::Reject));
        assert_eq!(account.combinations["cancellation+bad_price"], 1);
        assert_eq!(account.combinations.values().sum::<u64>(), 5);
    }

    #[test]
    fn it_prints_the_balance_first() {
        let records: Vec<&[&str]> = vec![&["bad_price"]; 1_234];
        assert_eq!(
            account(&records).to_string(),
            "          1,234  records read\n\
             =             0  accepted\n\
             +             0  repaired\n\
             +             0  duplicates\n\
             +             0  copies of another channel's sale\n\
             +             0  refunds\n\
             +         1,234  rejected\n            1,234  bad_price"
        );
    }

    #[test]
    fn an_account_that_does_not_add_up_is_seen() {
        let mut account = account(&[&[]]);
        account.records = 2;
        assert!(!account.is_balanced());
        account.accepted = u64::MAX;
        account.repaired = 3; // would wrap around to 2
        assert!(!account.is_balanced());
    }
}
