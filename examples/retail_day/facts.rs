//! What the day starts from: the exports as orders, and the orders as columns.

use crate::net::{self, Canceled};
use crate::options::Options;
use crate::output::{LateBar, Watched};
use crate::shell::{self, Failure, wrong};
use crate::steps::date;
use chrono_tz::Europe::{London, Madrid};
use omnichannel::ingest::merge::Survivorship;
use omnichannel::ingest::parse::MoneyStyle;
use omnichannel::ingest::record::{Dialect, Encoding};
use omnichannel::ingest::unify::{FileAccount, Unified, Unifier};
use omnichannel::ingest::{Account, Catalog, Format, Keys, Read, Reject, ReturnedLine, formats};
use omnichannel::time::business_day;
use omnichannel::{
    Behavior, BehaviorColumns, ChannelId, Currency, DemandColumns, EventKind, Order, Period,
    PurchaseColumns, Purchases, SaleColumns,
};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// A bundled export.
macro_rules! bundled {
    ($file:literal) => {
        ($file, include_bytes!(concat!("../data/", $file)).as_slice())
    };
}

const PRODUCTS: &[u8] = include_bytes!("../data/products.csv");
const STOCK: (&str, &[u8]) = bundled!("stock.csv");

/// Fifty years: a sale further from the others has a mistaken date, and every article would get
/// a week of each year between.
const MOST_DAYS: i32 = 50 * 365;

/// A file that came in.
pub(crate) struct Intake {
    pub(crate) name: String,
    pub(crate) account: Account,
}

/// A record that was turned away.
pub(crate) struct Turned {
    pub(crate) file: String,
    pub(crate) record: u64,
    pub(crate) column: String,
    pub(crate) rule: String,
    pub(crate) raw: String,
}

impl From<Reject> for Turned {
    fn from(reject: Reject) -> Self {
        Self {
            rule: reject.rules.join("+"),
            column: reject.column.unwrap_or_default(),
            record: reject.record,
            raw: reject.raw,
            file: reject.file,
        }
    }
}

/// Money that went back for goods and names no sale.
pub(crate) struct LooseReturn {
    pub(crate) channel: u32,
    pub(crate) currency: Currency,
    pub(crate) month: i32,
    pub(crate) minor: i64,
}

/// Everything the steps read.
pub(crate) struct Facts {
    pub(crate) intake: Vec<Intake>,
    pub(crate) rejects: Vec<Turned>,
    pub(crate) channels: Vec<String>,
    pub(crate) customers: Vec<String>,
    pub(crate) skus: Vec<String>,
    titles: Vec<String>,
    pub(crate) sales: Vec<SaleColumns>,
    purchases: Vec<PurchaseColumns>,
    pub(crate) demand: DemandColumns,
    pub(crate) behavior: BehaviorColumns,
    pub(crate) canceled: Vec<Canceled>,
    pub(crate) loose_returns: Vec<LooseReturn>,
    pub(crate) first_day: i32,
    pub(crate) last_day: i32,
}

/// Files read so far.
#[derive(Default)]
struct Collected {
    intake: Vec<Intake>,
    rejects: Vec<Turned>,
    orders: Vec<Order>,
    returns: Vec<(ChannelId, ReturnedLine)>,
    canceled: Vec<Canceled>,
    keys: Keys,
    /// Names of the customers, where more than the key is known of them.
    customers: Vec<String>,
}

impl Collected {
    fn add<F: Format>(
        &mut self,
        name: &str,
        format: &F,
        input: impl io::Read,
    ) -> Result<(), Failure> {
        let reader = format.reader(input).map_err(|e| Failure::Input(format!("{name}: {e}")))?;
        let keys = std::mem::take(&mut self.keys);
        let mut read: Read = reader
            .named(name)
            .into_read(keys)
            .map_err(|e| Failure::Input(format!("{name}: {e}")))?;
        self.canceled.extend(net::cancel_matched(&mut read)?);
        let channel = read.orders.first().map_or(ChannelId::new(0), |order| order.channel);
        self.intake.push(Intake { name: name.to_owned(), account: read.account });
        self.rejects.extend(read.rejects.into_iter().map(Turned::from));
        self.orders.extend(read.orders);
        self.returns.extend(read.returns.into_iter().map(|line| (channel, line)));
        self.keys = read.keys;
        Ok(())
    }

