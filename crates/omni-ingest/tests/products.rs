//! Product matching: the benchmark sets with their truth, simulated catalogs, what holds for
//! every input, hostile input.

use flate2::read::GzDecoder;
use omni_ingest::product::{
    Assignment, DifferenceKind, Matches, ProductMatcher, ProductTable, Role, Signal, differences,
};
use omni_ingest::record::Dialect;
use omni_testkit::reference;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;

type Pairs = BTreeSet<(String, String)>;

/// Precision, recall and F1 of accepted pairs against the true ones.
#[derive(Clone, Copy)]
struct Figures {
    accepted: usize,
    precision: f64,
    recall: f64,
    f1: f64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, precision, recall, f1 } = self;
        write!(f, "{accepted} accepted, P {precision:.4}, R {recall:.4}, F1 {f1:.4}")
    }
}

fn figures(found: &Pairs, truth: &Pairs) -> Figures {
    let right = found.intersection(truth).count() as f64;
    Figures {
        accepted: found.len(),
        precision: right / found.len().max(1) as f64,
        recall: right / truth.len().max(1) as f64,
        f1: 2.0 * right / (found.len() + truth.len()).max(1) as f64,
    }
}

fn named(matches: &Matches, a: &ProductTable, b: &ProductTable) -> Pairs {
    let pairs = matches.pairs.iter();
    pairs.map(|pair| (a.id(pair.a).to_owned(), b.id(pair.b).to_owned())).collect()
}

fn table(file: &str) -> ProductTable {
    let file = File::open(reference::path(&format!("data/ingest/products/{file}"))).unwrap();
    let dialect = Dialect::csv().with_delimiter(b'|');
    ProductTable::read(GzDecoder::new(file), dialect).unwrap()
}

fn truth(file: &str) -> Pairs {
    let table = table(file);
    (0..table.len()).map(|row| (table.id(row).to_owned(), table.field(row, 0).to_owned())).collect()
}

/// Matches a benchmark set with the default setting and prints the figures.
fn benchmark(folder: &str, a: &str, b: &str) -> Figures {
    let [a, b] = [a, b].map(|name| table(&format!("{folder}/{name}.csv.gz")));
    assert!(a.rejects().is_empty() && b.rejects().is_empty());
    let matches = ProductMatcher::new().match_catalogs(&a, &b).unwrap();
    let figures = figures(&named(&matches, &a, &b), &truth(&format!("{folder}/gt.csv.gz")));
    println!("{folder}: {figures}, share {:.3}", matches.account.share);
    figures
}

// The bars: 0.95 and 0.70, with one setting. The reached figures are held to the digit.

#[test]
#[ignore = "needs OMNI_SHARED"]
fn abt_buy() {
    let figures = benchmark("abt-buy", "abt", "buy");
    assert!(figures.f1 >= 0.955, "{figures}");
}

#[test]
#[ignore = "needs OMNI_SHARED"]
fn walmart_amazon() {
    let figures = benchmark("walmart-amazon", "walmart", "amazon");
    assert!(figures.f1 >= 0.815, "{figures}");
}

/// Where the partners of all products are taken away, what is still found is other listings
/// of the same articles, which this truth does not count: less than a quarter of before.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn walmart_amazon_without_partners() {
    let a = table("walmart-amazon/walmart.csv.gz");
    let all = table("walmart-amazon/amazon.csv.gz");
    let partners: BTreeSet<String> =
        truth("walmart-amazon/gt.csv.gz").into_iter().map(|(_, b)| b).collect();
    let mut b = ProductTable::new(all.columns().to_vec());
    for row in (0..all.len()).filter(|row| !partners.contains(all.id(*row))) {
        b.push(all.id(row), (0..all.columns().len()).map(|at| all.field(row, at))).unwrap();
    }
    let matches = ProductMatcher::new().match_catalogs(&a, &b).unwrap();
    println!("{} accepted, share {:.3}", matches.pairs.len(), matches.account.share);
    assert!(matches.pairs.len() < 450, "{}", matches.pairs.len());
}

