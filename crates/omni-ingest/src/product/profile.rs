//! Products as what is compared: weighted tokens, codes, price.
//!
//! ```text
//! n  = products of both tables;  df(t) = products that hold t
//! idf(t)      = ln((n + 1) / (df(t) + ½))
//! strength(t) = idf(t) / ln((n + 1) / 2½)         at most 1: a token of one product a table
//! ```
//!
//! A product has two bags: *name* (title, attributes and codes) and *all* (descriptions
//! too). Token numbers follow the order of the texts and rows the order of the ids, so
//! nothing depends on the order of the rows. Of one field 4,096 characters are read, of one
//! product 32 codes are kept, the rarest: what is longer is no product name.
//!
//! Source of the weight: Spärck Jones (1972), "A statistical interpretation of term
//! specificity and its application in retrieval", Journal of Documentation 28(1), 11–21.

use super::columns::{Role, price_style};
use super::gtin::{Gtin, GtinError};
use super::table::ProductTable;
use super::tokens::{Token, TokenKind, fold, squash, tokenize, words};
use crate::parse::money;
use omni_core::Currency;
use rustc_hash::{FxHashMap, FxHashSet};

/// Characters of a field that are read.
const FIELD: usize = 4_096;
/// Codes of a product that are kept.
const CODES: usize = 32;

/// What is known of a token.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) kind: TokenKind,
    pub(super) text: String,
    pub(super) idf: f64,
    pub(super) strength: f64,
    pub(super) color: bool,
}

/// A product as it is compared.
#[derive(Debug, Clone, Default)]
pub(super) struct Profile {
    /// Its row in the table.
    pub(super) row: usize,
    /// Tokens of title, attributes and codes, ascending.
    pub(super) name: Vec<u32>,
    /// These and the tokens of descriptions.
    pub(super) all: Vec<u32>,
    /// Groups of three characters of the title.
    pub(super) grams: Vec<u32>,
    /// The codes in its name, the rarest first.
    pub(super) codes: Vec<u32>,
    /// Its name without anything but letters and digits, fields set apart.
    pub(super) squashed: String,
    pub(super) price: Option<(f64, Option<Currency>)>,
    pub(super) gtin: Option<Gtin>,
    /// The folded fields of the shared columns.
    pub(super) shared: Vec<String>,
    /// Lengths of its bags as vectors.
    pub(super) norms: [f64; 3],
}

/// Both tables, ready to be compared.
#[derive(Debug)]
pub(super) struct Profiles {
    pub(super) terms: Vec<Term>,
    pub(super) gram_idf: Vec<f64>,
    pub(super) sides: [Vec<Profile>; 2],
    /// Per table the rows whose trade item number is wrong, and why.
    pub(super) bad_gtins: [Vec<(usize, GtinError)>; 2],
    pub(super) cut_fields: usize,
}

/// One table, its roles and the positions of the shared columns in it.
pub(super) struct Side<'a> {
    pub(super) table: &'a ProductTable,
    pub(super) roles: &'a [Role],
    pub(super) shared: Vec<usize>,
}

/// What one row says before tokens have numbers.
struct Draft {
    row: usize,
    name: Vec<Token>,
    text: Vec<Token>,
    folded: Vec<String>,
    title: String,
}

