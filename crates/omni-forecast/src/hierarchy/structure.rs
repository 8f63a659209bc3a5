//! The summing structure: which bottom series each aggregate adds up.
//!
//! ```text
//! rows 0..a       aggregates, level by level     row g = Σ of the bottom series in C_g
//! rows a..a+m     bottom series 0..m
//! ```
//!
//! Levels may nest (a strict tree) or cross (grouped: by region and by category). From the
//! aggregates, largest first, those that contain or avoid all earlier ones are taken into
//! a tree; the rest are kept as cross aggregates. A tree of rows lets sums and weighted
//! least squares run in one pass up and one pass down.
//!
//! O(nnz(C) + a log a) time and memory, where `nnz(C)` is the number of memberships.

use crate::Error;
use omni_core::error::{DataError, ParamError};
use omni_core::{Panel, check};
use std::collections::BTreeMap;
use std::ops::Range;

/// No parent: the top of a tree, or an aggregate that crosses it.
pub(super) const NONE: u32 = u32::MAX;

/// A summing structure; valid by construction.
#[derive(Debug, Clone, PartialEq)]
pub struct Hierarchy {
    bottom: usize,
    levels: Vec<Level>,
    keys: Vec<u32>,
    offsets: Vec<usize>,
    members: Vec<u32>,
    tree: Tree,
}

/// One level of a [`Hierarchy`]: rows that were made from the same labels.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Level {
    /// Its name; `total` and `bottom` are the outer ones.
    pub name: String,
    /// Its rows.
    pub rows: Range<usize>,
}

/// The aggregates that nest, as a forest over all rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    /// For each row its parent's row; [`NONE`] at the tops and for cross aggregates.
    pub(super) parent: Vec<u32>,
    /// The aggregates of the tree, parents before their children.
    pub(super) order: Vec<u32>,
    /// The aggregates that cross the tree, ascending.
    pub(super) cross: Vec<u32>,
}

impl Hierarchy {
    /// A total, one level per column of labels and the bottom series; a level has one row
    /// per label, labels ascending.
    ///
    /// # Errors
    /// [`Error::Data`] if there is no column, no series, the columns differ in length, a name
    /// is taken (`total` and `bottom` are) or there are more than 2³² − 2 rows.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::hierarchy::Hierarchy;
    ///
    /// let country = [1, 1, 2, 2];
    /// let item = [7, 8, 7, 8];
    /// let hierarchy = Hierarchy::from_labels(&[("country", &country), ("item", &item)])?;
    /// assert_eq!(hierarchy.sum(&[1.0, 2.0, 3.0, 4.0])?, [
    ///     10.0, // total
    ///     3.0, 7.0, // by country
    ///     4.0, 6.0, // by item
    ///     1.0, 2.0, 3.0, 4.0,
    /// ]);
    /// assert!(!hierarchy.is_tree());
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn from_labels(levels: &[(&str, &[u32])]) -> Result<Self, Error> {
        let bottom = levels.first().map_or(0, |(_, labels)| labels.len());
        let named = levels.iter().map(|(name, labels)| {
            check::same_len("labels", labels, bottom)?;
            let mut groups = BTreeMap::<u32, Vec<u32>>::new();
            for (series, label) in (0..).zip(*labels) {
                groups.entry(*label).or_default().push(series);
            }
            Ok(((*name).to_owned(), groups.into_iter().collect()))
        });
        let named = named.collect::<Result<Vec<_>, DataError>>()?;
        Self::with_total(bottom, named, &ids(bottom))
    }