/// The titles that the channels of one retailer give its products: web shop and marketplace
/// in full, the till in capitals and cut.
#[test]
#[ignore = "needs OMNI_SHARED"]
fn titles_of_channels() {
    let file = File::open(reference::path("data/ingest/channels/truth/products.csv")).unwrap();
    let catalog = ProductTable::read(file, Dialect::csv()).unwrap();
    let column = |name: &str| catalog.columns().iter().position(|c| c == name).unwrap();
    let channel = |name: &str| {
        let mut table = ProductTable::new(["title", "price"]);
        for row in 0..catalog.len() {
            let fields = [catalog.field(row, column(name)), catalog.field(row, column("price"))];
            table.push(catalog.id(row), fields).unwrap();
        }
        table
    };
    let truth: Pairs =
        (0..catalog.len()).map(|row| (catalog.id(row).into(), catalog.id(row).into())).collect();
    for (one, two, bar) in [
        ("title_shopify", "title_amazon", 1.0),
        ("title_shopify", "title_square", 0.9),
        ("title_amazon", "title_square", 0.9),
    ] {
        let (a, b) = (channel(one), channel(two));
        let matches = ProductMatcher::new().match_catalogs(&a, &b).unwrap();
        let figures = figures(&named(&matches, &a, &b), &truth);
        println!("{one} {two}: {figures}");
        assert!(figures.f1 >= bar, "{one} {two}: {figures}");
    }
}

/// A small generator (`SplitMix64`) for catalogs.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

const MAKERS: [&str; 12] = [
    "Orvane",
    "Kestrel",
    "Lumora",
    "Tamsin",
    "Brookfield",
    "Zephyrix",
    "Norgate",
    "Halden",
    "Quill",
    "Verdano",
    "Pike",
    "Astoria",
];
const KINDS: [&str; 14] = [
    "Desk Lamp",
    "Kettle",
    "Bluetooth Speaker",
    "Backpack",
    "Running Shoe",
    "Office Chair",
    "Blender",
    "Headphones",
    "Water Bottle",
    "Keyboard",
    "Rain Jacket",
    "Wall Clock",
    "Tea Pot",
    "Mouse Pad",
];
const LINES: [&str; 16] = [
    "Aurora", "Comet", "Delta", "Ember", "Fjord", "Grove", "Harbor", "Iris", "Jasper", "Kite",
    "Lagoon", "Meadow", "Nimbus", "Opal", "Prairie", "Quartz",
];
const COLORS: [&str; 6] = ["Black", "White", "Red", "Blue", "Silver", "Green"];

/// One invented product as two channels would write it: title, maker and price of each.
fn product(dice: &mut Dice, codes: bool, number: usize) -> [[String; 3]; 2] {
    let (maker, kind, line) = (dice.pick(&MAKERS), dice.pick(&KINDS), dice.pick(&LINES));
    let (color, size) = (dice.pick(&COLORS), 250 * (1 + dice.roll(8)));
    let price = 5.0 + dice.roll(20_000) as f64 / 100.0;
    let code = |text: &str| if codes { format!(" {text}") } else { String::new() };
    let dashed = format!("{}-{}", &line[..2].to_uppercase(), 1_000 + number * 7);
    let plain = format!("{}{}", &line[..2].to_uppercase(), 1_000 + number * 7);
    let mut other = vec![line.to_owned(), kind.to_owned(), format!("{size}ml"), color.to_owned()];
    if dice.roll(4) == 0 {
        other.swap(0, 1);
    }
    if dice.roll(5) == 0 {
        other.pop();
    }
    let other_price = price * (0.85 + dice.roll(30) as f64 / 100.0);
    let other_price = if dice.roll(4) == 0 { String::new() } else { format!("{other_price:.2}") };
    [
        [
            format!("{maker} {line} {kind} {size} ml - {color}{}", code(&plain)),
            maker.to_owned(),
            format!("{price:.2}"),
        ],
        [format!("{}{} by {maker}", other.join(" "), code(&dashed)), String::new(), other_price],
    ]
}

