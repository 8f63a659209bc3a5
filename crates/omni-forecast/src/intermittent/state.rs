//! What is known of one item: levels at several speeds, sizes, and how well each speed foretold.
//!
//! ```text
//! m_k = (Σ λ_k^j y_{t−j} + κ m₀) / (Σ λ_k^j s_{t−j} + κ)      level per period, in units
//! p_k = (Σ λ_k^j d_{t−j} + κ' p₀) / (Σ λ_k^j + κ')            chance of demand; d = 1 if y > 0
//! φ   = (Σ 0.995^j (y − m s)² + 10 m s φ₀) / (Σ 0.995^j m s + 10 m s)     one-step errors
//! L_k = Σ 0.995^j ln f(y_{t−j} | m_k, φ)     and likewise for p_k
//! w_k ∝ exp(½ (L_k + mean of L_k over the panel))
//! ```
//!
//! `λ = 1 − decay` for decays of 1, 2.5, 6, 13 and 25 % a period; `s` is the weekday factor;
//! `m₀`, `p₀`, `φ₀` and their strengths `κ` come from the panel ([`CountPrior`]). The
//! score `f` is the part of the negative binomial probability that depends on `m_k`. The ½
//! is for evidence that repeats itself: errors of neighboring periods are alike.
//!
//! A missing period makes everything older and teaches nothing. A censored one (stock ran out,
//! demand was at least `c`) counts as the mean of what lies beyond `c` under the forecast of
//! that period; it was an occasion if `c > 0`; its size is kept as censored.
//!
//! O(1) time per period. 240 bytes of sums, two more numbers, and the last 128 sizes.
//!
//! Sources: Harvey & Fernandes (1989), "Time series models for count or qualitative
//! observations", JBES 7(4), 407–422 (discounted gamma-Poisson level); Bühlmann (1967),
//! "Experience rating and credibility", ASTIN Bulletin 4(3), 199–207 (shrinkage to the panel);
//! tempered weights: Grünwald & van Ommen (2017), Bayesian Analysis 12(4), 1069–1103.

use super::distribution::{Kind, MOST, Part};
use super::lattice::Lattice;
use super::prior::{CountPrior, Factor};
use super::sizes::Sizes;
use crate::Error;
use omni_core::error::ParamError;

pub(super) const SPEEDS: usize = 5;

/// The shares in which older periods fade.
const DECAYS: [f64; SPEEDS] = [0.01, 0.025, 0.06, 0.13, 0.25];

/// The speed whose level the dispersion refers to.
const MIDDLE: usize = 2;

/// How scores and squares fade.
const SCORE_KEEP: f64 = 0.995;

/// How many periods the dispersion of the panel counts for.
const DISPERSION_STRENGTH: f64 = 10.0;

/// How much a score counts.
const TEMPER: f64 = 0.5;

type Speeds = [f64; SPEEDS];

/// What is known of one item. Serializable, and equal to one filtered from the start.
///
/// # Examples
/// ```
/// use omni_forecast::intermittent::{CountPrior, CountState};
///
/// let prior = CountPrior::default();
/// let mut state = CountState::default();
/// for units in [0.0, 2.0, 0.0, 0.0, 1.0] {
///     state.update(&prior, None, units)?;
/// }
/// state.skip(); // a day without data
/// let tomorrow = state.distribution(&prior, None);
/// assert_eq!(tomorrow.quantiles(&[0.5, 0.95])?, [0.0, 2.0]);
/// # Ok::<(), omni_forecast::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CountState {
    sales: Speeds,
    exposure: Speeds,
    occasions: Speeds,
    periods: Speeds,
    scores: Speeds,
    occasion_scores: Speeds,
    squares: f64,
    expected: f64,
    sizes: Sizes,
}