    /// Takes the bundled exports of all channels: each sale once, each person once.
    fn add_bundled(&mut self) -> Result<(), Failure> {
        let catalog = Catalog::read(PRODUCTS)?;
        let semicolons = Dialect::csv().with_delimiter(b';').with_encoding(Encoding::Windows1252);
        let woo = formats::woocommerce_orders()
            .with_dialect(semicolons)
            .with_money_style(MoneyStyle::COMMA)
            .with_zone(Madrid);
        let exports: [(_, &dyn Format); 9] = [
            (bundled!("shopify_orders.csv"), &formats::shopify_orders().with_catalog(&catalog)),
            (bundled!("woocommerce_orders.csv"), &woo.with_catalog(&catalog)),
            (bundled!("amazon_orders.txt"), &formats::amazon_orders().with_catalog(&catalog)),
            (bundled!("square_items.csv"), &formats::square_items().with_catalog(&catalog)),
            (bundled!("tiktok_orders.csv"), &formats::tiktok_orders().with_catalog(&catalog)),
            (bundled!("phone_orders.csv"), &formats::phone_orders().with_catalog(&catalog)),
            (bundled!("segment_events.ndjson"), &formats::segment_events().with_catalog(&catalog)),
            (bundled!("ga4_events.ndjson"), &formats::ga4_events().with_catalog(&catalog)),
            (bundled!("edi_850.x12"), &formats::edi_850().with_catalog(&catalog)),
        ];
        let mut unifier = Unifier::new();
        for ((name, bytes), format) in exports {
            unifier.read(name, format, bytes)?;
        }
        let unified = unifier.finish()?;
        self.customers = names(&unified);
        let account = |file: FileAccount| Intake { name: file.file, account: file.account };
        self.intake.extend(unified.files.into_iter().map(account));
        self.rejects.extend(unified.rejects.into_iter().map(Turned::from));
        self.orders.extend(unified.orders.into_iter().map(|order| order.order));
        self.returns.extend(unified.returns);
        self.keys = unified.keys;
        Ok(())
    }

    fn facts(self) -> Result<Facts, Failure> {
        let names: Vec<&str> = self.intake.iter().map(|file| file.name.as_str()).collect();
        let days = self.orders.iter().map(|order| business_day(order.placed_at, &London));
        let (Some(first_day), Some(last_day)) = (days.clone().min(), days.max()) else {
            return Err(Failure::Input(format!("{}: no sale in it", names.join(", "))));
        };
        if last_day - first_day > MOST_DAYS {
            return Err(Failure::Input(format!(
                "{}: sales from {} to {}: mend the dates, {} years at most",
                names.join(", "),
                date(first_day),
                date(last_day),
                MOST_DAYS / 365
            )));
        }
        let mut by_currency = BTreeMap::<Currency, usize>::new();
        for order in &self.orders {
            *by_currency.entry(order.currency).or_default() += 1;
        }
        let (mut sales, mut purchases) = (Vec::new(), Vec::new());
        for &currency in by_currency.keys() {
            sales.push(SaleColumns::from_orders(&self.orders, currency, &London)?.columns);
            purchases.push(PurchaseColumns::from_orders(&self.orders, currency, &London)?.columns);
        }
        // The recommender asks what was bought, not what came back.
        let behavior = BehaviorColumns::from_orders(&self.orders, &London).columns;
        let bought = purchases_only(&behavior.view())?;
        let loose_returns = self.returns.iter().filter(|(_, line)| {
            line.order.is_none() && !line.rules.iter().any(|rule| rule == "non_product_code")
        });
        Ok(Facts {
            loose_returns: loose_returns
                .map(|(channel, line)| LooseReturn {
                    channel: channel.get(),
                    currency: line.amount.currency(),
                    month: Period::Month.index(business_day(line.at, &London)),
                    minor: line.amount.minor(),
                })
                .collect(),
            canceled: self.canceled,
            intake: self.intake,
            rejects: self.rejects,
            channels: self.keys.channels.keys().to_vec(),
            customers: if self.customers.is_empty() {
                self.keys.customers.keys().to_vec()
            } else {
                self.customers
            },
            skus: self.keys.variants.keys().to_vec(),
            titles: self.keys.titles().to_vec(),
            sales,
            purchases,
            demand: DemandColumns::from_orders(&self.orders, &London).columns,
            behavior: bought,
            first_day,
            last_day,
        })
    }
}

