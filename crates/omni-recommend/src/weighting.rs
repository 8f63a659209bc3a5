//! From what people did to how much they like it.
//!
//! ```text
//! X[u, i] = Σ over acts   w(kind) · q · 2^(−age / h)
//! ```
//!
//! `w` is the weight of the kind of act (0 unless set, 1 for a purchase), `age` the days
//! between the act and `now`, `h` the half-life in days. `q` is 1 for each act, or its
//! quantity, as [`Quantity`] says.
//!
//! A return takes back what its purchase gave, neither more nor less: its units are taken
//! from the latest purchases of that user and item on or before its day, and a purchase of
//! which a part is kept counts for that part (`q` = kept ÷ bought, or the units kept). A
//! purchase returned in full leaves no signal; views and carts of the item still count.
//! Units returned beyond what was bought, such as those bought before the data begins,
//! change nothing and are counted.
//!
//! Acts after `now` are left out and counted, so the same table gives the state of knowledge
//! of any past day. The result depends on the rows, not on their order. O(n log n) time.
//!
//! Weights of kinds differ from shop to shop: a cart kept beside a purchase can make a
//! recommendation worse. Choose them on held-out data with [`evaluate`](crate::eval::evaluate()).

use crate::{Error, Interactions};
use omni_core::error::{DataError, ParamError};
use omni_core::{Behavior, EventKind, check};
use std::collections::BTreeMap;

/// Settings: what an act is worth and how fast it is forgotten; checked by
/// [`apply`](Self::apply).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Weighting {
    now: i32,
    weights: BTreeMap<EventKind, f64>,
    half_life: Option<f64>,
    quantity: Quantity,
}

/// What a quantity means for the weight of an act.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Quantity {
    /// An act counts once, whether of one unit or of a thousand.
    #[default]
    Acts,
    /// An act counts once per unit.
    Units,
}

impl Weighting {
    /// A purchase weighs 1, nothing else counts and nothing is forgotten; `now` is in days
    /// since 1970-01-01.
    #[must_use]
    pub fn new(now: i32) -> Self {
        Self {
            now,
            weights: BTreeMap::from([(EventKind::Purchase, 1.0)]),
            half_life: None,
            quantity: Quantity::Acts,
        }
    }

    /// Gives a kind of act a weight, non-negative. A return has none of its own.
    #[must_use]
    pub fn with_weight(mut self, kind: EventKind, weight: f64) -> Self {
        self.weights.insert(kind, weight);
        self
    }

    /// Halves the weight of an act every `days`, positive.
    #[must_use]
    pub const fn with_half_life(mut self, days: f64) -> Self {
        self.half_life = Some(days);
        self
    }

    /// Counts acts or units.
    #[must_use]
    pub const fn with_quantity(mut self, quantity: Quantity) -> Self {
        self.quantity = quantity;
        self
    }

    /// Weighs the rows and adds them up per user and item.
    ///
    /// # Errors
    /// [`Error::Param`] if a weight is negative or not finite, if [`EventKind::Return`] has a
    /// weight, or if the half-life is not positive; [`DataError::Overflow`] if a total does
    /// not fit.
    ///
    /// # Examples
    /// A purchase ten days ago, a view today, and a purchase that was sent back.
    /// ```
    /// use omni_core::{BehaviorColumns, EventKind};
    /// use omni_recommend::Weighting;
    ///
    /// let mut rows = BehaviorColumns::new();
    /// rows.push(1, 100, 0, EventKind::Purchase, 1.0)?;
    /// rows.push(1, 200, 10, EventKind::View, 1.0)?;
    /// rows.push(1, 300, 2, EventKind::Purchase, 2.0)?;
    /// rows.push(1, 300, 9, EventKind::Return, 2.0)?;
    ///
    /// let weighted = Weighting::new(10)
    ///     .with_weight(EventKind::View, 0.25)
    ///     .with_half_life(10.0)
    ///     .apply(&rows.view())?;
    /// assert_eq!(weighted.interactions.weight(1, 100), Some(0.5));
    /// assert_eq!(weighted.interactions.weight(1, 200), Some(0.25));
    /// assert_eq!(weighted.interactions.weight(1, 300), None);
    /// assert_eq!(weighted.used, 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn apply(&self, rows: &Behavior<'_>) -> Result<Weighted, Error> {
        self.check()?;
        let purchases_count = self.weight(EventKind::Purchase) > 0.0;
        let (mut future, mut unweighted, mut empty) = (0, 0, 0);
        let mut acts = Vec::new();
        let ids = rows.customer().iter().zip(rows.item());
        for (((&user, &item), &day), (&kind, &quantity)) in
            ids.zip(rows.day()).zip(rows.kind().iter().zip(rows.quantity()))
        {
            let counts = match kind {
                EventKind::Return => purchases_count,
                _ => self.weight(kind) > 0.0,
            };
            if day > self.now {
                future += 1;
            } else if !counts {
                unweighted += 1;
            } else if quantity > 0.0 {
                acts.push(Act { user, item, day, kind, quantity });
            } else {
                empty += 1;
            }
        }
        acts.sort_unstable_by(Act::order);