impl CountState {
    /// Learns the demand of the next period, in whole units (others are rounded); `weekday`
    /// from 0 for Monday if the panel has a weekly profile.
    ///
    /// # Errors
    /// [`Error::Param`] if `units` is not in `0..=1e8`.
    pub fn update(
        &mut self,
        prior: &CountPrior,
        weekday: Option<usize>,
        units: f64,
    ) -> Result<(), Error> {
        let units = checked(units)?;
        self.learn(prior, prior.factor(weekday), units);
        Ok(())
    }

    /// Learns that demand was at least `units` in the next period, because stock ran out.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn update_censored(
        &mut self,
        prior: &CountPrior,
        weekday: Option<usize>,
        units: f64,
    ) -> Result<(), Error> {
        let units = checked(units)?;
        self.learn_censored(prior, prior.factor(weekday), units);
        Ok(())
    }

    /// Lets one period pass about which nothing is known.
    pub fn skip(&mut self) {
        let sums = [&mut self.sales, &mut self.exposure, &mut self.occasions, &mut self.periods];
        for sums in sums {
            for (sum, decay) in sums.iter_mut().zip(DECAYS) {
                *sum *= 1.0 - decay;
            }
        }
    }

    /// The distribution of demand in a coming period with this weekday.
    #[must_use]
    pub fn distribution(
        &self,
        prior: &CountPrior,
        weekday: Option<usize>,
    ) -> super::CountDistribution {
        let mut parts = Vec::new();
        self.outlook(prior).step(prior.factor(weekday), 1.0, &mut parts);
        super::CountDistribution::of(parts)
    }

    /// Scores of the speeds, for the levels and for the chances.
    pub(super) const fn scores(&self) -> (&Speeds, &Speeds) {
        (&self.scores, &self.occasion_scores)
    }

    pub(super) fn learn(&mut self, prior: &CountPrior, factor: Factor, units: f64) {
        let sold = f64::from(units > 0.0);
        let (mean, dispersion) = self.next(prior, factor);
        let shape = mean / (dispersion - 1.0);
        let (mut score, mut chance_score) = ([0.0; SPEEDS], [0.0; SPEEDS]);
        for k in 0..SPEEDS {
            let level = factor.demand * self.level(prior, k);
            let chance = factor.chance(self.chance(prior, k));
            let of_size = if units > 0.0 { units * ln(level) } else { 0.0 };
            score[k] = of_size - (units + shape) * ln(level + shape);
            chance_score[k] = ln(if units > 0.0 { chance } else { 1.0 - chance });
        }
        for (scores, new) in [(&mut self.scores, score), (&mut self.occasion_scores, chance_score)]
        {
            let best = new.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            for (sum, new) in scores.iter_mut().zip(new) {
                *sum = SCORE_KEEP * *sum + (new - best);
            }
        }
        self.squares = SCORE_KEEP * self.squares + (units - mean) * (units - mean);
        self.expected = SCORE_KEEP * self.expected + mean;
        self.add(factor, units, sold);
        if units > 0.0 {
            self.sizes.push(units, false);
        }
    }

    pub(super) fn learn_censored(&mut self, prior: &CountPrior, factor: Factor, units: f64) {
        if units <= 0.0 {
            // At least nothing: that says nothing.
            return self.skip();
        }
        let (mean, dispersion) = self.next(prior, factor);
        let kind = Kind::Negbin { shift: 0.0, mean, dispersion };
        let mut lattice = Lattice::default();
        lattice.fill(&[Part { weight: 1.0, kind }], 25.0);
        let tail = units + dispersion;
        let (beyond, square) = lattice.beyond(units).unwrap_or((tail, tail * tail));
        let error = (square - 2.0 * mean * beyond + mean * mean).max(0.0);
        self.squares = SCORE_KEEP * self.squares + error;
        self.expected = SCORE_KEEP * self.expected + mean;
        self.add(factor, beyond, 1.0);
        self.sizes.push(units, true);
    }

    fn add(&mut self, factor: Factor, units: f64, sold: f64) {
        for (sums, new) in [
            (&mut self.sales, units),
            (&mut self.exposure, factor.demand),
            (&mut self.occasions, sold),
            (&mut self.periods, 1.0),
        ] {
            for (sum, decay) in sums.iter_mut().zip(DECAYS) {
                *sum = (1.0 - decay) * *sum + new;
            }
        }
    }

    fn level(&self, prior: &CountPrior, speed: usize) -> f64 {
        (self.sales[speed] + prior.level_strength * prior.level)
            / (self.exposure[speed] + prior.level_strength)
    }

    fn chance(&self, prior: &CountPrior, speed: usize) -> f64 {
        (self.occasions[speed] + prior.occasion_strength * prior.occasion)
            / (self.periods[speed] + prior.occasion_strength)
    }

    /// Mean and dispersion of the next period, at the middle speed.
    fn next(&self, prior: &CountPrior, factor: Factor) -> (f64, f64) {
        let mean = factor.demand * self.level(prior, MIDDLE);
        let of_panel = DISPERSION_STRENGTH * mean;
        let dispersion =
            (self.squares + of_panel * prior.dispersion_at(mean)) / (self.expected + of_panel);
        (mean, dispersion.clamp(1.01, MOST))
    }

    pub(super) fn outlook(&self, prior: &CountPrior) -> Outlook {
        let (_, dispersion) = self.next(prior, Factor::NONE);
        let sizes = self.sizes.parts(prior);
        let (mut size, mut size_square) = (0.0, 0.0);
        for part in &sizes {
            let (mean, square) = part.moments();
            size += part.weight * mean;
            size_square += part.weight * square;
        }
        Outlook {
            levels: std::array::from_fn(|k| self.level(prior, k)),
            weights: weights(&self.scores, &prior.scores),
            dispersion,
            chances: std::array::from_fn(|k| self.chance(prior, k)),
            chance_weights: weights(&self.occasion_scores, &prior.occasion_scores),
            sizes,
            size,
            size_square,
            hurdle: prior.hurdle,
            spread: prior.spread.max(0.25),
            unknown: 1.0 / (prior.level_strength + self.exposure[0]),
        }
    }

    /// The share of the panel in the slowest level.
    pub(super) fn pooled(&self, prior: &CountPrior) -> f64 {
        prior.level_strength / (prior.level_strength + self.exposure[0])
    }
}

