//! From scores to probabilities without any labels: the runner-up as the wrong answer.
//!
//! A score that is proof in one catalog is chance in another: it depends on how many
//! near-identical articles there are. What chance looks like is seen in the data: forbid
//! every product its first choice and assign again. These second choices are wrong answers
//! (if the first was right) or as wrong as the first (if it was not).
//!
//! ```text
//! S₁, S₂, S₃   standings (score and lead) of the first, second and third round
//! N            the standings of wrong first choices, by quantile u:
//!              Q_N(u) = Q₂(u) + (1 − π) · (Q₂(u) − Q₃(u))
//! 1 − π        = min over t of F₁(t) / F_N(t)         share of products without a partner
//! P(right | s) = 1 − (1 − π) · f_N(s) / f₁(s)         local false discovery rate
//! ```
//!
//! F counts, f are kernel densities (Gaussian, Silverman's width), P is made monotone by
//! pooling adjacent violators. The correction by Q₃: the second choice of a product with a
//! partner is its best wrong answer; that of a product without one is its second best, one
//! step too low, and the step from second to third stands for it. π and N are solved
//! together by damped iteration. Below a few dozen
//! products such counts mean little: with n scores the result is mixed, n to 25, with the
//! prior `1 / (1 + e^((7 − s)/1.5))`: a shared code and half of the words, or nearly all words.
//!
//! The cut at P ≥ ½ accepts what is more likely right than wrong. If every product has a
//! partner, π tends to 1 and nearly every first choice stands, however weak; if few have,
//! only what stands out from chance does.
//!
//! Pairs that share a code naming one article are left out of the second and third round:
//! they are further listings of the same product, not wrong answers.
//!
//! O(n log n + n · width of the kernel in scores).
//!
//! Sources: Efron, Tibshirani, Storey & Tusher (2001), "Empirical Bayes analysis of a
//! microarray experiment", JASA 96(456), 1151–1160 (local false discovery rate); Storey
//! (2002), "A direct approach to false discovery rates", JRSS B 64(3), 479–498 (π by the
//! ratio of tails); Elias & Gygi (2007), "Target-decoy search strategy for increased
//! confidence in large-scale protein identifications by mass spectrometry", Nature Methods
//! 4, 207–214 (wrong answers made on purpose).

/// Scores at which the prior is even, and its width.
const PRIOR: (f64, f64) = (7.0, 1.5);
/// How many products the prior weighs.
const PRIOR_PRODUCTS: f64 = 25.0;

/// What the rounds say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Calibration {
    /// Share of first choices that are right.
    pub(super) share: f64,
    /// Probability of each score of the first round, in the order given.
    pub(super) probabilities: Vec<f64>,
}

/// Scores of the three rounds, each descending.
pub(super) fn calibrate(first: &[f64], second: &[f64], third: &[f64]) -> Calibration {
    let ascending = |scores: &[f64]| scores.iter().rev().copied().collect::<Vec<_>>();
    let (one, two, three) = (ascending(first), ascending(second), ascending(third));
    let (null, share) = null(&one, &two, &three);
    let width = width(&one);
    let ratio = (1.0 - share) * one.len() as f64 / null.len().max(1) as f64;
    let local = first.iter().map(|score| {
        let (right, wrong) = (density(&one, *score, width), density(&null, *score, width));
        if right > 0.0 { (1.0 - ratio * wrong / right).clamp(0.0, 1.0) } else { 0.0 }
    });
    let falling = pool(local);
    let n = one.len() as f64;
    let mixed = first.iter().zip(&falling).map(|(score, local)| {
        let prior = 1.0 / (1.0 + ((PRIOR.0 - score) / PRIOR.1).exp());
        // Without a single second choice nothing is known of wrong answers.
        let n = if null.is_empty() { 0.0 } else { n };
        (n * local + PRIOR_PRODUCTS * prior) / (n + PRIOR_PRODUCTS)
    });
    Calibration { share, probabilities: mixed.collect() }
}

