//! How channels differ about one product: its title and its price.

use super::columns::{Role, price_style, roles};
use super::table::ProductTable;
use crate::parse::money;
use std::fmt;

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum DifferenceKind {
    /// The titles, blanks and capitals aside.
    Title,
    /// The prices, by value: `36.9` is `36.90`.
    Price,
    /// The currencies of the prices.
    Currency,
    /// One table has a price, the other none that can be read.
    PriceMissing,
}

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Title => "title",
            Self::Price => "price",
            Self::Currency => "currency",
            Self::PriceMissing => "price_missing",
        })
    }
}

/// A difference between two tables about one product.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Difference {
    /// The row of the product in the first table.
    pub a: usize,
    /// Its row in the second table.
    pub b: usize,
    /// What differs.
    pub kind: DifferenceKind,
    /// What the first table says.
    pub says_a: String,
    /// What the second table says.
    pub says_b: String,
    /// For prices of one currency: b / a − 1. The second table is dearer if it is positive.
    pub relative: Option<f64>,
}

/// The differences of title and price of products known to be the same, in the order of the
/// pairs; titles and prices are found by the [roles](super::roles) of the columns.
///
/// Pairs come from a [matching](super::ProductMatcher), or from any other list of rows that
/// belong together. O(fields of the pairs).
///
/// # Examples
/// ```
/// use omni_ingest::product::{DifferenceKind, ProductTable, differences};
///
/// let mut shop = ProductTable::new(["title", "price"]);
/// shop.push("s", ["Sand Mug 350 ml", "9.80"])?;
/// let mut till = ProductTable::new(["item", "amount"]);
/// till.push("t", ["SAND MUG  350 ML", "$9.31"])?;
/// let found = differences(&[(0, 0)], &shop, &till);
/// assert_eq!(found.len(), 1);
/// assert_eq!(found[0].kind, DifferenceKind::Price);
/// assert_eq!((found[0].relative.unwrap() * 1e3).round(), -50.0); // 5 % cheaper
/// # Ok::<(), omni_ingest::Error>(())
/// ```
#[must_use]
pub fn differences(
    pairs: &[(usize, usize)],
    a: &ProductTable,
    b: &ProductTable,
) -> Vec<Difference> {
    let place = |table: &ProductTable, role: Role| roles(table).iter().position(|is| *is == role);
    let titles = place(a, Role::Title).zip(place(b, Role::Title));
    let prices = place(a, Role::Price).zip(place(b, Role::Price));
    let styles = prices.map(|(x, y)| (price_style(a, x), price_style(b, y)));
    let mut found = Vec::new();
    for &(row_a, row_b) in pairs {
        let mut add = |kind, (x, y): (usize, usize), relative| {
            let (says_a, says_b) =
                (a.field(row_a, x).trim().to_owned(), b.field(row_b, y).trim().to_owned());
            found.push(Difference { a: row_a, b: row_b, kind, says_a, says_b, relative });
        };
        if let Some(at) = titles {
            if plain(a.field(row_a, at.0)) != plain(b.field(row_b, at.1)) {
                add(DifferenceKind::Title, at, None);
            }
        }
        let (Some(at), Some((style_a, style_b))) = (prices, styles) else { continue };
        let x = money::parse(a.field(row_a, at.0), style_a).ok();
        let y = money::parse(b.field(row_b, at.1), style_b).ok();
        match (x, y) {
            (None, None) => {}
            (Some(x), Some(y)) => match (x.currency, y.currency) {
                (Some(one), Some(two)) if one != two => add(DifferenceKind::Currency, at, None),
                _ if x.value == y.value => {}
                _ => {
                    let value = |decimal: crate::parse::Decimal| {
                        decimal.mantissa() as f64 / 10_f64.powi(i32::from(decimal.scale()))
                    };
                    let relative = value(y.value) / value(x.value) - 1.0;
                    let relative = Some(relative).filter(|relative| relative.is_finite());
                    add(DifferenceKind::Price, at, relative);
                }
            },
            _ => add(DifferenceKind::PriceMissing, at, None),
        }
    }
    found
}

/// A title without what does not count.
fn plain(title: &str) -> String {
    let words: Vec<String> = title.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told() {
        let columns = ["title", "price"];
        let (mut a, mut b) = (ProductTable::new(columns), ProductTable::new(columns));
        for (id, left, right) in [
            ("1", ["Red mug", "1.50"], ["red  Mug", "1.5"]),
            ("2", ["Blue mug", "2.00"], ["Blue cup", "2.00"]),
            ("3", ["Green mug", "0"], ["Green mug", "4"]),
            ("4", ["Black mug", "£3.00"], ["Black mug", "€3.00"]),
            ("5", ["White mug", ""], ["White mug", "3"]),
            ("6", ["Pink mug", "NaN"], ["Pink mug", ""]),
        ] {
            a.push(id, left).unwrap();
            b.push(id, right).unwrap();
        }
        let pairs: Vec<_> = (0..6).map(|row| (row, row)).collect();
        let found: Vec<_> =
            differences(&pairs, &a, &b).into_iter().map(|d| (d.a, d.kind, d.relative)).collect();
        assert_eq!(
            found,
            [
                (1, DifferenceKind::Title, None),
                (2, DifferenceKind::Price, None),
                (3, DifferenceKind::Currency, None),
                (4, DifferenceKind::PriceMissing, None),
            ]
        );
        assert!(differences(&[(7, 9)], &a, &b).is_empty());
    }
}