/// What to call every person, each by another name.
fn names(unified: &Unified) -> Vec<String> {
    let mut names: Vec<String> =
        (0..unified.persons).map(|person| format!("no. {person}")).collect();
    for (person, profile) in unified.profiles(&Survivorship::person()) {
        let known =
            [profile.name, profile.email].into_iter().flatten().find(|s| !s.value.is_empty());
        if let (Some(name), Some(known)) = (names.get_mut(person as usize), known) {
            *name = format!("{} ({name})", known.value);
        }
    }
    names
}

fn purchases_only(rows: &Behavior<'_>) -> Result<BehaviorColumns, Failure> {
    let mut bought = BehaviorColumns::new();
    for row in 0..rows.len() {
        if rows.kind()[row] == EventKind::Purchase {
            let (customer, item, day) = (rows.customer()[row], rows.item()[row], rows.day()[row]);
            bought.push(customer, item, day, EventKind::Purchase, rows.quantity()[row])?;
        }
    }
    Ok(bought)
}

/// A channel in the words of a shop.
pub(crate) fn channel(name: &str) -> &str {
    match name {
        "amazon" => "Amazon",
        "edi" => "trade (EDI)",
        "ga4" => "web sites (GA4)",
        "phone" => "telephone",
        "segment" => "app (Segment)",
        "shopify" => "web shop (Shopify)",
        "square" => "store (Square)",
        "tiktok" => "TikTok Shop",
        "woo" => "web shop (WooCommerce)",
        "uci_online_retail" => "online shop",
        other => other,
    }
}

/// Reads what was asked for.
pub(crate) fn read(options: &Options) -> Result<Facts, Failure> {
    let mut collected = Collected::default();
    if let Some(path) = &options.online_retail {
        let name = path.display().to_string();
        let input = open(path)?;
        let file =
            path.file_name().map_or_else(|| name.clone(), |f| f.to_string_lossy().into_owned());
        collected.add(&file, &formats::uci_online_retail(), input)?;
    } else {
        collected.add_bundled()?;
    }
    collected.facts()
}

/// A file, unpacked if it starts like a gzip file, with a bar if it takes long.
pub(crate) fn open(path: &Path) -> Result<Box<dyn io::Read>, Failure> {
    shell::open_watched(path, |file, length| Watched {
        inner: file,
        bar: LateBar::new("read", length),
    })
}

