//! Stand-ins for missing values.

use crate::Error;
use omni_core::DataError;

/// The values with stand-ins for the missing ones, and weights (0 where missing) if any is.
///
/// A stand-in is the nearest observed value of the same phase of `period`, the earlier one
/// of two as near; without one, of any phase. It only counts where a window holds nothing
/// that was observed.
pub(crate) fn filled(
    y: &[Option<f64>],
    period: usize,
) -> Result<(Vec<f64>, Option<Vec<f64>>), Error> {
    for (index, value) in y.iter().enumerate() {
        if let Some(value) = value.filter(|v| !v.is_finite()) {
            return Err(DataError::entry("y", index, "finite", value).into());
        }
    }
    if y.iter().all(Option::is_some) {
        return Ok((y.iter().copied().flatten().collect(), None));
    }
    if y.iter().all(Option::is_none) {
        return Err(DataError::TooShort { name: "y", needed: 1, got: 0 }.into());
    }
    let same_phase = nearest(y, period.max(1));
    let any = nearest(y, 1);
    let values =
        same_phase.into_iter().zip(any).map(|(same, any)| same.or(any).unwrap_or_default());
    let weights = y.iter().map(|v| if v.is_some() { 1.0 } else { 0.0 });
    Ok((values.collect(), Some(weights.collect())))
}

/// For each place the nearest observed value so many steps of `period` away.
fn nearest(y: &[Option<f64>], period: usize) -> Vec<Option<f64>> {
    // The last observation seen in each phase, with its place.
    let scan = |places: &mut dyn Iterator<Item = usize>| {
        let mut seen: Vec<Option<(usize, f64)>> = vec![None; period.min(y.len())];
        let mut found = vec![None; y.len()];
        for place in places {
            if let (Some(seen), Some(found)) = (seen.get_mut(place % period), found.get_mut(place))
            {
                if let Some(Some(value)) = y.get(place) {
                    *seen = Some((place, *value));
                }
                *found = *seen;
            }
        }
        found
    };
    let earlier = scan(&mut (0..y.len()));
    let later = scan(&mut (0..y.len()).rev());
    let both = earlier.into_iter().zip(later).enumerate();
    both.map(|(place, pair)| match pair {
        (Some((before, a)), Some((after, b))) => {
            Some(if place - before <= after - place { a } else { b })
        }
        (Some((_, value)), None) | (None, Some((_, value))) => Some(value),
        (None, None) => None,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_the_same_phase() {
        let y = [Some(1.0), None, None, Some(4.0), Some(5.0), None, Some(7.0), None];
        let (values, weights) = filled(&y, 2).unwrap();
        // Place 1 has 4.0 (place 3), place 2 has 1.0 (place 0, as near as place 4), place 5
        // has 4.0, place 7 has 4.0.
        assert_eq!(values, [1.0, 4.0, 1.0, 4.0, 5.0, 4.0, 7.0, 4.0]);
        assert_eq!(weights.unwrap(), [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0]);
        // No value of the phase: the nearest of any.
        assert_eq!(filled(&[None, Some(2.0), None, Some(3.0)], 2).unwrap().0, [2.0, 2.0, 2.0, 3.0]);
        assert_eq!(filled(&[Some(1.0)], 3).unwrap(), (vec![1.0], None));
        assert!(filled(&[None, Some(f64::NAN)], 1).is_err());
        assert!(filled(&[None], 1).is_err());
        // No observation at all: nothing to decompose, and no panic.
        assert!(filled(&[], usize::MAX).unwrap().0.is_empty());
    }
}
