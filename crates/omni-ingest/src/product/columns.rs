//! What the columns of a product table hold, found from their values.
//!
//! Per column, over its filled fields (f = share of rows filled, d = share of distinct
//! values, w = mean number of words):
//!
//! ```text
//! trade item number  half have the form of one, and half of those a right check digit
//! number             four of five are amounts; of these the price is the one that is
//!                    named as a price, else the one most often written with cents
//! measures           three of five tokens are numbers or measures, two and more a field
//! code               one word with digits, mostly distinct: a model or part number
//! title              of the rest, the largest f · d · min(w, 6)/6 · min(1, 20/w)
//! text               of the rest, 8 words and more: a description
//! attribute          what remains: brand, color, maker, category
//! ```
//!
//! A title says in a few words what the product is: it is filled, distinct, neither one word
//! nor a paragraph. Columns of two tables belong together if their names are equal
//! (letters and digits only); titles, prices, descriptions and trade item numbers do
//! whatever they are called. O(fields).

use super::gtin::{Gtin, GtinError};
use super::table::ProductTable;
use super::tokens::{TokenKind, fold, squash, tokenize};
use crate::parse::{MoneyStyle, money};
use rustc_hash::FxHashSet;

/// Words of a field that are counted: more are a description anyway.
const FIELD: usize = 4_096;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Role {
    /// The name of the product.
    Title,
    /// A description.
    Text,
    /// A short text that products share: brand, color, category.
    Attribute,
    /// A model or part number.
    Code,
    /// What it costs.
    Price,
    /// Another number: weight, year.
    Number,
    /// Sizes.
    Measures,
    /// A trade item number with a check digit.
    Gtin,
    /// Nothing.
    Empty,
}

/// The roles of the columns of a table.
///
/// # Examples
/// ```
/// use omni_ingest::product::{ProductTable, Role, roles};
///
/// let mut table = ProductTable::new(["maker", "name", "ean", "cost"]);
/// table.push("1", ["Sony", "Sony Turntable PSLX350H", "4006381333931", "129.00"])?;
/// table.push("2", ["Sony", "Sony 5 Disc CD Player", "", "89.90"])?;
/// assert_eq!(roles(&table), [Role::Attribute, Role::Title, Role::Gtin, Role::Price]);
/// # Ok::<(), omni_ingest::Error>(())
/// ```
#[must_use]
pub fn roles(table: &ProductTable) -> Vec<Role> {
    let traits: Vec<Traits> = (0..table.columns().len()).map(|at| Traits::of(table, at)).collect();
    let mut roles: Vec<Role> = traits.iter().map(Traits::role).collect();
    // The best of each kind; the first of equals.
    let best = |roles: &[Role], role: Role, quality: &dyn Fn(&Traits) -> f64| {
        let fitting = traits.iter().zip(roles).enumerate().filter(|(_, (_, is))| **is == role);
        let rated = fitting.map(|(at, (traits, _))| (quality(traits), at));
        rated.reduce(|best, next| if next.0 > best.0 { next } else { best })
    };
    if let Some((quality, at)) = best(&roles, Role::Number, &Traits::price) {
        if quality > 0.0 {
            set(&mut roles, at, Role::Price);
        }
    }
    if let Some((_, at)) = best(&roles, Role::Attribute, &Traits::title) {
        set(&mut roles, at, Role::Title);
    } else if let Some((_, at)) = best(&roles, Role::Code, &Traits::title) {
        set(&mut roles, at, Role::Title);
    }
    for (role, traits) in roles.iter_mut().zip(&traits) {
        if *role == Role::Attribute && traits.words >= 8.0 {
            *role = Role::Text;
        }
    }
    roles
}

fn set(roles: &mut [Role], at: usize, to: Role) {
    if let Some(role) = roles.get_mut(at) {
        *role = to;
    }
}

/// What the values of a column look like; shares of the filled ones.
struct Traits {
    named_price: bool,
    filled: f64,
    distinct: f64,
    words: f64,
    amounts: f64,
    cents: f64,
    gtins: f64,
    valid_gtins: f64,
    measures: f64,
    tokens: f64,
    codes: f64,
}

impl Traits {
    fn of(table: &ProductTable, column: usize) -> Self {
        let name = fold(table.columns().get(column).map_or("", String::as_str));
        let style = price_style(table, column);
        let mut distinct: FxHashSet<&str> = FxHashSet::default();
        let [mut n, mut words, mut tokens, mut measures] = [0.0_f64; 4];
        let [mut amounts, mut cents] = [0.0_f64; 2];
        let [mut gtins, mut valid, mut codes] = [0.0_f64; 3];
        for field in table.filled(column) {
            n += 1.0;
            distinct.insert(field);
            let all = field.split_whitespace().take(FIELD).count() as f64;
            words += all;
            codes += f64::from(all == 1.0 && field.bytes().any(|byte| byte.is_ascii_digit()));
            // A size is short; nothing else needs its tokens.
            if field.len() <= 64 {
                for token in tokenize(field) {
                    tokens += 1.0;
                    let sized = matches!(token.kind, TokenKind::Number | TokenKind::Measure);
                    measures += f64::from(sized);
                }
            } else {
                tokens += all;
            }
            if let Ok(amount) = money::parse(field, style) {
                amounts += 1.0;
                cents += f64::from(amount.value.scale() == 2 || amount.currency.is_some());
            }
            match Gtin::padded(field) {
                Ok(_) => {
                    gtins += 1.0;
                    valid += 1.0;
                }
                Err(GtinError::CheckDigit) => gtins += 1.0,
                Err(_) => {}
            }
        }
        let share = |count: f64| if n > 0.0 { count / n } else { 0.0 };
        Self {
            named_price: ["price", "cost", "amount", "msrp", "rrp", "preis", "prix", "precio"]
                .iter()
                .any(|word| name.contains(word)),
            filled: n / table.len().max(1) as f64,
            distinct: share(distinct.len() as f64),
            words: share(words),
            amounts: share(amounts),
            cents: share(cents),
            gtins: share(gtins),
            valid_gtins: if gtins > 0.0 { valid / gtins } else { 0.0 },
            measures: if tokens > 0.0 { measures / tokens } else { 0.0 },
            tokens: share(tokens),
            codes: share(codes),
        }
    }

