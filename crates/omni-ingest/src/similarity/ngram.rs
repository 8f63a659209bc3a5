//! Overlap of runs of N characters: long texts, whatever the order of their parts.
//!
//! ```text
//! A, B = multisets of the runs of N characters of either text, c(g) how often g is in it
//! cosine  = Σ c_A(g)·c_B(g) / √(Σ c_A(g)² · Σ c_B(g)²)
//! jaccard = Σ min(c_A, c_B) / Σ max(c_A, c_B)
//! dice    = 2 · Σ min(c_A, c_B) / (|A| + |B|)
//! ```
//!
//! All are in `[0, 1]` and symmetric, 1 for equal texts and for two empty ones, 0 for an
//! empty one beside another. A text shorter than N is one run, itself; nothing is padded
//! otherwise. O(n log n) to take the runs of a text of n characters, O(n) to compare; runs
//! are kept whole, not as hashes, so no two are mistaken for each other.

/// The runs of N characters of a text.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::Grams;
///
/// let title = Grams::<3>::new("cotton shirt");
/// assert_eq!(title.len(), 10);
/// assert!(title.cosine(&Grams::new("shirt, cotton")) > 0.6);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grams<const N: usize> {
    /// Sorted, repeats kept.
    grams: Vec<[char; N]>,
}

impl<const N: usize> Grams<N> {
    /// Takes the runs of a text. N is at least 1, or it does not compile.
    #[must_use]
    pub fn new(text: &str) -> Self {
        const { assert!(N > 0, "a run has at least one character") };
        let mut window = ['\0'; N];
        let mut grams = Vec::with_capacity(text.len());
        let mut characters = 0;
        for character in text.chars() {
            if characters >= N {
                window.rotate_left(1);
            }
            if let Some(slot) = window.get_mut(characters.min(N - 1)) {
                *slot = character;
            }
            characters += 1;
            if characters >= N {
                grams.push(window);
            }
        }
        if (1..N).contains(&characters) {
            grams.push(window);
        }
        grams.sort_unstable();
        Self { grams }
    }

    /// How many runs there are, repeats counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.grams.len()
    }

    /// Whether the text was empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.grams.is_empty()
    }

    /// Cosine of the counts, in `[0, 1]`.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f64 {
        if self.grams == other.grams {
            return 1.0;
        }
        let Overlap { product, .. } = self.overlap(other);
        if product == 0 {
            return 0.0;
        }
        let squares = (self.squares() as f64) * (other.squares() as f64);
        (product as f64 / squares.sqrt()).min(1.0)
    }

    /// Shared runs of all runs, in `[0, 1]`.
    #[must_use]
    pub fn jaccard(&self, other: &Self) -> f64 {
        let Overlap { shared, .. } = self.overlap(other);
        share(shared, self.len() + other.len() - shared)
    }

    /// Shared runs of the mean number of runs, in `[0, 1]`.
    #[must_use]
    pub fn dice(&self, other: &Self) -> f64 {
        let Overlap { shared, .. } = self.overlap(other);
        share(2 * shared, self.len() + other.len())
    }

    fn overlap(&self, other: &Self) -> Overlap {
        let mut overlap = Overlap { shared: 0, product: 0 };
        let (mut mine, mut others) = (self.counts().peekable(), other.counts().peekable());
        while let (Some((gram, count)), Some((with, times))) = (mine.peek(), others.peek()) {
            match gram.cmp(with) {
                std::cmp::Ordering::Less => drop(mine.next()),
                std::cmp::Ordering::Greater => drop(others.next()),
                std::cmp::Ordering::Equal => {
                    overlap.shared += *count.min(times);
                    overlap.product += (*count as u128) * (*times as u128);
                    mine.next();
                    others.next();
                }
            }
        }
        overlap
    }

    fn squares(&self) -> u128 {
        self.counts().map(|(_, count)| (count as u128) * (count as u128)).sum()
    }

    /// Distinct runs and how often each is there.
    fn counts(&self) -> impl Iterator<Item = (&[char; N], usize)> {
        let equal = self.grams.chunk_by(|a, b| a == b);
        equal.filter_map(|run| run.first().map(|gram| (gram, run.len())))
    }
}

struct Overlap {
    shared: usize,
    product: u128,
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Cosine of the runs of N characters of two texts, in `[0, 1]`.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::ngram_cosine;
///
/// assert_eq!(ngram_cosine::<2>("night", "nacht"), 0.25); // one of four runs
/// ```
#[must_use]
pub fn ngram_cosine<const N: usize>(a: &str, b: &str) -> f64 {
    Grams::<N>::new(a).cosine(&Grams::new(b))
}

/// Jaccard index of the runs of N characters of two texts, in `[0, 1]`.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::ngram_jaccard;
///
/// assert_eq!(ngram_jaccard::<2>("night", "nacht"), 1.0 / 7.0);
/// ```
#[must_use]
pub fn ngram_jaccard<const N: usize>(a: &str, b: &str) -> f64 {
    Grams::<N>::new(a).jaccard(&Grams::new(b))
}

/// Dice coefficient of the runs of N characters of two texts, in `[0, 1]`.
///
/// # Examples
/// ```
/// use omni_ingest::similarity::ngram_dice;
///
/// assert_eq!(ngram_dice::<2>("night", "nacht"), 0.25);
/// ```
#[must_use]
pub fn ngram_dice<const N: usize>(a: &str, b: &str) -> f64 {
    Grams::<N>::new(a).dice(&Grams::new(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn repeats_count() {
        // aa aa aa | aa: 1 shared of 3.
        assert_eq!(ngram_jaccard::<2>("aaaa", "aa"), 1.0 / 3.0);
        assert_eq!(ngram_dice::<2>("aaaa", "aa"), 0.5);
        assert_eq!(ngram_cosine::<2>("aaaa", "aa"), 1.0);
    }

    #[test]
    fn short_texts_are_one_run() {
        assert_eq!(ngram_dice::<3>("ab", "ab"), 1.0);
        assert_eq!(ngram_dice::<3>("ab", "abc"), 0.0);
        assert_eq!((ngram_dice::<3>("", ""), ngram_cosine::<3>("", "é")), (1.0, 0.0));
        assert_eq!(Grams::<1>::new("éa").len(), 2);
    }

    proptest! {
        #[test]
        fn overlaps_are_symmetric_and_bounded(a in any::<String>(), b in "[ab é]{0,20}") {
            for of in [ngram_cosine::<1>, ngram_cosine::<3>, ngram_jaccard::<2>, ngram_dice::<4>] {
                let value = of(&a, &b);
                prop_assert!((0.0..=1.0).contains(&value));
                prop_assert_eq!(value, of(&b, &a));
                prop_assert_eq!(of(&b, &b), 1.0);
            }
        }
    }
}