fn checked(units: f64) -> Result<f64, ParamError> {
    if (0.0..=MOST).contains(&units) {
        Ok(units.round() + 0.0)
    } else {
        Err(ParamError::new("units", "in 0..=1e8", units))
    }
}

/// `w ∝ exp(½ (own + pooled))`.
fn weights(own: &Speeds, pooled: &Speeds) -> Speeds {
    let scores: Speeds = std::array::from_fn(|k| TEMPER * (own[k] + pooled[k]));
    let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let raw = scores.map(|score| (score - best).exp());
    let total: f64 = raw.iter().sum();
    raw.map(|weight| weight / total)
}

/// What comes, without the state it came from.
///
/// ```text
/// demand of h periods, at speed k     mean M = m_k Σ s,  variance φ M (g + h u)
/// g = 1 + a (h − 1) + a² (h − 1) (2h − 1) / 6            a the decay
/// ```
///
/// `g` is what a level that wanders as `a` implies adds to a sum (Hyndman et al. 2008,
/// "Forecasting with Exponential Smoothing", section 6.3), `u` what is not known of the level at all; level
/// variance beyond that between items of the panel is not believed. The sum of a hurdle
/// has the same mean and variance and the chance of no demand at all, above which it is shifted
/// negative binomial.
#[derive(Debug, Clone)]
pub(super) struct Outlook {
    levels: Speeds,
    weights: Speeds,
    dispersion: f64,
    chances: Speeds,
    chance_weights: Speeds,
    sizes: Vec<Part>,
    size: f64,
    size_square: f64,
    hurdle: f64,
    spread: f64,
    unknown: f64,
}

/// The factors of several periods together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lead {
    periods: f64,
    demand: f64,
    chances: Speeds,
    chance_squares: Speeds,
}

