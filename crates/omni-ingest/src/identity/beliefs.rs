//! What is believed of every field before any data is seen, and why.
//!
//! Two records are of one *person*, of two members of a *household*, or of *strangers*.
//! For each, the chance that the values of a field are equal or differ by a typing error,
//! given that both are known:
//!
//! | field | person | household | why |
//! |---|---|---|---|
//! | given name | .87 / .10 | as strangers | two people of one home are told apart by it; 3 % use another name |
//! | surname | .82 / .09 | .75 / .06 | marriage and double names change it; a quarter of homes have two |
//! | e-mail | .55 / .06 | .12 / .02 | people have several; some couples and families share one |
//! | phone | .65 / .04 | .35 / .02 | mobile and landline; the landline is the home's |
//! | date of birth | .91 / .05 | as strangers | given wrongly now and then to a shop |
//! | national id | .90 / .06 | as strangers | copied with errors, never shared |
//! | loyalty number | .85 / .03 | .10 / .01 | cards are lost and replaced, or lent at home |
//! | account | .90 / .001 | .05 / .001 | one per channel, now and then forgotten |
//! | device | .50 / – | .15 / – | a new browser is a new device; a tablet may be the home's |
//! | street, number, postal code, city, region, second line | see below | as person | |
//!
//! The parts of an address are taken together: with chance 0.9 two records of a person (in
//! a year a tenth move or order to work), with 0.98 two of a household name one dwelling,
//! and its parts then agree but for typing; else they agree by chance. So a move counts
//! against a match once, not once for every part.
//!
//! Strangers agree on a name, a date or a part of an address as often as its value occurs.
//! On an identifier they agree by accident: a mistyped, recycled or borrowed one; so many
//! per person are met in the whole population.

use super::levels::Level;
use super::profile::Field;

/// Chances that two values are equal, or nearly so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chances {
    exact: f64,
    near: f64,
}

impl Chances {
    const fn new(exact: f64, near: f64) -> Self {
        Self { exact, near }
    }

    /// The chance of a level. An initial is either right or not: the chance of a name that
    /// agrees.
    pub(super) const fn of(self, level: Level) -> f64 {
        match level {
            Level::Missing => 1.0,
            Level::Exact => self.exact,
            Level::Near => self.near,
            Level::Initial => self.exact + self.near,
            Level::Different => 1.0 - self.exact - self.near,
        }
    }
}

/// What is believed of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Belief {
    pub(super) person: Chances,
    /// `None`: two members of a household agree no more often than strangers.
    pub(super) household: Option<Chances>,
    pub(super) stranger: Stranger,
    /// The chance that strangers agree nearly.
    pub(super) near: f64,
}

/// How often strangers agree.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stranger {
    /// As often as the value occurs.
    Value,
    /// A person meets so many such strangers in the whole population.
    Accident(f64),
}

pub(super) const fn belief(field: Field) -> Belief {
    use Stranger::{Accident, Value};
    const fn of(exact: f64, near: f64) -> Chances {
        Chances::new(exact, near)
    }
    let (person, household, stranger, near) = match field {
        Field::Given => (of(0.87, 0.10), None, Value, 2e-3),
        Field::Surname => (of(0.82, 0.09), Some(of(0.75, 0.06)), Value, 2e-3),
        Field::Email => (of(0.55, 0.06), Some(of(0.12, 0.02)), Accident(1e-3), 1e-5),
        Field::Phone => (of(0.65, 0.04), Some(of(0.35, 0.02)), Accident(1e-2), 1e-5),
        Field::Street => (of(0.75, 0.20), Some(of(0.75, 0.20)), Value, 2e-3),
        Field::Number => (of(0.88, 0.04), Some(of(0.88, 0.04)), Value, 5e-3),
        Field::Detail => (of(0.60, 0.20), Some(of(0.60, 0.20)), Value, 2e-3),
        Field::City => (of(0.80, 0.12), Some(of(0.80, 0.12)), Value, 2e-3),
        Field::Region => (of(0.93, 0.02), Some(of(0.93, 0.02)), Value, 1e-2),
        Field::Postcode => (of(0.85, 0.11), Some(of(0.85, 0.11)), Value, 5e-3),
        Field::Birth => (of(0.91, 0.05), None, Value, 5e-3),
        Field::National => (of(0.90, 0.06), None, Accident(1e-2), 1e-5),
        Field::Loyalty => (of(0.85, 0.03), Some(of(0.10, 0.01)), Accident(1e-3), 1e-5),
        Field::Account => (of(0.90, 0.001), Some(of(0.05, 0.001)), Accident(1e-3), 1e-5),
        Field::Device => (of(0.50, 0.001), Some(of(0.15, 0.001)), Accident(1e-2), 1e-5),
    };
    Belief { person, household, stranger, near }
}

/// Chance that given name and surname stand in each other's field in one of two records.
pub(super) const SWAPPED: f64 = 0.04;
/// Chance that two records of one person name one dwelling.
pub(super) const SAME_DWELLING: f64 = 0.9;
/// Chance that two records of a household do.
pub(super) const HOUSEHOLD_DWELLING: f64 = 0.98;
/// Chance that a mailbox bears the given name of its user.
pub(super) const MAILBOX_NAME: f64 = 0.5;
/// Chance that it bears that of another member of the household.
pub(super) const MAILBOX_HOUSEHOLD: f64 = 0.05;
/// Chance that a stranger's name has a given first letter.
pub(super) const INITIAL: f64 = 0.08;
/// Fewest people of whom a list is thought to be a part.
pub(super) const SMALLEST_POPULATION: f64 = 1000.0;
/// No value is thought to be rarer.
pub(super) const RAREST: f64 = 5e-5;
/// How frequent a value is if nothing was counted.
pub(super) const UNCOUNTED: f64 = 0.01;
/// The prior of near agreement counts as so many pairs.
pub(super) const PRIOR_PAIRS: f64 = 1e5;
/// Pairs of one person, and of one household, that are believed in before any is seen:
/// customers come back more often than their families come.
pub(super) const PRIOR_PERSON: f64 = 5.0;
pub(super) const PRIOR_HOUSEHOLD: f64 = 2.5;