    /// A total, one level per list of label names, and the series of the panel as the bottom.
    ///
    /// A list of several names makes one row per combination that occurs, keyed from 0 in
    /// the order of the labels.
    ///
    /// # Errors
    /// As [`from_labels`](Self::from_labels); [`Error::Param`] if a name is not one of the
    /// panel's labels, or is of several.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Panel, Period};
    /// use omni_forecast::hierarchy::Hierarchy;
    ///
    /// let mut panel = Panel::new(Period::Day);
    /// for key in [10, 11, 12] {
    ///     panel.push(key, 0, &[1.0, 2.0])?;
    /// }
    /// let panel = panel.with_labels("region", vec![1, 1, 2])?.with_labels("store", vec![5, 6, 5])?;
    /// let hierarchy = Hierarchy::from_panel(&panel, &[&["region"], &["region", "store"]])?;
    /// assert_eq!(hierarchy.rows(), 1 + 2 + 3 + 3);
    /// assert_eq!(hierarchy.levels()[2].name, "region/store");
    /// assert_eq!(hierarchy.key(hierarchy.rows() - 1), Some(12));
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn from_panel(panel: &Panel, levels: &[&[&str]]) -> Result<Self, Error> {
        let column = |name: &str| {
            let mut found = panel.labels().iter().filter(|labels| labels.name == name);
            match (found.next(), found.next()) {
                (Some(labels), None) => Ok(labels.of.as_slice()),
                _ => Err(ParamError::new("levels", "a label of the panel, once", name)),
            }
        };
        let named = levels.iter().map(|names| {
            let columns: Vec<&[u32]> =
                names.iter().map(|name| column(name)).collect::<Result<_, _>>()?;
            let mut groups = BTreeMap::<Vec<u32>, Vec<u32>>::new();
            for (position, series) in (0..panel.len()).zip(0..) {
                let key = columns.iter().filter_map(|of| of.get(position).copied()).collect();
                groups.entry(key).or_default().push(series);
            }
            let single = columns.len() == 1;
            let keyed = (0..).zip(groups).map(|(position, (key, series))| {
                (key.first().copied().filter(|_| single).unwrap_or(position), series)
            });
            Ok((names.join("/"), keyed.collect()))
        });
        let named = named.collect::<Result<Vec<_>, ParamError>>()?;
        Self::with_total(panel.len(), named, panel.keys())
    }

