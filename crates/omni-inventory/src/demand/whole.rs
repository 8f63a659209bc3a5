//! What demands in whole units share: quantiles by search, losses between whole levels.

use super::Level;
use super::normal::standard_quantile;

/// Above this a level is no longer a whole number that an `f64` can hold.
const HIGHEST: f64 = 9_007_199_254_740_992.0;

/// A function that is straight between whole numbers, from its values there.
pub(super) fn interpolate(x: f64, at: impl Fn(f64) -> f64) -> f64 {
    let below = x.floor();
    let part = x - below;
    if part > 0.0 { (1.0 - part) * at(below) + part * at(below + 1.0) } else { at(below) }
}

/// The smallest whole level whose probability reaches `level`, which counts as reached
/// within 1e-12 of its smaller tail: there either of two levels costs the same.
///
/// The search starts from the Cornish-Fisher expansion of `[mean, sd, skewness]`.
pub(super) fn quantile(
    level: Level,
    [mean, sd, skewness]: [f64; 3],
    cdf: impl Fn(f64) -> f64,
    sf: impl Fn(f64) -> f64,
) -> f64 {
    const SLACK: f64 = 1e-12;
    let z = standard_quantile(level);
    let guess = if sd > 0.0 { mean + sd * (z + skewness * (z * z - 1.0) / 6.0) } else { mean };
    smallest(guess, |k| {
        if level.below <= level.above {
            cdf(k) >= level.below * (1.0 - SLACK)
        } else {
            sf(k) <= level.above * (1.0 + SLACK)
        }
    })
}

/// The smallest whole number from 0 on at which `reached` holds, if it holds from there
/// on: steps that double away from `guess`, then halves.
pub(crate) fn smallest(guess: f64, reached: impl Fn(f64) -> bool) -> f64 {
    let guess = if guess > 0.0 { guess.floor().min(HIGHEST) } else { 0.0 };
    let mut step = 1.0;
    let (mut short, mut enough);
    if reached(guess) {
        enough = guess;
        loop {
            if enough <= 0.0 {
                return 0.0;
            }
            let next = (enough - step).max(0.0);
            if !reached(next) {
                short = next;
                break;
            }
            enough = next;
            step *= 2.0;
        }
    } else {
        short = guess;
        loop {
            let next = (short + step).min(HIGHEST);
            if next >= HIGHEST || reached(next) {
                enough = next;
                break;
            }
            short = next;
            step *= 2.0;
        }
    }
    while enough - short > 1.0 {
        let middle = f64::midpoint(short, enough).floor();
        if reached(middle) {
            enough = middle;
        } else {
            short = middle;
        }
    }
    enough
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_finds_the_border_from_any_guess() {
        for border in [0.0, 1.0, 2.0, 17.0, 1e6] {
            for guess in [-5.0, 0.0, 1.0, 16.0, 17.0, 18.5, 1e6, 1e300, f64::INFINITY, f64::NAN] {
                assert_eq!(smallest(guess, |k| k >= border), border, "from {guess}");
            }
        }
        assert_eq!(smallest(0.0, |_| false), HIGHEST);
    }

    #[test]
    fn lines_between_whole_numbers() {
        let square = |k: f64| k * k;
        assert_eq!(interpolate(3.0, square), 9.0);
        assert_eq!(interpolate(3.5, square), 12.5);
        assert_eq!(interpolate(-0.5, square), 0.5);
    }
}
