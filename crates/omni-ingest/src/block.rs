//! Blocking: which pairs of a table are compared at all, and how many they are.
//!
//! ```text
//! block(rule, v) = { rows whose columns of the rule hold v, none of them missing }
//! pairs(rule)    = Σ_v |block| (|block| − 1) / 2
//! new(rule r)    = pairs of r that no earlier rule has
//! ```
//!
//! Comparing everything with everything takes n² time; rows that share no block are taken
//! to be different. A pair is listed once, for the first rule that has it. Blocks of more
//! rows than the limit are left out and counted: n equal values would be n² pairs again.
//! O(n + pairs · rules) time.
//!
//! Source: Christen (2012), "A survey of indexing techniques for scalable record linkage
//! and deduplication", IEEE TKDE 24(9), 1537–1555.

use crate::Error;
use crate::link::Table;
use omni_core::error::ParamError;
use rustc_hash::FxHashMap;

/// Columns that must be equal, all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rule {
    columns: Vec<String>,
}

impl Rule {
    /// Rows that agree in these columns are compared.
    pub fn on<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect() }
    }

    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
}

/// How many pairs a rule gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Count {
    /// Pairs of rows that agree by the rule, those of oversized blocks among them.
    pub pairs: u64,
    /// Pairs that no earlier rule has.
    pub new_pairs: u64,
    /// Blocks that were left out because they are too large.
    pub oversized: u64,
    /// Pairs in them.
    pub oversized_pairs: u64,
}

/// The pairs of some rules.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blocked {
    /// Rows `(a, b)` with `a < b`; by rule, then by block, then ascending.
    pub pairs: Vec<(u32, u32)>,
    /// One for each rule.
    pub counts: Vec<Count>,
}

/// The pairs of rows that agree by at least one rule; blocks of more than `limit` rows are
/// left out.
///
/// # Errors
/// [`Error::Param`] if a rule names a column that the table has not, or none.
///
/// # Examples
/// ```
/// use omni_ingest::block::{Rule, pairs};
/// use omni_ingest::link::Table;
///
/// let mut table = Table::new(["name", "city"]);
/// table.push([Some("ada"), Some("bath")])?;
/// table.push([Some("ada"), None])?;
/// table.push([Some("bea"), Some("bath")])?;
/// let blocked = pairs(&table, &[Rule::on(["name"]), Rule::on(["city"])], 1000)?;
/// assert_eq!(blocked.pairs, [(0, 1), (0, 2)]);
/// # Ok::<(), omni_ingest::Error>(())
/// ```
pub fn pairs(table: &Table, rules: &[Rule], limit: usize) -> Result<Blocked, Error> {
    let mut columns = Vec::with_capacity(rules.len());
    for rule in rules {
        if rule.columns.is_empty() {
            return Err(ParamError::new("rule", "about at least one column", 0_usize).into());
        }
        let of_rule: Result<Vec<&[u32]>, Error> =
            rule.columns.iter().map(|name| Ok(table.ids(table.column(name)?))).collect();
        columns.push(of_rule?);
    }
    let mut blocked = Blocked { pairs: Vec::new(), counts: Vec::new() };
    // Rows in oversized blocks of earlier rules are not excused by them.
    let mut oversized: Vec<rustc_hash::FxHashSet<u32>> = Vec::new();
    for (at, own) in columns.iter().enumerate() {
        let mut blocks: FxHashMap<Vec<u32>, Vec<u32>> = FxHashMap::default();
        for row in 0..table.len() {
            let key: Vec<u32> =
                own.iter().filter_map(|column| column.get(row as usize).copied()).collect();
            if key.iter().all(|id| *id != 0) {
                blocks.entry(key).or_default().push(row);
            }
        }
        let mut blocks: Vec<Vec<u32>> =
            blocks.into_values().filter(|rows| rows.len() > 1).collect();
        blocks.sort_unstable();
        let (mut count, mut out) = (Count::default(), rustc_hash::FxHashSet::default());
        for rows in blocks {
            let size = rows.len() as u64;
            count.pairs += size * (size - 1) / 2;
            if rows.len() > limit {
                count.oversized += 1;
                count.oversized_pairs += size * (size - 1) / 2;
                out.extend(rows);
                continue;
            }
            for (i, a) in rows.iter().enumerate() {
                for b in rows.iter().skip(i + 1) {
                    let earlier = columns.iter().take(at).zip(&oversized);
                    let known = earlier.clone().any(|(columns, oversized)| {
                        agree(columns, *a, *b) && !oversized.contains(a)
                    });
                    if !known {
                        count.new_pairs += 1;
                        blocked.pairs.push((*a, *b));
                    }
                }
            }
        }
        blocked.counts.push(count);
        oversized.push(out);
    }
    Ok(blocked)
}

fn agree(columns: &[&[u32]], a: u32, b: u32) -> bool {
    columns.iter().all(|column| {
        let (a, b) = (column.get(a as usize), column.get(b as usize));
        a == b && a != Some(&0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_do_not_make_quadratic_pairs() {
        let mut table = Table::new(["a", "b"]);
        for row in 0..10_000 {
            table.push([Some("same"), Some(&*(row / 2).to_string())]).unwrap();
        }
        let rules = [Rule::on(["a"]), Rule::on(["b"])];
        let blocked = pairs(&table, &rules, 100).unwrap();
        assert_eq!(blocked.pairs.len(), 5_000);
        assert_eq!((blocked.counts[0].oversized, blocked.counts[0].new_pairs), (1, 0));
        assert_eq!(blocked.counts[0].oversized_pairs, 10_000 * 9_999 / 2);
    }

    #[test]
    fn unknown_columns_and_empty_rules_are_named() {
        let table = Table::new(["a"]);
        assert!(pairs(&table, &[Rule::on(["z"])], 9).is_err());
        assert!(pairs(&table, &[Rule::on(Vec::<String>::new())], 9).is_err());
    }
}