impl Profiles {
    pub(super) fn new(sides: [Side<'_>; 2]) -> Self {
        let mut cut_fields = 0;
        let mut drafts = sides.each_ref().map(|side| drafts(side, &mut cut_fields));
        join_codes(&mut drafts);
        let n = drafts.iter().map(Vec::len).sum::<usize>() as f64;
        let (terms, numbers) = terms(&drafts, n);
        let (gram_idf, gram_numbers) = grams(&drafts, n);
        let mut bad_gtins = [Vec::new(), Vec::new()];
        let mut profiles = [Vec::new(), Vec::new()];
        for (((drafts, side), bad), profiles) in
            drafts.iter().zip(&sides).zip(&mut bad_gtins).zip(&mut profiles)
        {
            let price = column(side, Role::Price).map(|at| (at, price_style(side.table, at)));
            let gtin = column(side, Role::Gtin);
            for draft in drafts {
                let mut profile = draft.profile(&terms, &numbers, &gram_numbers);
                profile.price = price.and_then(|(at, style)| {
                    let amount = money::parse(side.table.field(draft.row, at), style).ok()?;
                    let value = amount.value;
                    let value = value.mantissa() as f64 / 10_f64.powi(i32::from(value.scale()));
                    (value > 0.0).then_some((value, amount.currency))
                });
                match gtin.map(|at| Gtin::padded(side.table.field(draft.row, at))) {
                    Some(Ok(gtin)) => profile.gtin = Some(gtin),
                    Some(Err(error)) if error != GtinError::Missing => bad.push((draft.row, error)),
                    _ => {}
                }
                let shared = side.shared.iter().map(|at| side.table.field(draft.row, *at));
                profile.shared = shared.map(|field| fold(cut(field).trim())).collect();
                profile.norms = [
                    norm(profile.name.iter().map(|t| idf(&terms, *t))),
                    norm(profile.all.iter().map(|t| idf(&terms, *t))),
                    norm(profile.grams.iter().map(|t| at(&gram_idf, *t))),
                ];
                profiles.push(profile);
            }
        }
        Self { terms, gram_idf, sides: profiles, bad_gtins, cut_fields }
    }

    pub(super) fn term(&self, token: u32) -> Option<&Term> {
        self.terms.get(token as usize)
    }

    pub(super) fn idf(&self, token: u32) -> f64 {
        idf(&self.terms, token)
    }

    pub(super) fn gram_idf(&self, gram: u32) -> f64 {
        at(&self.gram_idf, gram)
    }

    pub(super) fn strength(&self, token: u32) -> f64 {
        self.term(token).map_or(0.0, |term| term.strength)
    }
}

fn idf(terms: &[Term], token: u32) -> f64 {
    terms.get(token as usize).map_or(0.0, |term| term.idf)
}

fn at(values: &[f64], index: u32) -> f64 {
    values.get(index as usize).copied().unwrap_or(0.0)
}

fn norm(weights: impl Iterator<Item = f64>) -> f64 {
    weights.map(|weight| weight * weight).sum::<f64>().sqrt()
}

fn column(side: &Side<'_>, role: Role) -> Option<usize> {
    side.roles.iter().position(|is| *is == role)
}

fn cut(field: &str) -> &str {
    field.char_indices().nth(FIELD).map_or(field, |(end, _)| field.get(..end).unwrap_or(field))
}

/// The rows of a table in the order of their ids.
fn drafts(side: &Side<'_>, cut_fields: &mut usize) -> Vec<Draft> {
    let mut rows: Vec<usize> = (0..side.table.len()).collect();
    rows.sort_unstable_by_key(|row| side.table.id(*row));
    let mut drafts = Vec::with_capacity(rows.len());
    for row in rows {
        let mut draft = Draft {
            row,
            name: Vec::new(),
            text: Vec::new(),
            folded: Vec::new(),
            title: String::new(),
        };
        for (at, role) in side.roles.iter().enumerate() {
            let whole = side.table.field(row, at);
            let field = cut(whole);
            *cut_fields += usize::from(field.len() < whole.len());
            match role {
                Role::Title | Role::Attribute | Role::Code => {
                    draft.name.extend(tokenize(field));
                    let folded = fold(field);
                    if *role == Role::Title {
                        draft.title.push_str(&folded);
                        draft.folded.insert(0, folded);
                    } else {
                        draft.folded.push(folded);
                    }
                }
                Role::Text => draft.text.extend(tokenize(field)),
                _ => {}
            }
        }
        drafts.push(draft);
    }
    drafts
}

/// Neighboring words that form a code known elsewhere (`SH 350 IP`) count as that code.
fn join_codes(drafts: &mut [Vec<Draft>; 2]) {
    let mut codes: FxHashSet<String> = FxHashSet::default();
    for draft in drafts.iter().flatten() {
        let tokens = draft.name.iter().chain(&draft.text);
        let new = tokens.filter(|t| t.kind == TokenKind::Code && t.text.len() >= 4);
        codes.extend(new.map(|token| token.text.clone()));
    }
    let mut joined = String::new();
    for draft in drafts.iter_mut().flatten() {
        let mut found = Vec::new();
        for field in &draft.folded {
            let words: Vec<&str> = words(field).collect();
            for size in [2, 3] {
                for window in words.windows(size) {
                    // `24 x`, `3 way`: a number and what it counts.
                    let counts = window.iter().any(|word| *word == "x" || word.len() > 6);
                    joined.clear();
                    joined.extend(window.iter().copied());
                    if !counts && joined.len() >= 4 && codes.contains(&joined) {
                        found.push(Token { kind: TokenKind::Code, text: joined.clone() });
                    }
                }
            }
        }
        draft.name.append(&mut found);
    }
}

type Numbers<'a> = FxHashMap<(TokenKind, &'a str), u32>;

