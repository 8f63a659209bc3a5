//! Products: two small catalogs of anything.

use omni_ingest::product::{
    Assignment, Gtin, ProductMatcher, ProductTable, differences, roles, tokenize,
};
use omni_ingest::record::Dialect;
use std::collections::BTreeSet;

/// Two tables with a NUL between them.
pub fn products(data: &[u8]) {
    let [choice, data @ ..] = data else { return };
    let middle = data.iter().position(|&byte| byte == 0).unwrap_or(data.len());
    let (a, b) = data.split_at(middle);
    let b = b.get(1..).unwrap_or_default();
    let read = |bytes: &[u8]| ProductTable::read(bytes, Dialect::csv()).ok();
    let (Some(a), Some(b)) = (read(a), read(b)) else { return };
    for table in [&a, &b] {
        assert_eq!(roles(table).len(), table.columns().len());
        let ids: BTreeSet<_> = (0..table.len()).map(|row| table.id(row)).collect();
        assert_eq!(ids.len(), table.len());
        for row in 0..table.len() {
            let id = table.id(row);
            for token in tokenize(id) {
                assert!(!token.text.is_empty());
            }
            if let Ok(gtin) = id.parse::<Gtin>() {
                assert_eq!(gtin.to_string().parse(), Ok(gtin));
            }
        }
    }
    let one_to_one = choice & 1 == 0;
    let assignment = if one_to_one { Assignment::OneToOne } else { Assignment::OneToMany };
    let matcher = ProductMatcher::new()
        .with_assignment(assignment)
        .with_candidates(3 + usize::from(choice >> 4))
        .with_min_probability(f64::from(choice >> 1 & 7) / 8.0);
    let matches = matcher.match_catalogs(&a, &b).expect("the settings are in range");
    assert_eq!(matches.account.products, [a.len(), b.len()]);
    assert_eq!(matches.account.accepted, matches.pairs.len());
    let share = matches.account.share;
    assert!((0.0..=1.0).contains(&share), "{share}");
    let (mut left, mut right, mut both) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for pair in &matches.pairs {
        assert!(pair.a < a.len() && pair.b < b.len());
        assert!((0.0..=1.0).contains(&pair.probability), "{}", pair.probability);
        assert!(pair.score.is_finite());
        assert!(pair.reasons.iter().all(|reason| reason.weight.is_finite()));
        assert!(both.insert((pair.a, pair.b)), "the same pair twice");
        if one_to_one {
            assert!(left.insert(pair.a) && right.insert(pair.b), "a product of two pairs");
        }
    }
    let pairs: Vec<_> = both.iter().copied().collect();
    for found in differences(&pairs, &a, &b) {
        assert!(found.relative.is_none_or(f64::is_finite));
    }
    assert_eq!(matcher.match_catalogs(&a, &b).expect("as before"), matches);
}