/// Two catalogs of `n` products each that share a part of them.
fn simulated(
    seed: u64,
    n: usize,
    common: usize,
    codes: bool,
) -> (ProductTable, ProductTable, Pairs) {
    let mut dice = Dice(seed);
    let mut a = ProductTable::new(["name", "maker", "price"]);
    let mut b = ProductTable::new(["title", "brand", "amount"]);
    let mut truth = Pairs::new();
    let mut seen = BTreeSet::new();
    let mut number = 0;
    while b.len() < n {
        number += 1;
        let [left, right] = product(&mut dice, codes, number);
        if !seen.insert(left[0].clone()) {
            continue;
        }
        // Only in the first, in both, only in the second.
        let (in_a, in_b) = (a.len() < n, a.len() >= n - common);
        if in_a {
            a.push(format!("a{number}"), left).unwrap();
        }
        if in_b {
            b.push(format!("b{number}"), right).unwrap();
        }
        if in_a && in_b {
            truth.insert((format!("a{number}"), format!("b{number}")));
        }
    }
    (a, b, truth)
}

#[test]
fn simulated_catalogs_are_matched_whatever_they_share() {
    for (codes, common, bar) in [
        (true, 600, 0.97),
        (true, 200, 0.95),
        (true, 30, 0.9),
        (false, 600, 0.85),
        (false, 200, 0.6),
    ] {
        let (a, b, truth) = simulated(7, 600, common, codes);
        let matches = ProductMatcher::new().match_catalogs(&a, &b).unwrap();
        let figures = figures(&named(&matches, &a, &b), &truth);
        println!("codes {codes}, {common} of 600: {figures}, share {:.3}", matches.account.share);
        assert!(figures.f1 >= bar, "codes {codes}, {common}: {figures}");
    }
}

#[test]
fn catalogs_that_share_nothing_give_next_to_nothing() {
    for codes in [true, false] {
        let (a, b, _) = simulated(11, 600, 0, codes);
        let matches = ProductMatcher::new().match_catalogs(&a, &b).unwrap();
        println!("codes {codes}: {} of 600", matches.pairs.len());
        // Without codes they differ in maker, line, kind, size and color, some in one of these.
        let few = if codes { 12 } else { 36 };
        assert!(matches.pairs.len() <= few, "codes {codes}: {}", matches.pairs.len());
    }
}

#[test]
fn rows_in_any_order_give_the_same_pairs() {
    let (a, b, _) = simulated(3, 150, 70, true);
    let turned = |table: &ProductTable| {
        let mut turned = ProductTable::new(table.columns().to_vec());
        for row in (0..table.len()).rev() {
            let fields = (0..table.columns().len()).map(|at| table.field(row, at));
            turned.push(table.id(row), fields).unwrap();
        }
        turned
    };
    let scored = |a: &ProductTable, b: &ProductTable| -> Vec<_> {
        let matches = ProductMatcher::new().match_catalogs(a, b).unwrap();
        let pairs = matches.pairs.iter();
        pairs
            .map(|p| (a.id(p.a).to_owned(), b.id(p.b).to_owned(), p.probability.to_bits()))
            .collect()
    };
    let once = scored(&a, &b);
    assert!(once.len() > 50);
    assert_eq!(once, scored(&turned(&a), &turned(&b)));
}

fn of(columns: &[&str], rows: &[&[&str]]) -> ProductTable {
    let mut table = ProductTable::new(columns.iter().copied());
    for (at, row) in rows.iter().enumerate() {
        table.push(at.to_string(), row.iter().copied()).unwrap();
    }
    table
}

#[test]
fn an_equal_item_number_beats_everything() {
    let a = of(
        &["title", "gtin"],
        &[
            &["Red Mug", "4006381333931"],
            &["Blue Kettle 1.5 l", "036000291452"],
            &["Green Lamp", "4006381333932"],
        ],
    );
    let b = of(
        &["title", "ean"],
        &[
            &["Something else entirely", "4006381333931"],
            &["Red Mug", "0036000291452"],
            &["Lamp", ""],
        ],
    );
    let matches = ProductMatcher::new().match_catalogs(&a, &b).unwrap();
    let by_gtin: Vec<_> = matches.pairs.iter().take(2).map(|p| (p.a, p.b, p.probability)).collect();
    assert_eq!(by_gtin, [(1, 1, 1.0), (0, 0, 1.0)]);
    assert!(matches.pairs.iter().take(2).all(|p| p.reasons[0].signal == Signal::SameGtin));
    assert_eq!(matches.account.by_gtin, 2);
    assert_eq!(matches.account.bad_gtins[0], [(2, "bad_gtin_check_digit")]);
}