    /// A tree given by the parent of each node, `None` at the top; nodes that are nobody's
    /// parent are the bottom series.
    ///
    /// Rows are the inner nodes in the order given, then the leaves; [`key`](Self::key)
    /// gives the node of a row.
    ///
    /// # Errors
    /// [`Error::Data`] if there is no node, a parent is no node, or a node is above itself.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::hierarchy::Hierarchy;
    ///
    /// // 0 is the sum of 1 and 2, 1 that of 3 and 4.
    /// let tree = Hierarchy::from_parents(&[None, Some(0), Some(0), Some(1), Some(1)])?;
    /// assert_eq!(tree.sum(&[5.0, 1.0, 2.0])?, [8.0, 3.0, 5.0, 1.0, 2.0]);
    /// assert_eq!((0..5).filter_map(|row| tree.key(row)).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn from_parents(parents: &[Option<u32>]) -> Result<Self, Error> {
        check::min_len("parents", parents, 1)?;
        let mut inner = vec![false; parents.len()];
        for (index, parent) in parents.iter().enumerate() {
            if let Some(parent) = *parent {
                match inner.get_mut(parent as usize) {
                    Some(slot) => *slot = true,
                    None => {
                        return Err(DataError::entry("parents", index, "a node", parent).into());
                    }
                }
            }
        }
        let mut groups = vec![Vec::new(); parents.len()];
        let mut leaves = Vec::new();
        for (leaf, node) in (0..parents.len()).filter(|&i| !inner[i]).zip(0_u32..) {
            let mut above = parents[leaf];
            let mut steps = 0;
            while let Some(parent) = above {
                groups[parent as usize].push(node);
                above = parents[parent as usize];
                steps += 1;
                if steps > parents.len() {
                    return Err(cycle(leaf));
                }
            }
            leaves.push(leaf);
        }
        let mut keyed = Vec::new();
        for (index, series) in groups.into_iter().enumerate().filter(|(index, _)| inner[*index]) {
            // An inner node above no leaf is its own ancestor.
            if series.is_empty() {
                return Err(cycle(index));
            }
            keyed.push((as_u32(index)?, series));
        }
        let leaves = leaves.into_iter().map(as_u32).collect::<Result<Vec<_>, _>>()?;
        Self::build(leaves.len(), vec![("inner".to_owned(), keyed)], &leaves)
    }

    /// Any structure over `bottom` series: each aggregate is the list of its members.
    ///
    /// # Errors
    /// [`Error::Data`] if there is no series, an aggregate has no member, or one that is not
    /// a series or is listed twice.
    ///
    /// # Examples
    /// ```
    /// use omni_forecast::hierarchy::Hierarchy;
    ///
    /// let hierarchy = Hierarchy::from_members(3, &[&[0, 1], &[1, 2]])?;
    /// assert_eq!(hierarchy.sum(&[1.0, 2.0, 3.0])?, [3.0, 5.0, 1.0, 2.0, 3.0]);
    /// # Ok::<(), omni_forecast::Error>(())
    /// ```
    pub fn from_members(bottom: usize, aggregates: &[&[u32]]) -> Result<Self, Error> {
        let mut seen = vec![usize::MAX; bottom];
        for (index, members) in aggregates.iter().enumerate() {
            check::min_len("aggregates", members, 1)?;
            for &member in *members {
                match seen.get_mut(member as usize) {
                    Some(last) if *last != index => *last = index,
                    _ => {
                        let rule = "a list of different series";
                        return Err(DataError::entry("aggregates", index, rule, member).into());
                    }
                }
            }
        }
        let groups = (0..).zip(aggregates).map(|(key, members)| (key, members.to_vec())).collect();
        Self::build(bottom, vec![("given".to_owned(), groups)], &ids(bottom))
    }

    fn with_total(bottom: usize, mut levels: Groups, keys: &[u32]) -> Result<Self, Error> {
        levels.insert(0, ("total".to_owned(), vec![(0, ids(bottom))]));
        Self::build(bottom, levels, keys)
    }

    fn build(bottom: usize, groups: Groups, bottom_keys: &[u32]) -> Result<Self, Error> {
        if bottom == 0 {
            return Err(DataError::TooShort { name: "bottom", needed: 1, got: 0 }.into());
        }
        let (mut keys, mut offsets, mut members) = (Vec::new(), vec![0], Vec::new());
        let mut levels: Vec<Level> = Vec::new();
        for (name, aggregates) in groups {
            let start = keys.len();
            for (key, series) in aggregates {
                keys.push(key);
                members.extend(series);
                offsets.push(members.len());
            }
            levels.push(Level { name, rows: start..keys.len() });
        }
        let aggregates = keys.len();
        keys.extend_from_slice(bottom_keys);
        levels.push(Level { name: "bottom".to_owned(), rows: aggregates..keys.len() });
        as_u32(keys.len().saturating_add(1))?;
        for (index, level) in levels.iter().enumerate() {
            if levels.iter().take(index).any(|earlier| earlier.name == level.name) {
                let rule = "named once";
                return Err(DataError::entry("levels", index, rule, level.name.as_str()).into());
            }
        }
        let tree = Tree::of(bottom, &offsets, &members)?;
        Ok(Self { bottom, levels, keys, offsets, members, tree })
    }

    /// How many series there are in all.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.keys.len()
    }

    /// How many of them are aggregates; the bottom series come after these.
    #[must_use]
    pub fn aggregates(&self) -> usize {
        self.keys.len() - self.bottom
    }

    /// The levels, the bottom one last.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The key of a row within its level: a label, a series or a node.
    #[must_use]
    pub fn key(&self, row: usize) -> Option<u32> {
        self.keys.get(row).copied()
    }

    /// The bottom series, from 0, that an aggregate adds up; empty for a bottom row.
    #[must_use]
    pub fn members(&self, row: usize) -> &[u32] {
        let range = self.offsets.get(row).zip(self.offsets.get(row.saturating_add(1)));
        range.and_then(|(&from, &to)| self.members.get(from..to)).unwrap_or_default()
    }

    /// Whether all aggregates nest.
    #[must_use]
    pub fn is_tree(&self) -> bool {
        self.tree.cross.is_empty()
    }

    pub(super) const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// All rows from the bottom ones, `columns` values per row side by side.
    ///
    /// # Errors
    /// [`Error::Data`] if the length of `bottom` is not a multiple of the number of bottom
    /// series, an entry is not finite or a sum overflows.
    pub fn sum(&self, bottom: &[f64]) -> Result<Vec<f64>, Error> {
        let columns = columns("bottom", bottom, self.bottom)?;
        let mut values = vec![0.0; self.aggregates() * columns];
        values.extend_from_slice(bottom);
        self.add_up(&mut values, columns);
        all_finite("bottom", values)
    }

    /// How far rows are from adding up: the largest difference between an aggregate and the
    /// sum of its members, over the largest magnitude of all values.
    ///
    /// # Errors
    /// As [`sum`](Self::sum), `values` being those of all rows.
    pub fn incoherence(&self, values: &[f64]) -> Result<f64, Error> {
        let columns = columns("values", values, self.rows())?;
        let (above, bottom) = values.split_at(self.aggregates() * columns);
        let summed = self.sum(bottom)?;
        let apart = above.iter().zip(&summed).map(|(a, b)| (a - b).abs());
        let largest = values.iter().map(|v| v.abs()).fold(f64::MIN_POSITIVE, f64::max);
        Ok(apart.fold(0.0, f64::max) / largest)
    }

    /// Replaces the aggregates by the sums of the bottom rows.
    pub(super) fn add_up(&self, values: &mut [f64], columns: usize) {
        let aggregates = self.aggregates();
        let (above, bottom) = values.split_at_mut(aggregates * columns);
        above.fill(0.0);
        self.tree.up(above, bottom, columns);
        for &row in &self.tree.cross {
            let row = row as usize;
            for &member in self.members(row) {
                let from = &bottom[member as usize * columns..][..columns];
                add(&mut above[row * columns..][..columns], from);
            }
        }
    }
}