        let (mut user, mut item, mut weight) = (Vec::new(), Vec::new(), Vec::new());
        let (mut unmatched_returns, mut vanished) = (0, 0);
        for pair in acts.chunk_by(|a, b| (a.user, a.item) == (b.user, b.item)) {
            let Some(first) = pair.first() else { continue };
            let (total, unmatched) = self.total(pair)?;
            unmatched_returns += unmatched;
            // Below the smallest f32, and so nothing once it is stored.
            if total < f64::from(f32::from_bits(1)) {
                vanished += 1;
                continue;
            }
            user.push(first.user);
            item.push(first.item);
            weight.push(total);
        }
        let interactions = Interactions::new(&user, &item, &weight)?;
        let used = acts.len();
        Ok(Weighted { interactions, used, future, unweighted, empty, unmatched_returns, vanished })
    }

    fn check(&self) -> Result<(), ParamError> {
        for (&kind, &weight) in &self.weights {
            check::non_negative("weight", weight)?;
            if kind == EventKind::Return {
                let rule = "of another kind than Return, which takes back its purchase's";
                return Err(ParamError::new("weight", rule, weight));
            }
        }
        if let Some(days) = self.half_life {
            check::positive("half_life", days)?;
        }
        Ok(())
    }

    fn weight(&self, kind: EventKind) -> f64 {
        self.weights.get(&kind).copied().unwrap_or(0.0)
    }

    fn decay(&self, day: i32) -> f64 {
        let age = f64::from(self.now) - f64::from(day);
        self.half_life.map_or(1.0, |days| (-age / days).exp2())
    }

    /// The weight of the acts of one user with one item, and how many returns found too
    /// few units to take back.
    fn total(&self, acts: &[Act]) -> Result<(f64, usize), Error> {
        let mut total = 0.0;
        let mut unmatched = 0;
        let mut lots: Vec<Lot> = Vec::new();
        for act in acts {
            match act.kind {
                EventKind::Purchase => match lots.last_mut().filter(|lot| lot.day == act.day) {
                    Some(lot) => lot.add(act.quantity),
                    None => lots.push(Lot::new(act)),
                },
                EventKind::Return => unmatched += usize::from(!take_back(&mut lots, act.quantity)),
                kind => {
                    let count = match self.quantity {
                        Quantity::Acts => 1.0,
                        Quantity::Units => act.quantity,
                    };
                    total += self.weight(kind) * count * self.decay(act.day);
                }
            }
        }
        for lot in &lots {
            if !lot.bought.is_finite() {
                return Err(DataError::Overflow { name: "quantity" }.into());
            }
            let count = match self.quantity {
                Quantity::Acts => lot.acts * (lot.kept / lot.bought),
                Quantity::Units => lot.kept,
            };
            total += self.weight(EventKind::Purchase) * count * self.decay(lot.day);
        }
        if total.is_finite() {
            Ok((total, unmatched))
        } else {
            Err(DataError::Overflow { name: "weight" }.into())
        }
    }
}

