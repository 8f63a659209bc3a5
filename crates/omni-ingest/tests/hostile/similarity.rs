//! Similarity: symmetric, within bounds, the same by every way.

use omni_ingest::similarity::{
    Grams, damerau_levenshtein, damerau_levenshtein_similarity, damerau_levenshtein_within, indel,
    indel_similarity, jaro, jaro_winkler, lcs, lcs_similarity, levenshtein, levenshtein_similarity,
    levenshtein_within, match_rating, match_rating_codex, metaphone, ngram_cosine, ngram_dice,
    ngram_jaccard, nysiis, osa, osa_similarity, osa_within, partial_ratio, ratio, soundex,
    token_set_ratio, token_sort_ratio,
};

type Distance = fn(&str, &str) -> usize;
type Within = fn(&str, &str, usize) -> Option<usize>;

/// Two texts and the largest distance of interest.
pub fn similarity(data: &[u8]) {
    let [max, data @ ..] = data else { return };
    let texts = super::texts(data);
    let a = texts[0].as_str();
    let b = texts.get(1).map_or("", String::as_str);
    let [m, n] = [a, b].map(|text| text.chars().count());
    let max = usize::from(*max);
    let ways: [(Distance, Within); 3] = [
        (levenshtein, levenshtein_within),
        (osa, osa_within),
        (damerau_levenshtein, damerau_levenshtein_within),
    ];
    let mut last = usize::MAX;
    for (of, within) in ways {
        let distance = of(a, b);
        assert_eq!(distance, of(b, a));
        assert_eq!(distance == 0, a == b);
        assert!((m.abs_diff(n)..=m.max(n)).contains(&distance));
        // Each way allows what the one before does.
        assert!(distance <= last);
        last = distance;
        for max in [max, 0, distance, distance.saturating_sub(1), distance + 1, usize::MAX] {
            let expected = (distance <= max).then_some(distance);
            assert_eq!(within(a, b, max), expected, "{a:?} {b:?} {max}");
        }
    }
    let common = lcs(a, b);
    assert_eq!(indel(a, b), m + n - 2 * common);
    assert_eq!(common, lcs(b, a));
    assert!(common <= m.min(n));
    assert!(levenshtein(a, b) <= indel(a, b));
    let unit: [fn(&str, &str) -> f64; 14] = [
        levenshtein_similarity,
        osa_similarity,
        damerau_levenshtein_similarity,
        indel_similarity,
        lcs_similarity,
        jaro,
        jaro_winkler,
        ngram_cosine::<3>,
        ngram_jaccard::<2>,
        ngram_dice::<3>,
        |a, b| ratio(a, b) / 100.0,
        |a, b| token_sort_ratio(a, b) / 100.0,
        |a, b| token_set_ratio(a, b) / 100.0,
        |a, b| partial_ratio(a, b) / 100.0,
    ];
    for (at, of) in unit.into_iter().enumerate() {
        let value = of(a, b);
        assert!((0.0..=1.0).contains(&value), "{at}: {value} of {a:?} {b:?}");
        let back = of(b, a);
        assert!((value - back).abs() < 1e-12, "{at}: {value} and {back} of {a:?} {b:?}");
        if at < 7 {
            assert!((of(a, a) - 1.0).abs() < 1e-12, "{at}: {a:?} is itself");
        }
    }
    assert!(jaro_winkler(a, b) >= jaro(a, b) - 1e-12);
    let [x, y] = [a, b].map(Grams::<3>::new);
    assert!((x.cosine(&y) - ngram_cosine::<3>(a, b)).abs() < 1e-12);
    assert!((x.dice(&y) - ngram_dice::<3>(a, b)).abs() < 1e-12);
    assert_eq!(match_rating(a, b), match_rating(b, a));
    for code in [soundex(a), metaphone(a), nysiis(a), match_rating_codex(a)] {
        assert!(code.chars().all(|c| !c.is_lowercase() || !c.is_ascii()), "{code:?} of {a:?}");
    }
}