/// All tokens in the order of their texts.
fn terms(drafts: &[Vec<Draft>; 2], n: f64) -> (Vec<Term>, Numbers<'_>) {
    let mut counts: FxHashMap<(TokenKind, &str), usize> = FxHashMap::default();
    let mut own: FxHashSet<(TokenKind, &str)> = FxHashSet::default();
    for draft in drafts.iter().flatten() {
        own.clear();
        own.extend(draft.name.iter().chain(&draft.text).map(|t| (t.kind, t.text.as_str())));
        for token in &own {
            *counts.entry(*token).or_default() += 1;
        }
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_unstable();
    // The weight of a token that one product of each table holds.
    let whole = weight(n, 2).max(f64::MIN_POSITIVE);
    let mut terms = Vec::with_capacity(sorted.len());
    let mut numbers = FxHashMap::default();
    for ((token, df), number) in sorted.into_iter().zip(0..) {
        let (kind, text) = token;
        let idf = weight(n, df);
        terms.push(Term {
            kind,
            text: text.to_owned(),
            idf,
            strength: (idf / whole).min(1.0),
            color: kind == TokenKind::Word && COLORS.binary_search(&text).is_ok(),
        });
        numbers.insert(token, number);
    }
    (terms, numbers)
}

fn weight(n: f64, df: usize) -> f64 {
    ((n + 1.0) / (df as f64 + 0.5)).ln().max(0.0)
}

type Gram = [char; 3];

/// All groups of three characters of titles, words set apart by blanks.
fn grams(drafts: &[Vec<Draft>; 2], n: f64) -> (Vec<f64>, FxHashMap<Gram, u32>) {
    let mut counts: FxHashMap<Gram, usize> = FxHashMap::default();
    for draft in drafts.iter().flatten() {
        for gram in draft.grams() {
            *counts.entry(gram).or_default() += 1;
        }
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_unstable();
    let weights = sorted.iter().map(|(_, df)| weight(n, *df)).collect();
    (weights, sorted.into_iter().zip(0..).map(|((gram, _), number)| (gram, number)).collect())
}

impl Draft {
    fn grams(&self) -> FxHashSet<Gram> {
        let mut chars = vec![' '];
        for word in words(&self.title) {
            chars.extend(word.chars());
            chars.push(' ');
        }
        chars.array_windows().copied().collect()
    }

    fn profile(
        &self,
        terms: &[Term],
        numbers: &Numbers<'_>,
        gram_numbers: &FxHashMap<Gram, u32>,
    ) -> Profile {
        let number = |t: &Token| numbers.get(&(t.kind, t.text.as_str())).copied();
        let sorted = |mut list: Vec<u32>| {
            list.sort_unstable();
            list.dedup();
            list
        };
        let name = sorted(self.name.iter().filter_map(number).collect());
        let all = sorted(self.name.iter().chain(&self.text).filter_map(number).collect());
        let code = |t: &u32| terms.get(*t as usize).is_some_and(|t| t.kind == TokenKind::Code);
        let mut codes: Vec<u32> = name.iter().copied().filter(code).collect();
        codes.sort_by(|a, b| idf(terms, *b).total_cmp(&idf(terms, *a)).then(a.cmp(b)));
        codes.truncate(CODES);
        let squashed: Vec<String> = self.folded.iter().map(|field| squash(field)).collect();
        Profile {
            row: self.row,
            grams: sorted(
                self.grams().iter().filter_map(|g| gram_numbers.get(g).copied()).collect(),
            ),
            squashed: squashed.join("|"),
            name,
            all,
            codes,
            ..Profile::default()
        }
    }
}

/// The colors that shops name most, sorted.
const COLORS: [&str; 37] = [
    "beige",
    "black",
    "blau",
    "bleu",
    "blk",
    "blue",
    "bronze",
    "brown",
    "burgundy",
    "charcoal",
    "coral",
    "cream",
    "cyan",
    "gold",
    "graphite",
    "gray",
    "green",
    "grey",
    "ivory",
    "lavender",
    "magenta",
    "navy",
    "olive",
    "orange",
    "pink",
    "purple",
    "red",
    "rose",
    "schwarz",
    "silver",
    "tan",
    "teal",
    "titanium",
    "turquoise",
    "violet",
    "white",
    "yellow",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_sorted() {
        assert!(COLORS.is_sorted());
    }
}