/// What [`Weighting::apply`] made, with an account of every row: `used`, `future`, `unweighted`
/// and `empty` add up to the number of rows.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Weighted {
    /// The weights per user and item.
    pub interactions: Interactions,
    /// Rows that entered a weight, returns included.
    pub used: usize,
    /// Rows after `now`, left out.
    pub future: usize,
    /// Rows of a kind without weight, left out.
    pub unweighted: usize,
    /// Rows of quantity zero, left out.
    pub empty: usize,
    /// Returns, among the rows used, of more units than were bought before them.
    pub unmatched_returns: usize,
    /// Pairs of user and item without a weight left, because all was returned or is too old.
    pub vanished: usize,
}

/// One row that counts.
#[derive(Debug, Clone, Copy)]
struct Act {
    user: u32,
    item: u32,
    day: i32,
    kind: EventKind,
    quantity: f64,
}

impl Act {
    /// A total order in which the returns of a day follow its purchases.
    fn order(a: &Self, b: &Self) -> std::cmp::Ordering {
        let key =
            |act: &Self| (act.user, act.item, act.day, act.kind == EventKind::Return, act.kind);
        key(a).cmp(&key(b)).then(a.quantity.total_cmp(&b.quantity))
    }
}

/// The purchases of one user, item and day.
#[derive(Debug)]
struct Lot {
    day: i32,
    acts: f64,
    bought: f64,
    kept: f64,
}

impl Lot {
    const fn new(act: &Act) -> Self {
        Self { day: act.day, acts: 1.0, bought: act.quantity, kept: act.quantity }
    }

    fn add(&mut self, quantity: f64) {
        self.acts += 1.0;
        self.bought += quantity;
        self.kept += quantity;
    }
}