impl Outlook {
    /// Appends the parts of one period's distribution, their weights adding up to `share`.
    pub(super) fn step(&self, factor: Factor, share: f64, parts: &mut Vec<Part>) {
        self.levels_of(factor, share * (1.0 - self.hurdle), parts);
        self.hurdle_of(factor, share * self.hurdle, parts);
    }

    pub(super) fn levels_of(&self, factor: Factor, share: f64, parts: &mut Vec<Part>) {
        let dispersion = (self.dispersion * (1.0 + self.unknown)).min(MOST);
        for (level, weight) in self.levels.iter().zip(&self.weights) {
            let kind = Kind::Negbin { shift: 0.0, mean: level * factor.demand, dispersion };
            parts.push(Part { weight: share * weight, kind });
        }
    }

    pub(super) fn hurdle_of(&self, factor: Factor, share: f64, parts: &mut Vec<Part>) {
        let chance: f64 = self
            .chances
            .iter()
            .zip(&self.chance_weights)
            .map(|(chance, weight)| weight * factor.chance(*chance))
            .sum();
        parts.push(Part { weight: share * (1.0 - chance), kind: Kind::Mass { at: 0.0 } });
        parts.extend(
            self.sizes.iter().map(|part| Part { weight: part.weight * share * chance, ..*part }),
        );
    }

    /// Lengthens a lead time by one period.
    pub(super) fn lengthen(&self, lead: &mut Lead, factor: Factor) {
        lead.periods += 1.0;
        lead.demand += factor.demand;
        for (k, chance) in self.chances.iter().enumerate() {
            let chance = factor.chance(*chance);
            lead.chances[k] += chance;
            lead.chance_squares[k] += chance * chance;
        }
    }

    /// Appends the parts of the distribution of a lead time's demand.
    pub(super) fn sum(&self, lead: &Lead, share: f64, parts: &mut Vec<Part>) {
        let h = lead.periods;
        let growth = |decay: f64, dispersion: f64, mean: f64| {
            let wander = decay * (h - 1.0) + decay * decay * (h - 1.0) * (2.0 * h - 1.0) / 6.0;
            let added = (wander + h * self.unknown).min(self.spread * mean / dispersion);
            1.0 + added
        };
        for (k, decay) in DECAYS.into_iter().enumerate() {
            let mean = (self.levels[k] * lead.demand).max(1e-12);
            let dispersion = (self.dispersion * growth(decay, self.dispersion, mean)).min(MOST);
            let weight = share * (1.0 - self.hurdle) * self.weights[k];
            parts.push(Part { weight, kind: Kind::Negbin { shift: 0.0, mean, dispersion } });
        }
        for (k, decay) in DECAYS.into_iter().enumerate() {
            let weight = share * self.hurdle * self.chance_weights[k];
            let (times, squares) = (lead.chances[k].max(1e-12), lead.chance_squares[k]);
            let mean = times * self.size;
            let alone = times * self.size_square - squares * self.size * self.size;
            let growth = growth(decay, (alone / mean).max(1e-9), mean);
            let variance = alone.max(0.0) * growth;
            let none = no_demand(times, (times - squares).max(0.0) / times * growth);
            parts.push(Part { weight: weight * none, kind: Kind::Mass { at: 0.0 } });
            let some = (1.0 - none).max(1e-12);
            let above = (mean / some - 1.0).max(0.0);
            let spread = (variance + mean * mean) / some - (mean / some) * (mean / some);
            let dispersion = (spread / above.max(1e-9)).clamp(1e-3, MOST);
            let kind = Kind::Negbin { shift: 1.0, mean: above, dispersion };
            parts.push(Part { weight: weight * (1.0 - none), kind });
        }
    }

    /// The mean of one period.
    pub(super) fn mean(&self, factor: Factor) -> f64 {
        let mut parts = Vec::with_capacity(2 * SPEEDS + self.sizes.len());
        self.step(factor, 1.0, &mut parts);
        super::CountDistribution::of(parts).mean()
    }

