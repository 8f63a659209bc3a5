//! What a panel tells of each of its items before the item itself is looked at.
//!
//! ```text
//! ln m₀   = mean of ln ȳ_i                                    level, over items with demand
//! σ²      = Var ln ȳ_i − mean of min(φ_i / (n_i ȳ_i), 1)      between items, without noise
//! κ       = median of φ_i / ȳ_i  /  (e^σ² − 1)                periods the level counts for
//! p₀, κ'  = mean of p_i,  mean of p_i (1 − p_i) / Var p_i     chance of demand, likewise
//! ln(φ − 1) = a + b ln m                                      least squares over items
//! s_d     = (Σ_i y_{i,d} / φ_i + 20) / (Σ_i ȳ_i n_{i,d} / φ_i + 20)        weekday factor
//! θ_d     : Σ_i (o_{i,d} − n_{i,d} q_{i,d}) = 5 ln θ_d        odds factor of demand at all
//! ```
//!
//! `ȳ_i`, `φ_i`, `p_i`, `n_i` are mean, dispersion (variance in units of the mean), share of
//! periods with demand and number of periods of item i; `y_{i,d}`, `o_{i,d}`, `n_{i,d}` are its
//! demand, periods with demand and periods on weekday d, and `q` is `p_i` with its odds
//! times `θ_d`. `κ` is the linear credibility of Bühlmann: where items differ much, each is soon
//! left to itself; where they are alike, a short history is drawn to the panel. The 20 and the 5
//! draw the weekly profile to a flat one, and both variances between items are drawn to usual
//! ones (1 and 0.05) as if five more items had those: two do not say how much items differ.
//!
//! Where the whole panel sells more or less often of late (fading by 10 % a period), `m₀` and the
//! odds of `p₀` are multiplied by the ratio of the recent mean chance to the whole one.
//!
//! Everything here is a function of the multiset of items: sums run over sorted terms.
//!
//! O(n log n) time for n items.
//!
//! Source: Bühlmann (1967), "Experience rating and credibility", ASTIN Bulletin 4(3), 199–207.

use super::distribution::MOST;
use super::state::SPEEDS;

pub(super) const WEEK: usize = 7;

/// The variance of log levels and of chances between the items of a shop, and for how many items
/// that counts.
const USUAL_SPREAD: f64 = 1.0;
const USUAL_CHANCES: f64 = 0.05;
const USUAL: f64 = 5.0;

/// What is left of a period's part in the recent chances one period later.
const RECENT: f64 = 0.9;

/// Demand that the flat profile counts for, and its information on the odds.
const FLAT: f64 = 20.0;
const FLAT_ODDS: f64 = 5.0;

/// What a panel tells of each of its items. Small, plain, serializable.
///
/// The default says little: a tenth of a unit a period, for one period.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CountPrior {
    /// Mean demand of a period.
    pub level: f64,
    /// How many periods that counts for.
    pub level_strength: f64,
    /// Variance between the levels of items, in units of their square.
    pub spread: f64,
    /// Chance of demand in a period.
    pub occasion: f64,
    /// How many periods that counts for.
    pub occasion_strength: f64,
    /// `a` and `b` of the dispersion of a level.
    pub dispersion: [f64; 2],
    /// Mean size of demand, less one unit.
    pub size: f64,
    /// `a` and `b` of the dispersion of a size less one unit.
    pub size_dispersion: [f64; 2],
    /// Factor of mean demand on each weekday, Monday first.
    pub demand_profile: [f64; WEEK],
    /// Factor of the odds of demand on each weekday.
    pub odds_profile: [f64; WEEK],
    /// How well levels of each speed foretold over the panel.
    pub scores: [f64; SPEEDS],
    /// How well chances of each speed foretold over the panel.
    pub occasion_scores: [f64; SPEEDS],
    /// Weight of the hurdle distribution beside the negative binomial one.
    pub hurdle: f64,
}