/// Takes units from the latest lots; false if they held too few.
fn take_back(lots: &mut [Lot], quantity: f64) -> bool {
    // Three times 0.1 kg is not 0.3 kg in floating point; the rest is no purchase.
    const DUST: f64 = 1e-9;
    let mut left = quantity;
    for lot in lots.iter_mut().rev() {
        let taken = left.min(lot.kept);
        left -= taken;
        lot.kept -= taken;
        if lot.kept <= DUST * lot.bought {
            lot.kept = 0.0;
        }
        if left <= DUST * quantity {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use EventKind::{AddToCart, Purchase, Return, View};

    type Row = (i32, EventKind, f64);

    /// The weight that user 1 gives item 1.
    fn weight(settings: &Weighting, rows: &[Row]) -> Option<f32> {
        apply(settings, rows).unwrap().interactions.weight(1, 1)
    }

    fn apply(settings: &Weighting, rows: &[Row]) -> Result<Weighted, Error> {
        let ids = vec![1; rows.len()];
        let day: Vec<i32> = rows.iter().map(|row| row.0).collect();
        let kind: Vec<EventKind> = rows.iter().map(|row| row.1).collect();
        let quantity: Vec<f64> = rows.iter().map(|row| row.2).collect();
        settings.apply(&Behavior::new(&ids, &ids, &day, &kind, &quantity).unwrap())
    }

    #[test]
    fn acts_and_units() {
        let acts = Weighting::new(0).with_weight(View, 0.5);
        let units = acts.clone().with_quantity(Quantity::Units);
        let rows = [(0, Purchase, 12.0), (0, Purchase, 1.0), (0, View, 2.0), (0, AddToCart, 1.0)];
        assert_eq!(weight(&acts, &rows), Some(2.5));
        assert_eq!(weight(&units, &rows), Some(14.0));
    }

    #[test]
    fn returns_take_back_what_was_bought() {
        let acts = Weighting::new(40).with_half_life(20.0);
        let units = acts.clone().with_quantity(Quantity::Units);
        // 2 bought 40 days ago (weight 1/4 each), 2 bought 20 days ago (1/2 each).
        let bought = [(0, Purchase, 2.0), (20, Purchase, 2.0)];
        let cases = [
            (&[][..], 0.75, 1.5),
            (&[(40, Return, 2.0)][..], 0.25, 0.5),
            (&[(20, Return, 1.0)][..], 0.5, 1.0),
            (&[(40, Return, 3.0)][..], 0.125, 0.25),
            // Before the second purchase, a return can only be of the first.
            (&[(19, Return, 2.0)][..], 0.5, 1.0),
            (&[(19, Return, 9.0)][..], 0.5, 1.0),
        ];
        for (returns, by_act, by_unit) in cases {
            let rows = [&bought, returns].concat();
            assert_eq!(weight(&acts, &rows), Some(by_act), "{returns:?}");
            assert_eq!(weight(&units, &rows), Some(by_unit), "{returns:?}");
        }
        let all = [bought[0], bought[1], (30, Return, 3.0), (31, Return, 1.0)];
        let result = apply(&acts, &all).unwrap();
        assert!(result.interactions.is_empty());
        assert_eq!((result.used, result.vanished, result.unmatched_returns), (4, 1, 0));
        let too_many = apply(&acts, &[(0, Purchase, 1.0), (3, Return, 2.0)]).unwrap();
        assert_eq!((too_many.vanished, too_many.unmatched_returns), (1, 1));
    }

    #[test]
    fn a_fraction_returned_in_full_leaves_nothing() {
        let rows = [(0, Purchase, 0.1), (0, Purchase, 0.1), (0, Purchase, 0.1), (1, Return, 0.3)];
        let result = apply(&Weighting::new(1), &rows).unwrap();
        assert_eq!((result.vanished, result.unmatched_returns), (1, 0));
    }

    #[test]
    fn every_row_is_accounted_for() {
        let rows = [
            (0, Purchase, 1.0),
            (1, Purchase, 1.0),
            (0, View, 1.0),
            (0, Purchase, 0.0),
            (0, Return, 5.0),
        ];
        let result = apply(&Weighting::new(0), &rows).unwrap();
        let counts = (result.used, result.future, result.unweighted, result.empty);
        assert_eq!(counts, (2, 1, 1, 1));
        let no_purchases = Weighting::new(0).with_weight(Purchase, 0.0).with_weight(View, 1.0);
        let result = apply(&no_purchases, &rows).unwrap();
        assert_eq!((result.used, result.unweighted, result.unmatched_returns), (1, 3, 0));
    }

    #[test]
    fn bad_settings_are_named() {
        let new = || Weighting::new(0);
        let cases = [
            (new().with_weight(View, -1.0), "weight"),
            (new().with_weight(View, f64::NAN), "weight"),
            (new().with_weight(Return, 1.0), "weight"),
            (new().with_half_life(0.0), "half_life"),
            (new().with_half_life(f64::INFINITY), "half_life"),
        ];
        for (settings, name) in cases {
            match apply(&settings, &[]) {
                Err(Error::Param(error)) => assert_eq!(error.name, name),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn extremes() {
        let ages = Weighting::new(i32::MAX).with_half_life(5e-324);
        let result = apply(&ages, &[(i32::MIN, Purchase, 1.0)]).unwrap();
        assert_eq!((result.vanished, result.interactions.len()), (1, 0));
        assert_eq!(weight(&ages, &[(i32::MAX, Purchase, 1e300)]), Some(1.0));
        let huge = [(0, Purchase, f64::MAX), (0, Purchase, f64::MAX)];
        let overflow = |name| Err(Error::Data(DataError::Overflow { name }));
        assert_eq!(apply(&Weighting::new(0), &huge), overflow("quantity"));
        let units = Weighting::new(0).with_quantity(Quantity::Units);
        assert_eq!(apply(&units, &huge[..1]), overflow("weight"));
        let heavy = Weighting::new(0).with_weight(View, 1e308).with_quantity(Quantity::Units);
        assert_eq!(apply(&heavy, &[(0, View, 1e308)]), overflow("weight"));
    }
}