impl Facts {
    /// The purchases of the currency with most of them; none if no sale names its customer.
    pub(crate) fn most_purchases(&self) -> Option<Purchases<'_>> {
        let views = self.purchases.iter().map(PurchaseColumns::view);
        views.max_by_key(Purchases::len).filter(|view| !view.is_empty())
    }

    /// Who is meant by purchases in `currency`, where there is more than one.
    pub(crate) fn paying_in(&self, currency: Currency) -> String {
        match self.purchases.iter().filter(|columns| !columns.view().is_empty()).count() {
            0 | 1 => "customers".to_owned(),
            _ => format!("customers who pay in {currency}"),
        }
    }

    /// Money that went back in a month (in all months) and names no sale it belongs to.
    pub(crate) fn loose(&self, channel: u32, currency: Currency, month: Option<i32>) -> i64 {
        self.loose_returns
            .iter()
            .filter(|r| r.channel == channel && r.currency == currency)
            .filter(|r| month.is_none_or(|month| r.month == month))
            .map(|r| r.minor)
            .sum()
    }

    /// An article for a reader: its title with its code.
    pub(crate) fn name(&self, key: u32) -> String {
        let sku = &self.skus[key as usize];
        match self.titles.get(key as usize).map(|title| title.trim()) {
            Some(title) if !title.is_empty() => format!("{title} ({sku})"),
            _ => sku.clone(),
        }
    }

    /// A customer for a reader: an e-mail address is not for every eye.
    pub(crate) fn customer_name(&self, key: u32) -> String {
        let name = &self.customers[key as usize];
        match name.split_once('@') {
            Some((person, after)) => {
                let number = after.split_once(' ').map_or("", |(_, number)| number);
                format!("{}***@*** {number}", person.chars().take(1).collect::<String>())
            }
            None => name.clone(),
        }
    }

    /// The code of an article in a list.
    pub(crate) fn key_of(&self, sku: &str) -> Option<u32> {
        self.skus.iter().position(|known| known == sku).map(|key| key as u32)
    }

    /// The first week after the data.
    pub(crate) fn next_week(&self) -> i32 {
        Period::Week.index(self.last_day + 1)
    }

    /// Records taken, and all records.
    pub(crate) fn taken(&self) -> (u64, u64) {
        let taken = self.intake.iter().map(|f| f.account.accepted + f.account.repaired).sum();
        (taken, self.intake.iter().map(|f| f.account.records).sum())
    }

    /// The records that were not taken by reason, the most frequent first.
    pub(crate) fn fates(&self) -> Vec<Fate> {
        let mut counts = BTreeMap::<&str, u64>::new();
        for Intake { account, .. } in &self.intake {
            for (class, count) in [
                ("duplicate", account.duplicates),
                ("copy", account.copies),
                ("refund", account.refunds),
            ] {
                *counts.entry(class).or_default() += count;
            }
            for (reason, count) in &account.rejected {
                *counts.entry(reason).or_default() += count;
            }
        }
        let mut fates: Vec<Fate> = counts
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(reason, count)| {
                let faulty = !NO_FAULT.contains(&reason);
                Fate { reason: reason.to_owned(), count, faulty }
            })
            .collect();
        fates.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
        fates
    }
}

/// Records that were not taken for one reason.
pub(crate) struct Fate {
    pub(crate) reason: String,
    pub(crate) count: u64,
    /// Whether somebody should mend the export.
    pub(crate) faulty: bool,
}

/// Reasons that are no fault of an export: what they name is counted elsewhere or is no sale.
const NO_FAULT: [&str; 8] = [
    "duplicate",
    "copy",
    "refund",
    "cancellation",
    "non_product_code",
    "accounting_adjustment",
    "non_positive_quantity",
    "non_positive_price",
];

/// What lies on the shelf: the count that was given, or that of the bundled shop.
pub(crate) fn stock(
    options: &Options,
    facts: &Facts,
) -> Result<Option<BTreeMap<u32, i64>>, Failure> {
    match (&options.stock, &options.online_retail) {
        (Some(path), _) => read_stock(path, open(path)?, facts).map(Some),
        (None, None) => read_stock(Path::new(STOCK.0), STOCK.1, facts).map(Some),
        (None, Some(_)) => Ok(None),
    }
}

/// A CSV with the columns `sku` and `on_hand`.
fn read_stock(
    path: &Path,
    input: impl io::Read,
    facts: &Facts,
) -> Result<BTreeMap<u32, i64>, Failure> {
    let text = shell::text(path, input)?;
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    if lines.next().map(str::trim) != Some("sku,on_hand") {
        return Err(wrong(path, "the first line must be sku,on_hand"));
    }
    let mut stock = BTreeMap::new();
    for (i, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = i + 2;
        let parsed = line.rsplit_once(',').and_then(|(sku, on_hand)| {
            Some((sku.trim().trim_matches('"'), on_hand.trim().parse::<i64>().ok()?))
        });
        let Some((sku, on_hand)) = parsed else {
            return Err(wrong(path, format!("line {number} is not a code and a whole number")));
        };
        // Articles that never sold need no order.
        if let Some(key) = facts.key_of(sku)
            && stock.insert(key, on_hand).is_some()
        {
            return Err(wrong(path, format!("line {number} counts {sku} a second time")));
        }
    }
    Ok(stock)
}