impl Default for CountPrior {
    fn default() -> Self {
        Self {
            level: 0.1,
            level_strength: 1.0,
            spread: 1.0,
            occasion: 0.1,
            occasion_strength: 1.0,
            dispersion: [0.0, 0.5],
            size: 1.0,
            size_dispersion: [0.0, 0.5],
            demand_profile: [1.0; WEEK],
            odds_profile: [1.0; WEEK],
            scores: [0.0; SPEEDS],
            occasion_scores: [0.0; SPEEDS],
            hurdle: 0.5,
        }
    }
}

/// How a weekday differs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Factor {
    pub(super) demand: f64,
    odds: f64,
}

impl Factor {
    pub(super) const NONE: Self = Self { demand: 1.0, odds: 1.0 };

    /// A chance, its odds multiplied.
    pub(super) fn chance(self, chance: f64) -> f64 {
        chance * self.odds / (1.0 + (self.odds - 1.0) * chance)
    }
}

impl CountPrior {
    /// The prior of an item with a level and a chance of its own.
    pub(super) const fn with_own(self, level: f64, occasion: f64) -> Self {
        let mut own = self;
        own.level = level;
        own.occasion = occasion;
        own
    }

    pub(super) fn factor(&self, weekday: Option<usize>) -> Factor {
        let of = |profile: &[f64; WEEK]| {
            weekday.and_then(|day| profile.get(day)).copied().unwrap_or(1.0)
        };
        Factor { demand: of(&self.demand_profile), odds: of(&self.odds_profile) }
    }

    pub(super) fn dispersion_at(&self, mean: f64) -> f64 {
        on_line(self.dispersion, mean)
    }

    pub(super) fn size_dispersion_at(&self, mean: f64) -> f64 {
        on_line(self.size_dispersion, mean)
    }

    /// Learns from what was counted of each item.
    pub(super) fn pool(items: &[Moments]) -> Self {
        let mut prior = Self::default();
        let sold: Vec<&Moments> = items.iter().filter(|item| item.total > 0.0).collect();
        if sold.is_empty() {
            return prior;
        }
        let logs: Vec<f64> = sold.iter().map(|item| item.mean().ln()).collect();
        let (log_level, log_variance) = mean_and_variance(&logs);
        prior.level = log_level.exp();
        let noise =
            average(sold.iter().map(|i| (i.dispersion() / (i.periods * i.mean())).min(1.0)));
        let between = drawn(sold.len(), log_variance - noise, USUAL_SPREAD).max(0.01);
        prior.spread = between.exp_m1().min(1e6);
        let needed = median(sold.iter().map(|item| item.dispersion() / item.mean()));
        prior.level_strength = (needed / prior.spread).clamp(0.1, 20.0);

        let chances: Vec<f64> = sold.iter().map(|item| item.chance()).collect();
        let (chance, variance) = mean_and_variance(&chances);
        let noise = average(sold.iter().map(|i| i.chance() * (1.0 - i.chance()) / i.periods));
        let inside = average(chances.iter().map(|p| p * (1.0 - p)));
        prior.occasion = chance.clamp(0.001, 0.999);
        let between = drawn(sold.len(), variance - noise, USUAL_CHANCES).max(1e-4);
        prior.occasion_strength = (inside / between).clamp(0.1, 20.0);

        prior.dispersion = line(sold.iter().map(|item| (item.mean(), item.dispersion())));
        let sizes = || {
            sold.iter()
                .map(|item| (item.size(), item.size_dispersion()))
                .filter(|(size, dispersion)| *size > 0.0 && dispersion.is_some())
        };
        if sizes().next().is_some() {
            prior.size = average(sizes().map(|(size, _)| size.ln())).exp();
            prior.size_dispersion = line(sizes().map(|(size, phi)| (size, phi.unwrap_or(1.0))));
        } else {
            // Every size seen is one unit.
            prior.size = 0.05;
        }
        prior.weekly(&sold);
        prior
    }