type Groups = Vec<(String, Vec<(u32, Vec<u32>)>)>;

impl Tree {
    fn of(bottom: usize, offsets: &[usize], members: &[u32]) -> Result<Self, Error> {
        let aggregates = offsets.len() - 1;
        let of = |row: usize| &members[offsets[row]..offsets[row + 1]];
        let mut largest_first: Vec<usize> = (0..aggregates).collect();
        largest_first.sort_by_key(|&row| std::cmp::Reverse(of(row).len()));
        let mut parent = vec![NONE; aggregates];
        // The smallest aggregate so far that holds each bottom series.
        let mut smallest = vec![NONE; bottom];
        let (mut order, mut cross) = (Vec::new(), Vec::new());
        for row in largest_first {
            let id = as_u32(row)?;
            let above = of(row).first().map_or(NONE, |&member| smallest[member as usize]);
            if of(row).iter().all(|&member| smallest[member as usize] == above) {
                parent[row] = above;
                order.push(id);
                for &member in of(row) {
                    smallest[member as usize] = id;
                }
            } else {
                cross.push(id);
            }
        }
        cross.sort_unstable();
        parent.extend(smallest);
        Ok(Self { parent, order, cross })
    }

    /// Adds the bottom rows to their parents, and these to theirs.
    pub(super) fn up(&self, above: &mut [f64], bottom: &[f64], columns: usize) {
        let aggregates = self.parent.len() - bottom.len() / columns;
        for (row, &parent) in bottom.chunks_exact(columns).zip(&self.parent[aggregates..]) {
            if parent != NONE {
                add(&mut above[parent as usize * columns..][..columns], row);
            }
        }
        for &row in self.order.iter().rev() {
            let (row, parent) = (row as usize, self.parent[row as usize]);
            if parent != NONE {
                for column in 0..columns {
                    let value = above[row * columns + column];
                    above[parent as usize * columns + column] += value;
                }
            }
        }
    }
}