/// The scores of wrong first choices, ascending, and the share of right ones.
fn null(one: &[f64], two: &[f64], three: &[f64]) -> (Vec<f64>, f64) {
    let mut share = 0.5;
    let mut null = two.to_vec();
    if one.is_empty() || two.is_empty() {
        return (null, share);
    }
    for _ in 0..60 {
        null = two
            .iter()
            .zip(0..)
            .map(|(score, at)| {
                let u = (f64::from(at) + 0.5) / two.len() as f64;
                let below = quantile(three, u).unwrap_or(*score);
                score + (1.0 - share) * (score - below).max(0.0)
            })
            .collect();
        null.sort_unstable_by(f64::total_cmp);
        let sizes = null.len() as f64 / one.len() as f64;
        // From the lowest tenth to a little above the middle: further down counts are
        // small, further up are the right answers.
        let tails = (2..=12).filter_map(|twentieth| {
            let t = quantile(&null, f64::from(twentieth) / 20.0)?;
            let below = |scores: &[f64]| scores.partition_point(|score| *score <= t) as f64;
            Some((below(one) + 1.0) / below(&null).max(1.0) * sizes)
        });
        let next = 1.0 - tails.fold(1.0, f64::min);
        let step = next - share;
        share += 0.5 * step;
        if step.abs() < 1e-6 {
            break;
        }
    }
    (null, share)
}

/// The value at a share of an ascending list.
fn quantile(ascending: &[f64], share: f64) -> Option<f64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position in the list"
    )]
    let at = (share * ascending.len() as f64) as usize;
    ascending.get(at).or(ascending.last()).copied()
}

/// Silverman's width of the kernel.
fn width(scores: &[f64]) -> f64 {
    let n = scores.len().max(1) as f64;
    let mean = scores.iter().sum::<f64>() / n;
    let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / n;
    (0.9 * variance.sqrt() * n.powf(-0.2)).max(1e-6)
}

/// The density at a score, but for a constant.
fn density(ascending: &[f64], at: f64, width: f64) -> f64 {
    let from = ascending.partition_point(|score| *score < at - 4.0 * width);
    let to = ascending.partition_point(|score| *score <= at + 4.0 * width);
    let near = ascending.get(from..to).unwrap_or_default();
    near.iter().map(|score| (-0.5 * ((score - at) / width).powi(2)).exp()).sum()
}

/// The nearest sequence that never rises.
fn pool(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for value in values {
        let (mut mean, mut count) = (value, 1_usize);
        while let Some((before, size)) = blocks.last().copied() {
            if before >= mean {
                break;
            }
            mean = (mean * count as f64 + before * size as f64) / (count + size) as f64;
            count += size;
            blocks.pop();
        }
        blocks.push((mean, count));
    }
    blocks.into_iter().flat_map(|(mean, count)| std::iter::repeat_n(mean, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Descending scores spread evenly.
    fn spread(n: u32, low: f64, high: f64) -> Vec<f64> {
        (0..n).map(|at| high - (high - low) * f64::from(at) / f64::from(n)).collect()
    }

    #[test]
    fn the_share_of_right_answers_is_found() {
        let wrong = spread(700, 0.0, 4.0);
        let mut first = [spread(300, 8.0, 12.0), wrong].concat();
        first.sort_by(|a, b| b.total_cmp(a));
        let second = spread(1_000, 0.0, 4.0);
        let calibration = calibrate(&first, &second, &second);
        assert!((calibration.share - 0.3).abs() < 0.03, "{}", calibration.share);
        let accepted = calibration.probabilities.iter().filter(|p| **p >= 0.5).count();
        assert!((295..=305).contains(&accepted), "{accepted}");
    }

    #[test]
    fn if_all_have_partners_weak_ones_stand() {
        let first = spread(1_000, 2.0, 12.0);
        let second = spread(1_000, -4.0, 3.0);
        let calibration = calibrate(&first, &second, &spread(1_000, -5.0, 2.0));
        assert!(calibration.share > 0.95, "{}", calibration.share);
        let accepted = calibration.probabilities.iter().filter(|p| **p >= 0.5).count();
        assert!(accepted > 970, "{accepted}");
    }

    #[test]
    fn few_products_are_judged_by_the_prior() {
        let calibration = calibrate(&[12.0, 2.0], &[1.0], &[]);
        assert!(calibration.probabilities[0] > 0.8 && calibration.probabilities[1] < 0.5);
        let calibration = calibrate(&[7.0], &[], &[]);
        assert_eq!(calibration.probabilities, [0.5]);
        assert_eq!(calibrate(&[], &[], &[]).probabilities, [0.0; 0]);
    }

    #[test]
    fn pooling_never_rises() {
        assert_eq!(pool([0.9, 0.5, 0.7, 0.2].into_iter()), [0.9, 0.6, 0.6, 0.2]);
    }
}