    /// The weekly profile.
    fn weekly(&mut self, sold: &[&Moments]) {
        for day in 0..WEEK {
            let of = |item: &Moments| item.by_day.get(day).copied().unwrap_or_default();
            if sold.iter().all(|item| of(item).periods == 0.0) {
                continue;
            }
            let seen = sum(sold.iter().map(|item| of(item).total / item.dispersion()));
            let even = sum(sold.iter().map(|i| i.mean() * of(i).periods / i.dispersion()));
            let factor = ((seen + FLAT) / (even + FLAT)).clamp(0.01, 100.0);
            let mut log_odds = 0.0_f64;
            for _ in 0..8 {
                let odds = log_odds.exp();
                let expected = |item: &Moments| {
                    let chance = item.chance();
                    odds * chance / (1.0 + (odds - 1.0) * chance)
                };
                let gap = sum(sold.iter().map(|i| of(i).occasions - of(i).periods * expected(i)));
                let slope =
                    sum(sold.iter().map(|i| of(i).periods * expected(i) * (1.0 - expected(i))));
                let step = (gap - FLAT_ODDS * log_odds) / (slope + FLAT_ODDS);
                log_odds = (log_odds + step.clamp(-1.0, 1.0)).clamp(-4.6, 4.6);
            }
            if let (Some(demand), Some(odds)) =
                (self.demand_profile.get_mut(day), self.odds_profile.get_mut(day))
            {
                (*demand, *odds) = (factor, log_odds.exp());
            }
        }
    }
}

/// What is counted of one item before anything is fitted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    periods: f64,
    total: f64,
    squares: f64,
    occasions: f64,
    size_squares: f64,
    /// Occasions and periods of late, older ones fading.
    recent: [f64; 2],
    by_day: [Day; WEEK],
}

#[derive(Debug, Clone, Copy, Default)]
struct Day {
    periods: f64,
    total: f64,
    occasions: f64,
}

impl Moments {
    pub(super) fn add(&mut self, weekday: Option<usize>, units: f64) {
        let sold = f64::from(units > 0.0);
        self.periods += 1.0;
        self.total += units;
        self.squares += units * units;
        self.occasions += sold;
        self.recent = [RECENT * self.recent[0] + sold, RECENT * self.recent[1] + 1.0];
        self.size_squares += sold * (units - 1.0) * (units - 1.0);
        if let Some(day) = weekday.and_then(|day| self.by_day.get_mut(day)) {
            day.periods += 1.0;
            day.total += units;
            day.occasions += sold;
        }
    }

    /// How much more likely demand has been of late than on the whole, over a panel.
    pub(super) fn trend(items: &[Self]) -> f64 {
        let sold = || items.iter().filter(|item| item.total > 0.0);
        let whole = average(sold().map(Self::chance));
        let recent = average(sold().map(|item| item.recent[0] / item.recent[1]));
        if whole > 0.0 { (recent / whole).clamp(0.05, 20.0) } else { 1.0 }
    }

    pub(super) const fn has_demand(&self) -> bool {
        self.total > 0.0
    }

    pub(super) fn mean(&self) -> f64 {
        self.total / self.periods
    }

    fn dispersion(&self) -> f64 {
        let mean = self.mean();
        ((self.squares / self.periods - mean * mean) / mean).clamp(1.02, MOST)
    }

    pub(super) fn chance(&self) -> f64 {
        self.occasions / self.periods
    }

    /// The chance of demand after the first sale, away from 0 and 1.
    pub(super) fn chance_after_the_first(&self) -> f64 {
        let after = |count: f64| (count - 1.0).max(0.0);
        (after(self.occasions) + 0.5) / (after(self.periods) + 1.0)
    }

    /// Mean size less one unit.
    fn size(&self) -> f64 {
        self.total / self.occasions - 1.0
    }

    fn size_dispersion(&self) -> Option<f64> {
        let (count, mean) = (self.occasions, self.size());
        let variance = (self.size_squares - count * mean * mean) / (count - 1.0);
        (count > 1.0 && variance > 0.0 && mean > 0.0).then(|| (variance / mean).clamp(1.02, MOST))
    }
}

/// A variance between `count` items, drawn to a usual one.
fn drawn(count: usize, variance: f64, usual: f64) -> f64 {
    (count as f64 * variance.max(0.0) + USUAL * usual) / (count as f64 + USUAL)
}