pub(super) fn add(to: &mut [f64], from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

fn ids(count: usize) -> Vec<u32> {
    (0..).take(count).collect()
}

fn as_u32(count: usize) -> Result<u32, Error> {
    u32::try_from(count).map_err(|_| DataError::Overflow { name: "rows" }.into())
}

fn cycle(index: usize) -> Error {
    DataError::entry("parents", index, "not below itself", index).into()
}

/// How many columns `rows` rows have: at least one, all entries finite.
pub(super) fn columns(name: &'static str, values: &[f64], rows: usize) -> Result<usize, Error> {
    let columns = values.len() / rows;
    if columns == 0 || !values.len().is_multiple_of(rows) {
        let expected = rows.saturating_mul(columns.max(1));
        return Err(DataError::Length { name, expected, got: values.len() }.into());
    }
    check::all_finite(name, values)?;
    Ok(columns)
}

/// The values, or an error if one overflowed.
pub(super) fn all_finite(name: &'static str, values: Vec<f64>) -> Result<Vec<f64>, Error> {
    if values.iter().all(|v| v.is_finite()) {
        Ok(values)
    } else {
        Err(DataError::Overflow { name }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_levels_make_a_tree_in_any_order() {
        let (region, store) = ([1, 1, 1, 2], [1, 1, 2, 3]);
        for levels in [
            [("region", &region[..]), ("store", &store[..])],
            [("store", &store[..]), ("region", &region[..])],
        ] {
            let hierarchy = Hierarchy::from_labels(&levels).unwrap();
            assert!(hierarchy.is_tree());
            assert_eq!(hierarchy.sum(&[1.0, 2.0, 4.0, 8.0]).unwrap()[0], 15.0);
        }
    }

    #[test]
    fn every_crossing_aggregate_is_kept_apart() {
        let hierarchy = Hierarchy::from_members(4, &[&[0, 1], &[1, 2], &[2, 3], &[0, 1, 2, 3]]);
        let hierarchy = hierarchy.unwrap();
        assert_eq!(hierarchy.tree().cross, [1]);
        let all = hierarchy.sum(&[1.0, 2.0, 4.0, 8.0]).unwrap();
        assert_eq!(all[..4], [3.0, 6.0, 12.0, 15.0]);
        assert_eq!(hierarchy.incoherence(&all), Ok(0.0));
    }

    #[test]
    fn columns_are_summed_one_by_one() {
        let hierarchy = Hierarchy::from_labels(&[("a", &[1, 1, 2])]).unwrap();
        let all = hierarchy.sum(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]).unwrap();
        assert_eq!(all[..6], [6.0, 60.0, 3.0, 30.0, 3.0, 30.0]);
    }

    #[test]
    fn what_is_no_hierarchy_is_named() {
        let message = |result: Result<Hierarchy, Error>| result.unwrap_err().to_string();
        let cases = [
            (Hierarchy::from_labels(&[]), "bottom must have at least 1 entries, got 0"),
            (Hierarchy::from_labels(&[("a", &[])]), "bottom must have at least 1 entries, got 0"),
            (
                Hierarchy::from_labels(&[("a", &[1]), ("b", &[])]),
                "labels must have 1 entries like the columns beside it, got 0",
            ),
            (
                Hierarchy::from_labels(&[("a", &[1]), ("a", &[1])]),
                "levels[2] must be named once, got \"a\"",
            ),
            (
                Hierarchy::from_labels(&[("bottom", &[1])]),
                "levels[2] must be named once, got \"bottom\"",
            ),
            (Hierarchy::from_parents(&[]), "parents must have at least 1 entries, got 0"),
            (Hierarchy::from_parents(&[Some(1)]), "parents[0] must be a node, got 1"),
            (Hierarchy::from_parents(&[Some(0)]), "parents[0] must be not below itself, got 0"),
            (
                Hierarchy::from_parents(&[None, Some(0), Some(3), Some(2)]),
                "parents[2] must be not below itself, got 2",
            ),
            (
                Hierarchy::from_parents(&[Some(1), Some(2), Some(1)]),
                "parents[0] must be not below itself, got 0",
            ),
            (
                Hierarchy::from_members(2, &[&[0, 0]]),
                "aggregates[0] must be a list of different series, got 0",
            ),
            (
                Hierarchy::from_members(2, &[&[0], &[2]]),
                "aggregates[1] must be a list of different series, got 2",
            ),
            (Hierarchy::from_members(2, &[&[]]), "aggregates must have at least 1 entries, got 0"),
        ];
        for (result, expected) in cases {
            assert_eq!(message(result), expected);
        }
        let hierarchy = Hierarchy::from_labels(&[("a", &[1, 1])]).unwrap();
        assert!(hierarchy.sum(&[]).is_err());
        assert!(hierarchy.sum(&[1.0]).is_err());
        assert!(hierarchy.sum(&[f64::NAN, 1.0]).is_err());
        let overflow = DataError::Overflow { name: "bottom" };
        assert_eq!(hierarchy.sum(&[f64::MAX, f64::MAX]), Err(overflow.into()));
        assert!(hierarchy.members(99).is_empty() && hierarchy.key(99).is_none());
        assert!(hierarchy.members(usize::MAX - 1).is_empty());
    }

    #[test]
    fn a_deep_chain_is_not_a_recursion() {
        let parents: Vec<Option<u32>> = std::iter::once(None).chain((0..2_000).map(Some)).collect();
        let hierarchy = Hierarchy::from_parents(&parents).unwrap();
        assert_eq!(hierarchy.sum(&[3.0]).unwrap(), vec![3.0; 2_001]);
        assert!(hierarchy.is_tree());
    }
}