    /// Over how many periods the levels are averaged.
    pub(super) fn memory(&self) -> f64 {
        self.weights.iter().zip(DECAYS).map(|(weight, decay)| weight / decay).sum()
    }
}

/// The chance that a number of occasions is 0: negative binomial, Poisson or binomial, as its
/// variance in units of its mean is above, at or below 1.
fn no_demand(mean: f64, dispersion: f64) -> f64 {
    let excess = dispersion - 1.0;
    if dispersion <= 0.0 {
        return 0.0;
    }
    let rate = if excess.abs() < 1e-6 { 1.0 - excess / 2.0 } else { excess.ln_1p() / excess };
    (-mean * rate).exp()
}

/// The natural logarithm of a positive number to ten digits, in plain arithmetic: three
/// times as fast as the exact one, and the same on every machine.
#[expect(clippy::cast_possible_wrap, reason = "an exponent has 11 bits")]
fn ln(x: f64) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    let x = x.max(1e-300);
    // Moves the mantissa to [√½, √2).
    let bits = x.to_bits().wrapping_sub(0x3FE6_A09E_667F_3BCD);
    let exponent = (bits as i64 >> 52) as f64;
    let m = f64::from_bits((bits & MANTISSA) + 0x3FE6_A09E_667F_3BCD);
    let t = (m - 1.0) / (m + 1.0);
    let s = t * t;
    let series = 1.0 + s * (1.0 / 3.0 + s * (0.2 + s * (1.0 / 7.0 + s * (1.0 / 9.0 + s / 11.0))));
    exponent * std::f64::consts::LN_2 + 2.0 * t * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_to_ten_digits() {
        for k in -3_000..3_000 {
            let x = (f64::from(k) * 0.1).exp();
            assert!((ln(x) - x.ln()).abs() < 1e-9, "{x}: {} {}", ln(x), x.ln());
        }
        assert!(ln(0.0).is_finite());
    }

    #[test]
    fn chances_of_nothing() {
        assert!((no_demand(2.0, 1.0) - (-2.0_f64).exp()).abs() < 1e-12);
        // Three periods of chance 0.3 each.
        assert!((no_demand(0.9, 0.7) - 0.343).abs() < 1e-12);
        assert_eq!(no_demand(3.0, 0.0), 0.0);
    }

    #[test]
    fn a_stock_out_of_everything_teaches_nothing_but_time() {
        let prior = CountPrior::default();
        let mut a = CountState::default();
        (0..9).for_each(|k| a.update(&prior, None, f64::from(k % 3)).unwrap());
        let mut b = a.clone();
        a.skip();
        b.update_censored(&prior, None, 0.0).unwrap();
        assert_eq!(a, b);
        a.update_censored(&prior, None, 5.0).unwrap();
        b.update(&prior, None, 5.0).unwrap();
        let mean = |state: &CountState| state.distribution(&prior, None).mean();
        assert!(mean(&a) > mean(&b), "{} {}", mean(&a), mean(&b));
    }

    #[test]
    fn weights_follow_what_foretold() {
        let prior = CountPrior::default();
        let mut steady = CountState::default();
        let mut jump = CountState::default();
        for t in 0..300 {
            let y = f64::from(t * 7 % 5);
            steady.update(&prior, None, y).unwrap();
            jump.update(&prior, None, if t > 280 { y + 40.0 } else { y }).unwrap();
        }
        let memory = |state: &CountState| state.outlook(&prior).memory();
        let (steady, jump) = (memory(&steady), memory(&jump));
        assert!(steady > 2.0 * jump, "{steady} {jump}");
    }

    #[test]
    fn units_out_of_range_are_refused() {
        let mut state = CountState::default();
        for bad in [-1.0, 1e9, f64::NAN, f64::INFINITY] {
            assert!(state.update(&CountPrior::default(), None, bad).is_err());
            assert!(state.update_censored(&CountPrior::default(), None, bad).is_err());
        }
        assert_eq!(state, CountState::default());
    }
}