    fn role(&self) -> Role {
        if self.filled == 0.0 {
            Role::Empty
        } else if self.gtins >= 0.5 && self.valid_gtins >= 0.5 {
            Role::Gtin
        } else if self.amounts >= 0.8 {
            Role::Number
        } else if self.measures >= 0.6 && self.tokens >= 2.0 {
            Role::Measures
        } else if self.codes >= 0.5 && self.distinct >= 0.5 {
            Role::Code
        } else {
            Role::Attribute
        }
    }

    fn price(&self) -> f64 {
        if self.named_price {
            2.0 + self.cents
        } else if self.cents >= 0.5 {
            self.cents
        } else {
            0.0
        }
    }

    fn title(&self) -> f64 {
        self.filled * self.distinct * self.words.min(6.0) / 6.0 * (20.0 / self.words).min(1.0)
    }
}

/// How the amounts of a column are written: as more of them can be read.
pub(super) fn price_style(table: &ProductTable, column: usize) -> MoneyStyle {
    let [mut point, mut comma] = [0_usize; 2];
    for field in table.filled(column) {
        point += usize::from(money::parse(field, MoneyStyle::POINT).is_ok());
        comma += usize::from(money::parse(field, MoneyStyle::COMMA).is_ok());
    }
    if comma > point { MoneyStyle::COMMA } else { MoneyStyle::POINT }
}

/// Columns of two tables that say the same, by position.
pub(super) fn shared(
    (a, roles_a): (&ProductTable, &[Role]),
    (b, roles_b): (&ProductTable, &[Role]),
) -> Vec<(usize, usize)> {
    let key = |name: &String| squash(&fold(name));
    let names: Vec<String> = b.columns().iter().map(key).collect();
    let mut shared = Vec::new();
    for (at, (name, role)) in a.columns().iter().zip(roles_a).enumerate() {
        let name = key(name);
        let Some(to) = names.iter().position(|other| *other == name && !name.is_empty()) else {
            continue;
        };
        let other = roles_b.get(to).copied().unwrap_or(Role::Empty);
        let kind = |role| match role {
            Role::Attribute | Role::Code => 1,
            Role::Number | Role::Price => 2,
            Role::Measures => 3,
            _ => 0,
        };
        if kind(*role) > 0 && kind(*role) == kind(other) && *role != Role::Price {
            shared.push((at, to));
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[&str], rows: &[&[&str]]) -> ProductTable {
        let mut table = ProductTable::new(columns.iter().copied());
        for (at, row) in rows.iter().enumerate() {
            table.push(at.to_string(), row.iter().copied()).unwrap();
        }
        table
    }

    #[test]
    fn roles_come_from_the_values() {
        let books = table(
            &["x1", "x2", "x3", "x4", "x5", "x6"],
            &[
                &["Knuth", "The Art of Computer Programming", "1968", "0201896834", "89,99 €", ""],
                &["Knuth", "Seminumerical Algorithms", "1969", "0201896842", "79,99 €", ""],
                &[
                    "Hoare",
                    "Communicating Sequential Processes",
                    "1985",
                    "0131532715",
                    "55,00 €",
                    "",
                ],
            ],
        );
        use Role::{Attribute, Empty, Gtin, Number, Price, Title};
        assert_eq!(roles(&books), [Attribute, Title, Number, Gtin, Price, Empty]);

        let text = "A long text about what it is and does and why you want one of it at home now";
        let tools = table(
            &["about", "size", "no", "price", "kilo"],
            &[
                &[text, "7 x 5 x 5.5 in", "ELPLP12", "438.84", "1.5"],
                &["Lamp for a projector", "2 x 2 x 1 in", "BJ-2C7559", "59", "0.5"],
            ],
        );
        use Role::{Code, Measures};
        assert_eq!(roles(&tools), [Title, Measures, Code, Price, Number]);
        assert_eq!(roles(&ProductTable::default()), []);
    }

    #[test]
    fn columns_meet_by_name_and_kind() {
        let a = table(&["Name", "Brand Name", "No."], &[&["A nice red mug", "Acme", "X12"]]);
        let b = table(&["no", "brand_name", "title"], &[&["X13", "Acme", "A red mug"]]);
        let shared = shared((&a, &roles(&a)), (&b, &roles(&b)));
        assert_eq!(shared, [(1, 1), (2, 0)]);
    }
}
