//! The sizes of demand: what was sold where something was sold, and how large it might be.
//!
//! ```text
//! w_j      = ½ (0.98^j / Σ 0.98^i) + ½ (0.9^j / Σ 0.9^i)        j demands ago
//! Ŝ(x)     = Π_{z ≤ x} (1 − Σ_{z_j = z} w_j / Σ_{c_j ≥ z} w_j)   sizes and censored ones c
//! S        = (n Ŝ + 5 B) / (n + 5)        n = 1 / Σ w_j²
//! B        = 1 + negbin(m, φ)             m and φ of the series, shrunk to those of the panel
//! ```
//!
//! `Ŝ` is the product-limit estimate: a censored size (at least `c`) gives its weight to the
//! larger ones, and where it is the largest of all, to the tail of `B` above it. Sizes seen
//! keep their spikes (packs of six); `B` allows what was not seen.
//!
//! Sources: Kaplan & Meier (1958), "Nonparametric estimation from incomplete observations",
//! JASA 53(282), 457–481; the mixture with a base: Ferguson (1973), "A Bayesian analysis of
//! some nonparametric problems", Annals of Statistics 1(2), 209–230.

use super::distribution::{Kind, Part};
use super::prior::CountPrior;
use std::collections::VecDeque;

/// How many of the last demands are remembered.
const REMEMBERED: usize = 128;

/// The shares in which the weight falls with each later demand: one slow, one quick.
const KEEP: [f64; 2] = [0.98, 0.9];

/// How many demands the base counts for, and the mean of the panel in it.
const BASE: f64 = 5.0;
const MEAN: f64 = 2.0;
const SPREAD: f64 = 5.0;

/// The last sizes, oldest first; a censored one is kept with a minus sign.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub(super) struct Sizes(VecDeque<f64>);

impl Sizes {
    pub(super) fn push(&mut self, size: f64, censored: bool) {
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(if censored { -size } else { size });
    }

    /// The parts of the distribution of one size, their weights adding up to 1.
    pub(super) fn parts(&self, prior: &CountPrior) -> Vec<Part> {
        let totals = KEEP.map(|keep| (1.0 - keep.powf(self.0.len() as f64)) / (1.0 - keep));
        let mut fade = [0.5; KEEP.len()];
        // Size, whether it was seen whole, and weight.
        let mut all: Vec<(f64, bool, f64)> = Vec::with_capacity(self.0.len());
        for &size in self.0.iter().rev() {
            let weight = fade.iter().zip(&totals).map(|(fade, total)| fade / total).sum();
            for (fade, keep) in fade.iter_mut().zip(KEEP) {
                *fade *= keep;
            }
            all.push((size.abs(), size > 0.0, weight));
        }
        // Of equal ones the censored last: they were still at risk.
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let known = 1.0 / all.iter().map(|(_, _, weight)| weight * weight).sum::<f64>().max(1e-9);
        let known = if all.is_empty() { 0.0 } else { known };
        let mut seen: Vec<(f64, f64)> = Vec::with_capacity(all.len());
        let (mut left, mut at_risk) = (1.0, all.iter().map(|(_, _, weight)| weight).sum::<f64>());
        let mut largest = 0.0_f64;
        for (size, whole, weight) in all {
            if whole {
                let mass = (left * weight / at_risk).min(left);
                left -= mass;
                match seen.last_mut() {
                    Some((last, total)) if *last == size => *total += mass,
                    _ => seen.push((size, mass)),
                }
            } else {
                largest = size;
            }
            at_risk = (at_risk - weight).max(1e-300);
        }
        let left = if known > 0.0 && left > 1e-9 { left } else { 0.0 };

        let mean = |left_mean: f64| {
            let seen: f64 = seen.iter().map(|(size, mass)| mass * (size - 1.0)).sum();
            (known * (seen + left * left_mean) + MEAN * prior.size) / (known + MEAN)
        };
        // What lies beyond the largest has the mean of the base, which in turn counts it.
        let base_mean = mean(largest - 1.0 + mean(largest - 1.0)).max(1e-9);
        let squares: f64 =
            seen.iter().map(|(size, mass)| mass * (size - 1.0 - base_mean).powi(2)).sum();
        let of_panel = prior.size_dispersion_at(base_mean);
        let dispersion = ((known * squares + SPREAD * base_mean * of_panel)
            / (base_mean * (known + SPREAD)))
            .clamp(1.01, super::distribution::MOST);
        let base = |shift| Kind::Negbin { shift, mean: base_mean, dispersion };

        let share = known / (known + BASE);
        let mut parts: Vec<Part> = seen
            .into_iter()
            .map(|(at, mass)| Part { weight: share * mass, kind: Kind::Mass { at } })
            .collect();
        if left > 0.0 {
            parts.push(Part { weight: share * left, kind: base(largest) });
        }
        let rest = 1.0 - parts.iter().map(|part| part.weight).sum::<f64>();
        parts.push(Part { weight: rest.max(0.0), kind: base(1.0) });
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(parts: &[Part]) -> f64 {
        super::super::CountDistribution::of(parts.to_vec()).mean()
    }

    #[test]
    fn without_a_size_the_panel_speaks() {
        let prior = CountPrior { size: 3.0, ..CountPrior::default() };
        let parts = Sizes::default().parts(&prior);
        assert_eq!(parts.len(), 1);
        assert!((mean(&parts) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn a_censored_size_gives_its_weight_to_the_larger_ones() {
        let prior = CountPrior::default();
        let (mut cut, mut naive) = (Sizes::default(), Sizes::default());
        for _ in 0..40 {
            for (size, censored) in [(2.0, true), (2.0, false), (8.0, false)] {
                cut.push(size, censored);
                naive.push(size, false);
            }
        }
        let mass = |sizes: &Sizes, x: f64| -> f64 {
            let at = |part: &&Part| part.kind == Kind::Mass { at: x };
            sizes.parts(&prior).iter().filter(at).map(|part| part.weight).sum()
        };
        // 2 and 8 in equal shares among those seen whole; the censored 2 stays at risk.
        assert!(mass(&cut, 8.0) > 1.7 * mass(&naive, 8.0));
        let total: f64 = cut.parts(&prior).iter().map(|part| part.weight).sum();
        assert!((total - 1.0).abs() < 1e-12);
        // All censored: everything lies beyond.
        let mut all = Sizes::default();
        (0..30).for_each(|_| all.push(5.0, true));
        assert!(mean(&all.parts(&prior)) > 5.0);
    }
}