#[test]
fn a_marketplace_may_list_a_product_often() {
    let a = of(&["title"], &[&["Orvane Kettle KX-1000"], &["Tamsin Lamp TL-2000"]]);
    let b = of(
        &["title"],
        &[&["Kettle Orvane KX1000"], &["NEW Orvane KX 1000 Kettle"], &["Lamp Tamsin TL2000"]],
    );
    let one = ProductMatcher::new().match_catalogs(&a, &b).unwrap();
    assert_eq!(one.pairs.len(), 2);
    let many = ProductMatcher::new()
        .with_assignment(Assignment::OneToMany)
        .match_catalogs(&a, &b)
        .unwrap();
    let pairs: BTreeSet<_> = many.pairs.iter().map(|pair| (pair.a, pair.b)).collect();
    assert_eq!(pairs, BTreeSet::from([(0, 0), (0, 1), (1, 2)]));
}

#[test]
fn differences_of_matched_products() {
    let (a, b, _) = simulated(5, 100, 100, true);
    let matches = ProductMatcher::new().match_catalogs(&a, &b).unwrap();
    let rows: Vec<_> = matches.pairs.iter().map(|pair| (pair.a, pair.b)).collect();
    let mut kinds: BTreeMap<DifferenceKind, usize> = BTreeMap::new();
    for difference in differences(&rows, &a, &b) {
        *kinds.entry(difference.kind).or_default() += 1;
        assert_eq!(difference.relative.is_some(), difference.kind == DifferenceKind::Price);
    }
    assert_eq!(kinds[&DifferenceKind::Title], rows.len());
    assert!(kinds[&DifferenceKind::Price] > 50 && kinds[&DifferenceKind::PriceMissing] > 10);
}

#[test]
fn settings_are_checked() {
    let table = of(&["title"], &[&["a"]]);
    for matcher in [
        ProductMatcher::new().with_candidates(2),
        ProductMatcher::new().with_candidates(1_001),
        ProductMatcher::new().with_list_limit(0),
        ProductMatcher::new().with_min_probability(f64::NAN),
        ProductMatcher::new().with_min_probability(1.1),
    ] {
        assert!(matcher.match_catalogs(&table, &table).is_err(), "{matcher:?}");
    }
}

// Hostile input.

#[test]
fn nothing_gives_nothing() {
    let empty = ProductTable::new(["title", "price"]);
    let bare = ProductTable::default();
    let table = of(&["title"], &[&["Red Mug"]]);
    for (a, b) in [(&empty, &empty), (&empty, &table), (&table, &empty), (&bare, &table)] {
        let matches = ProductMatcher::new().match_catalogs(a, b).unwrap();
        assert!(matches.pairs.is_empty());
    }
    let blank = of(&["title", "price"], &[&["", ""], &["-", ""], &[" ", "..."]]);
    assert!(ProductMatcher::new().match_catalogs(&blank, &blank).unwrap().pairs.is_empty());
}

#[test]
fn ten_thousand_equal_titles_take_no_square_time() {
    let mut table = ProductTable::new(["title"]);
    for row in 0..10_000 {
        table.push(row.to_string(), ["The same blue mug"]).unwrap();
    }
    let matches =
        ProductMatcher::new().with_list_limit(500).match_catalogs(&table, &table).unwrap();
    assert!(matches.account.candidates <= 200_000);
    assert!(matches.account.stop_tokens > 0);
}

#[test]
fn a_title_of_a_megabyte_is_cut() {
    let long = "KX-1000 kettle 1.5l ".repeat(50_000);
    let a = of(&["title"], &[&[long.as_str()], &["Tamsin Lamp TL-2000"]]);
    let b = of(&["title"], &[&[long.as_str()], &["Lamp Tamsin TL2000"]]);
    let matches = ProductMatcher::new().match_catalogs(&a, &b).unwrap();
    assert_eq!(matches.account.cut_fields, 2);
    assert_eq!(matches.pairs.len(), 2);
}