/// `1 + exp(a + b ln x)`.
fn on_line([a, b]: [f64; 2], x: f64) -> f64 {
    (1.0 + (a + b * x.max(1e-12).ln()).exp()).min(MOST)
}

/// `a` and `b` of least squares of `ln(φ − 1)` on `ln x`; `b` is held in `[0, 2]`, a
/// Poisson and a gamma mixture of levels at its ends.
fn line(points: impl Iterator<Item = (f64, f64)>) -> [f64; 2] {
    let (xs, ys): (Vec<f64>, Vec<f64>) = points.map(|(x, phi)| (x.ln(), (phi - 1.0).ln())).unzip();
    let ((x, variance), (y, _)) = (mean_and_variance(&xs), mean_and_variance(&ys));
    let covariance = average(xs.iter().zip(&ys).map(|(a, b)| (a - x) * (b - y)));
    // Few points say little of a slope: two of them are added on a slope of one half.
    let count = xs.len() as f64;
    let slope = ((count * covariance + 1.0) / (count * variance + 2.0)).clamp(0.0, 2.0);
    [y - slope * x, slope]
}

/// A sum that does not depend on the order of its terms.
pub(super) fn sum(terms: impl Iterator<Item = f64>) -> f64 {
    let mut terms: Vec<f64> = terms.collect();
    terms.sort_unstable_by(f64::total_cmp);
    omni_core::numeric::sum::sum(&terms)
}

pub(super) fn average(terms: impl Iterator<Item = f64>) -> f64 {
    let mut count = 0_usize;
    let total = sum(terms.inspect(|_| count += 1));
    if count == 0 { 0.0 } else { total / count as f64 }
}

fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let mean = average(values.iter().copied());
    (mean, average(values.iter().map(|v| (v - mean) * (v - mean))))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(of: &[&[f64]], weekday: bool) -> Vec<Moments> {
        of.iter()
            .map(|y| {
                let mut moments = Moments::default();
                y.iter().enumerate().for_each(|(t, v)| moments.add(weekday.then_some(t % 7), *v));
                moments
            })
            .collect()
    }

    #[test]
    fn nothing_sold_gives_the_default() {
        assert_eq!(CountPrior::pool(&[]), CountPrior::default());
        assert_eq!(CountPrior::pool(&items(&[&[0.0; 9], &[]], true)), CountPrior::default());
    }

    #[test]
    fn items_that_differ_are_left_to_themselves() {
        let alike =
            items(&[&[0.0, 4.0, 1.0, 0.0], &[3.0, 0.0, 0.0, 2.0], &[5.0, 0.0, 1.0, 0.0]], false);
        let unlike = items(
            &[&[0.0, 1.0, 0.0, 0.0], &[30.0, 0.0, 0.0, 20.0], &[500.0, 0.0, 900.0, 0.0]],
            false,
        );
        let (alike, unlike) = (CountPrior::pool(&alike), CountPrior::pool(&unlike));
        assert!(alike.level_strength > 5.0 * unlike.level_strength);
        assert!(alike.spread < unlike.spread);
    }

    #[test]
    fn a_closed_day_is_found() {
        let week = [3.0, 1.0, 2.0, 4.0, 1.0, 3.0, 0.0];
        let y = week.repeat(60);
        let prior = CountPrior::pool(&items(&[&y, &y, &y], true));
        assert!(prior.demand_profile[6] < 0.1 && prior.odds_profile[6] < 0.05, "{prior:?}");
        assert!(prior.demand_profile[3] > 1.5);
        let chance = prior.factor(Some(6)).chance(6.0 / 7.0);
        assert!(chance < 0.2, "{chance}");
    }

    #[test]
    fn the_order_of_items_does_not_matter() {
        let mut of = items(&[&[0.1, 7.0, 3.3], &[2.0, 0.0, 9.0], &[1.0, 1.0, 0.7]], true);
        let before = CountPrior::pool(&of);
        of.reverse();
        assert_eq!(CountPrior::pool(&of), before);
    }
}