#[test]
fn prices_that_are_none_are_unknown() {
    let prices = ["NaN", "inf", "1e308", "-5", "0", "free", ""];
    let mut a = ProductTable::new(["title", "price"]);
    let mut b = ProductTable::new(["title", "price"]);
    for (at, price) in prices.iter().enumerate() {
        let title = format!("Orvane Kettle KX-{}", 1_000 + at);
        a.push(at.to_string(), [title.as_str(), price]).unwrap();
        b.push(at.to_string(), [title.as_str(), "10"]).unwrap();
    }
    let matches = ProductMatcher::new().match_catalogs(&a, &b).unwrap();
    assert_eq!(matches.pairs.len(), prices.len());
    assert!(matches.pairs.iter().all(|pair| pair.a == pair.b && pair.score.is_finite()));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9 .,/#'\"-]{0,30}",
        "([A-Z]{1,3}-?[0-9]{1,5} ?|[0-9]{1,4} ?(gb|in|ml|x)? ?|[a-z]{2,6} ){0,6}",
        any::<String>(),
    ]
}

fn tables() -> impl Strategy<Value = (ProductTable, ProductTable)> {
    let side = || {
        (1_usize..4).prop_flat_map(|width| vec(vec(text(), width), 0..12)).prop_map(|rows| {
            let width = rows.first().map_or(1, Vec::len);
            let mut table = ProductTable::new(["title", "price", "gtin"].into_iter().take(width));
            for (at, row) in rows.into_iter().enumerate() {
                table.push(at.to_string(), row).unwrap();
            }
            table
        })
    };
    (side(), side())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// No panic, no NaN, every product once, probabilities from the best down.
    #[test]
    fn any_tables_give_a_proper_matching((a, b) in tables()) {
        let matches = ProductMatcher::new().with_min_probability(0.0).match_catalogs(&a, &b).unwrap();
        let mut left = BTreeSet::new();
        let mut right = BTreeSet::new();
        let mut last = 1.0;
        for pair in &matches.pairs {
            prop_assert!(left.insert(pair.a) && right.insert(pair.b));
            prop_assert!(pair.a < a.len() && pair.b < b.len());
            prop_assert!((0.0..=last).contains(&pair.probability));
            last = pair.probability;
            prop_assert!(pair.score.is_finite());
            if pair.score < f64::MAX {
                let sum: f64 = pair.reasons.iter().map(|reason| reason.weight).sum();
                prop_assert!((sum - pair.score).abs() < 1e-9, "{} {}", sum, pair.score);
            }
        }
        let rows: Vec<_> = matches.pairs.iter().map(|pair| (pair.a, pair.b)).collect();
        for difference in differences(&rows, &a, &b) {
            prop_assert!(difference.relative.is_none_or(f64::is_finite));
        }
    }

    /// A catalog matched with itself finds every product that has a title of its own.
    #[test]
    fn a_catalog_matches_itself(seed in any::<u64>(), codes in any::<bool>()) {
        let (a, _, _) = simulated(seed, 60, 0, codes);
        let matches = ProductMatcher::new().match_catalogs(&a, &a).unwrap();
        prop_assert_eq!(matches.pairs.len(), a.len());
        prop_assert!(matches.pairs.iter().all(|pair| pair.a == pair.b));
        prop_assert_eq!(&matches.account.roles[0], &vec![Role::Title, Role::Attribute, Role::Price]);
    }

    /// A stricter setting accepts a part of what a laxer one does.
    #[test]
    fn a_stricter_setting_accepts_less(seed in any::<u64>(), strict in 0.0..1.0_f64) {
        let (a, b, _) = simulated(seed, 40, 20, true);
        let accept = |p: f64| {
            let matches = ProductMatcher::new().with_min_probability(p).match_catalogs(&a, &b);
            named(&matches.unwrap(), &a, &b)
        };
        prop_assert!(accept(strict).is_subset(&accept(strict / 2.0)));
    }
}
