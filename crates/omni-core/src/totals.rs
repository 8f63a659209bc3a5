//! Totals of an order: lines, discounts and tax, equal from below and from above.
//!
//! ```text
//! a_i                                  amount of line i as listed: gross or net, as prices are
//! for each discount k, in the order given, on the goods or on one line:
//!     base = Σ left_i                  over its lines; left_i = a_i − what was taken so far
//!     cut  = round(base · p) | amount | min(amount, base)
//!     cut_i = allocate(cut; left_i)    largest remainders; left_i −= cut_i
//! tax, by RoundLevel::Line             tax_i = round(tax of left_i)
//!      by RoundLevel::OrderPerRate     T_r = round(tax of Σ left_i), tax_i = allocate(T_r; left_i)
//! net_i + tax_i = gross_i;   by rate and in total: sums over lines
//! ```
//!
//! All in minor units of one currency. The sums hold by construction, since every total is
//! a sum over lines and nothing else.
//!
//! - **A discount is an amount of lines**, never of pieces: 10 % off 25 pieces at 366.06
//!   is 915.15 and not 25 times 36.61. Its share of a piece, where one is sent back, comes
//!   from [`Taxed::split`].
//! - **Discounts stack in the order given**, each on what those before it left; the order
//!   and what each did are part of the result. 5 off, then 10 %, then 30 % make 59.85 of
//!   100.00; with the 5 off at the end it is 58.00.
//! - **Shipping is a line** of its own kind: taxed like any line, left out by discounts on
//!   the order, reached by a discount on its line.
//! - **A discount takes at most what is left.** More is an error, unless it is given as
//!   [`Reduction::UpTo`].
//!
//! O(lines · discounts on the order + lines · log lines).
//!
//! Limits: amounts of lines are not negative; a refund is a split of the totals that were
//! charged, not an order of its own. Surcharges are lines. A line has one rate.

use crate::currency::Currency;
use crate::error::{DataError, Value};
use crate::money::{Money, MoneyError};
use crate::rate::Rate;
use crate::record::read_by_fields;
use crate::rounding::Rounding;
use crate::tax::{TaxMode, Taxed, split_tax};
use std::collections::BTreeMap;

/// At which level tax is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RoundLevel {
    /// Each line: what a line prints is what it is taxed.
    Line,
    /// Once for all lines of one rate, then spread over them.
    OrderPerRate,
}

/// How the prices and the tax of a channel work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Policy {
    /// The currency of every amount.
    pub currency: Currency,
    /// Whether amounts and discounts include tax.
    pub mode: TaxMode,
    /// How percentages of discounts and taxes are rounded.
    pub rounding: Rounding,
    /// What the tax is rounded for.
    pub level: RoundLevel,
}

impl Policy {
    /// The policy with these parts; none of them has a default that would be right everywhere.
    #[must_use]
    pub const fn new(
        currency: Currency,
        mode: TaxMode,
        rounding: Rounding,
        level: RoundLevel,
    ) -> Self {
        Self { currency, mode, rounding, level }
    }
}

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum LineKind {
    /// Goods and services; discounts on the order are spread over these.
    Goods,
    /// Carriage and other fees; only a discount on the line itself lowers them.
    Shipping,
}

/// One line of an order, priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Line {
    /// What it is for.
    pub kind: LineKind,
    /// The price of all its units before discounts: [`UnitPrice::times`](crate::UnitPrice::times).
    pub amount: Money,
    /// The rate of its tax.
    pub rate: Rate,
}

impl Line {
    /// A line of goods.
    #[must_use]
    pub const fn goods(amount: Money, rate: Rate) -> Self {
        Self { kind: LineKind::Goods, amount, rate }
    }

    /// A line of carriage or another fee.
    #[must_use]
    pub const fn shipping(amount: Money, rate: Rate) -> Self {
        Self { kind: LineKind::Shipping, amount, rate }
    }
}

/// How much a discount takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Reduction {
    /// A share of what is left, from 0 to 100 %.
    Percent(Rate),
    /// Exactly this; an error if less is left.
    Amount(Money),
    /// This, or what is left if that is less.
    UpTo(Money),
}

/// A discount and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Discount {
    /// The promotion or coupon, kept with the order as it was.
    pub source: String,
    /// The line it is taken from, by its position from 0; of all goods if there is none.
    pub line: Option<usize>,
    /// How much it takes.
    pub reduction: Reduction,
}

impl Discount {
    /// A discount on all goods, in proportion to what is left of each line.
    pub fn order(source: impl Into<String>, reduction: Reduction) -> Self {
        Self { source: source.into(), line: None, reduction }
    }

    /// A discount on one line, by its position from 0.
    pub fn line(source: impl Into<String>, line: usize, reduction: Reduction) -> Self {
        Self { source: source.into(), line: Some(line), reduction }
    }
}

/// The totals of an order, with everything they follow from.
///
/// With the feature `serde` it is read only if its figures are the ones that its lines,
/// discounts and policy give.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize))]
#[non_exhaustive]
pub struct OrderTotals {
    /// How prices and tax were treated.
    pub policy: Policy,
    /// Each line, in the order given.
    pub lines: Vec<LineTotals>,
    /// Each discount, in the order in which they were taken.
    pub discounts: Vec<AppliedDiscount>,
    /// The lines of each rate together, lowest rate first.
    pub rates: BTreeMap<Rate, Taxed>,
    /// All lines before discounts.
    pub listed: Money,
    /// All discounts.
    pub discount: Money,
    /// The lines of goods after discounts.
    pub goods: Taxed,
    /// The lines of shipping after discounts.
    pub shipping: Taxed,
    /// All lines after discounts: what the customer pays and what it is made of.
    pub total: Taxed,
}

/// The totals of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct LineTotals {
    /// The line as given.
    pub line: Line,
    /// What all discounts took from it.
    pub discount: Money,
    /// What is charged for it.
    pub charge: Taxed,
}

/// What one discount did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct AppliedDiscount {
    /// The discount as given.
    pub discount: Discount,
    /// What was left of its lines before it.
    pub base: Money,
    /// What it took.
    pub amount: Money,
    /// From which lines: position and amount, where it is not zero.
    pub shares: Vec<(usize, Money)>,
}

/// The totals of an order: discounts in the order given, then tax.
///
/// An order without lines has the total zero.
///
/// # Errors
/// [`MoneyError::Data`] with the position of a line or discount that is in another
/// currency, negative, above 100 %, more than what is left, or on a line that does not
/// exist; [`MoneyError::Overflow`] if a total does not fit.
///
/// # Examples
/// ```
/// use omni_core::totals::{Discount, Line, Policy, Reduction, RoundLevel, order_totals};
/// use omni_core::{Currency, Money, Rate, Rounding, TaxMode};
///
/// let eur = |minor| Money::new(minor, Currency::EUR);
/// let lines = [
///     Line::goods(eur(4_990), "19 %".parse()?),
///     Line::goods(eur(2_499), "7 %".parse()?),
///     Line::shipping(eur(495), "19 %".parse()?),
/// ];
/// let coupon = Discount::order("WELCOME10", Reduction::Percent("10 %".parse()?));
/// let policy =
///     Policy::new(Currency::EUR, TaxMode::Inclusive, Rounding::HalfUp, RoundLevel::Line);
///
/// let totals = order_totals(&lines, &[coupon], policy)?;
/// assert_eq!(totals.discount, eur(749));
/// assert_eq!(totals.total.gross(), eur(4_990 + 2_499 + 495 - 749));
/// assert_eq!(totals.rates[&lines[1].rate].tax(), eur(147)); // 7 % in 22.49
/// assert_eq!(totals.rates[&lines[0].rate].tax(), eur(796)); // 19 % in 44.91 and in 4.95
/// # Ok::<(), omni_core::MoneyError>(())
/// ```
pub fn order_totals(
    lines: &[Line],
    discounts: &[Discount],
    policy: Policy,
) -> Result<OrderTotals, MoneyError> {
    check_lines(lines, policy.currency)?;
    let mut left: Vec<Money> = lines.iter().map(|line| line.amount).collect();
    let mut applied = Vec::new();
    for (position, discount) in discounts.iter().enumerate() {
        applied.push(apply(position, discount, lines, &mut left, policy)?);
    }

    let mut groups = BTreeMap::<Rate, Vec<usize>>::new();
    for (i, line) in lines.iter().enumerate() {
        groups.entry(line.rate).or_default().push(i);
    }
    let charges = charge(lines, &left, &groups, policy)?;

    let currency = policy.currency;
    let mut rates = BTreeMap::new();
    for (&rate, members) in &groups {
        rates.insert(rate, Taxed::try_sum(currency, pick(&charges, members))?);
    }
    let mut totals = Vec::with_capacity(lines.len());
    for ((&line, &left), charge) in lines.iter().zip(&left).zip(charges) {
        totals.push(LineTotals { line, discount: line.amount.try_sub(left)?, charge });
    }
    let sum = |of: fn(LineKind) -> bool| {
        let chosen = totals.iter().filter(move |line| of(line.line.kind));
        Taxed::try_sum(currency, chosen.map(|line| line.charge))
    };
    Ok(OrderTotals {
        policy,
        listed: Money::try_sum(currency, lines.iter().map(|line| line.amount))?,
        discount: Money::try_sum(currency, applied.iter().map(|cut| cut.amount))?,
        goods: sum(|kind| kind == LineKind::Goods)?,
        shipping: sum(|kind| kind == LineKind::Shipping)?,
        total: sum(|_| true)?,
        rates,
        lines: totals,
        discounts: applied,
    })
}

fn check_lines(lines: &[Line], currency: Currency) -> Result<(), MoneyError> {
    for (i, line) in lines.iter().enumerate() {
        let amount = line.amount;
        let (rule, value) = if amount.currency() != currency {
            ("in the currency of the policy", Value::from(amount.currency().code()))
        } else if amount.is_negative() {
            ("an amount of at least zero", Value::from(amount.minor()))
        } else if line.rate < Rate::ZERO {
            ("taxed at 0 % or more", Value::from(line.rate.to_string().as_str()))
        } else {
            continue;
        };
        return Err(DataError::entry("lines", i, rule, value).into());
    }
    Ok(())
}

/// Takes one discount from what is `left` of the lines.
fn apply(
    position: usize,
    discount: &Discount,
    lines: &[Line],
    left: &mut [Money],
    policy: Policy,
) -> Result<AppliedDiscount, MoneyError> {
    let broken =
        |rule, value: Value| Err(DataError::entry("discounts", position, rule, value).into());
    let targets: Vec<usize> = match discount.line {
        None => {
            (0..).zip(lines).filter(|(_, l)| l.kind == LineKind::Goods).map(|(i, _)| i).collect()
        }
        Some(i) if i < lines.len() => vec![i],
        Some(i) => return broken("on a line of the order", i.into()),
    };
    let amounts = pick(left, &targets);
    let base = Money::try_sum(policy.currency, amounts.iter().copied())?;
    let amount = match discount.reduction {
        Reduction::Percent(rate) if !(Rate::ZERO..=Rate::WHOLE).contains(&rate) => {
            return broken("from 0 to 100 %", rate.to_string().as_str().into());
        }
        Reduction::Amount(cut) | Reduction::UpTo(cut) if cut.currency() != policy.currency => {
            return broken("in the currency of the policy", cut.currency().code().into());
        }
        Reduction::Amount(cut) | Reduction::UpTo(cut) if cut.is_negative() => {
            return broken("an amount of at least zero", cut.minor().into());
        }
        Reduction::Amount(cut) if cut.minor() > base.minor() => {
            return broken("at most what is left of its lines", cut.minor().into());
        }
        Reduction::Percent(rate) => base.mul_rate(rate, policy.rounding)?,
        Reduction::UpTo(cut) if cut.minor() > base.minor() => base,
        Reduction::Amount(cut) | Reduction::UpTo(cut) => cut,
    };
    let mut shares = Vec::new();
    for (&i, share) in targets.iter().zip(spread(amount, &amounts)?) {
        if let Some(left) = left.get_mut(i).filter(|_| !share.is_zero()) {
            *left = left.try_sub(share)?;
            shares.push((i, share));
        }
    }
    Ok(AppliedDiscount { discount: discount.clone(), base, amount, shares })
}

/// The tax of what is `left` of each line.
fn charge(
    lines: &[Line],
    left: &[Money],
    groups: &BTreeMap<Rate, Vec<usize>>,
    policy: Policy,
) -> Result<Vec<Taxed>, MoneyError> {
    let split = |amount, rate| split_tax(amount, rate, policy.mode, policy.rounding);
    if policy.level == RoundLevel::Line {
        return left.iter().zip(lines).map(|(&left, line)| split(left, line.rate)).collect();
    }
    let mut taxes = vec![Money::zero(policy.currency); left.len()];
    for (&rate, members) in groups {
        let amounts = pick(left, members);
        let total = Money::try_sum(policy.currency, amounts.iter().copied())?;
        let shares = spread(split(total, rate)?.tax(), &amounts)?;
        for (&i, share) in members.iter().zip(shares) {
            if let Some(tax) = taxes.get_mut(i) {
                *tax = share;
            }
        }
    }
    left.iter().zip(taxes).map(|(&left, tax)| Taxed::new(left, tax, policy.mode)).collect()
}

/// The entries at these positions.
fn pick<T: Copy>(entries: &[T], positions: &[usize]) -> Vec<T> {
    positions.iter().filter_map(|&i| entries.get(i).copied()).collect()
}

/// An amount over lines in proportion to what they are; nothing is spread over nothing.
fn spread(amount: Money, over: &[Money]) -> Result<Vec<Money>, MoneyError> {
    if amount.is_zero() {
        return Ok(vec![amount; over.len()]);
    }
    let weights: Vec<u64> = over.iter().map(|line| line.minor().unsigned_abs()).collect();
    amount.allocate(&weights)
}

read_by_fields! {
    OrderTotals {
        policy: Policy,
        lines: Vec<LineTotals>,
        discounts: Vec<AppliedDiscount>,
        rates: BTreeMap<Rate, Taxed>,
        listed: Money,
        discount: Money,
        goods: Taxed,
        shipping: Taxed,
        total: Taxed
    } => Self { policy, lines, discounts, rates, listed, discount, goods, shipping, total }.recomputed()
}

impl OrderTotals {
    /// The same totals, computed again from their lines, discounts and policy.
    #[cfg(feature = "serde")]
    fn recomputed(&self) -> Result<Self, MoneyError> {
        let lines: Vec<Line> = self.lines.iter().map(|l| l.line).collect();
        let discounts: Vec<Discount> = self.discounts.iter().map(|d| d.discount.clone()).collect();
        let totals = order_totals(&lines, &discounts, self.policy)?;
        let same = [
            (totals.lines == self.lines, "lines"),
            (totals.discounts == self.discounts, "discounts"),
            (totals.rates == self.rates, "rates"),
            (totals.listed == self.listed, "listed"),
            (totals.discount == self.discount, "discount"),
            (totals.goods == self.goods, "goods"),
            (totals.shipping == self.shipping, "shipping"),
            (totals.total == self.total, "total"),
        ];
        crate::error::Check::all(|check| {
            for (same, path) in same {
                check.that(same, path, "must be what lines, discounts and policy give");
            }
        })?;
        Ok(totals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit_price::UnitPrice;
    use Rounding::HalfUp;
    use TaxMode::{Exclusive, Inclusive};

    const EUR: Currency = Currency::EUR;
    const TWENTY: Rate = Rate::from_ppm(200_000);
    const TEN: Rate = Rate::from_ppm(100_000);

    fn eur(minor: i64) -> Money {
        Money::new(minor, EUR)
    }

    fn policy(mode: TaxMode, level: RoundLevel) -> Policy {
        Policy::new(EUR, mode, HalfUp, level)
    }

    fn percent(ppm: i64) -> Reduction {
        Reduction::Percent(Rate::from_ppm(ppm))
    }

    fn figures(charge: Taxed) -> [i64; 3] {
        [charge.net(), charge.tax(), charge.gross()].map(Money::minor)
    }

    #[test]
    fn an_order_without_lines_is_nothing() {
        let totals = order_totals(&[], &[], policy(Inclusive, RoundLevel::OrderPerRate)).unwrap();
        assert_eq!(totals.total, Taxed::zero(EUR));
        assert!(totals.lines.is_empty() && totals.rates.is_empty());
    }

    #[test]
    fn discounts_stack_in_the_order_given() {
        let lines = [Line::goods(eur(10_000), Rate::ZERO)];
        let five = Discount::order("five", Reduction::Amount(eur(500)));
        let ten = Discount::order("ten", percent(100_000));
        let thirty = Discount::order("thirty", percent(300_000));
        let policy = policy(Inclusive, RoundLevel::Line);
        let total = |discounts: &[Discount]| order_totals(&lines, discounts, policy).unwrap();

        let fixed_first = total(&[five.clone(), ten.clone(), thirty.clone()]);
        assert_eq!(fixed_first.total.gross(), eur(5_985));
        let steps = fixed_first.discounts.iter().map(|d| (d.base.minor(), d.amount.minor()));
        assert_eq!(steps.collect::<Vec<_>>(), [(10_000, 500), (9_500, 950), (8_550, 2_565)]);
        assert_eq!(total(&[ten, thirty, five]).total.gross(), eur(5_800));
    }

    #[test]
    fn a_discount_is_an_amount_of_the_line() {
        let line = UnitPrice::from_decimal("366.06", EUR).unwrap().times(25, HalfUp).unwrap();
        let lines = [Line::goods(line, Rate::ZERO)];
        let tenth = [Discount::line("tenth", 0, percent(100_000))];
        let totals = order_totals(&lines, &tenth, policy(Exclusive, RoundLevel::Line)).unwrap();
        assert_eq!((totals.listed, totals.discount), (eur(915_150), eur(91_515)));
        assert_eq!(totals.total.net(), eur(823_635));
    }

    #[test]
    fn shipping_is_taxed_but_not_discounted_with_the_goods() {
        let rate = Rate::from_ppm(107_500);
        let lines = [Line::goods(eur(2_499), rate), Line::shipping(eur(644), Rate::ZERO)];
        let policy = policy(Exclusive, RoundLevel::Line);
        let totals = order_totals(&lines, &[], policy).unwrap();
        assert_eq!(figures(totals.total), [3_143, 269, 3_412]);
        assert_eq!(figures(totals.shipping), [644, 0, 644]);
        let gift = [
            Discount::order("half", percent(500_000)),
            Discount::line("free shipping", 1, percent(1_000_000)),
        ];
        let totals = order_totals(&lines, &gift, policy).unwrap();
        assert_eq!(totals.discounts[0].shares, [(0, eur(1_250))]);
        assert_eq!(totals.discounts[1].shares, [(1, eur(644))]);
        assert_eq!(totals.shipping, Taxed::zero(EUR));
    }

    #[test]
    fn tax_per_rate_is_rounded_once_and_spread_over_its_lines() {
        let lines = [
            Line::goods(eur(6), TWENTY),
            Line::goods(eur(5), TEN),
            Line::goods(eur(6), TWENTY),
            Line::goods(eur(6), TWENTY),
        ];
        let taxes = |level| {
            let totals = order_totals(&lines, &[], policy(Exclusive, level)).unwrap();
            let lines = totals.lines.iter().map(|l| l.charge.tax().minor()).collect::<Vec<_>>();
            let rates = totals.rates.values().map(|&r| figures(r)).collect::<Vec<_>>();
            (lines, rates)
        };
        // Three taxes of 1.2 are 1 each, or 3.6 and therefore 4 together.
        assert_eq!(taxes(RoundLevel::Line), (vec![1, 1, 1, 1], vec![[5, 1, 6], [18, 3, 21]]));
        let per_rate = (vec![2, 1, 1, 1], vec![[5, 1, 6], [18, 4, 22]]);
        assert_eq!(taxes(RoundLevel::OrderPerRate), per_rate);
    }

    #[test]
    fn a_coupon_takes_no_more_than_is_left() {
        let lines = [Line::goods(eur(300), TWENTY), Line::shipping(eur(500), TWENTY)];
        let policy = policy(Inclusive, RoundLevel::Line);
        let take =
            |reduction| order_totals(&lines, &[Discount::order("coupon", reduction)], policy);
        assert_eq!(take(Reduction::UpTo(eur(500))).unwrap().total.gross(), eur(500));
        assert_eq!(take(Reduction::Amount(eur(300))).unwrap().total.gross(), eur(500));
        let error = DataError::entry("discounts", 0, "at most what is left of its lines", 301);
        assert_eq!(take(Reduction::Amount(eur(301))), Err(error.into()));
    }

    #[test]
    fn errors_name_the_line_or_the_discount() {
        let good = Line::goods(eur(100), TWENTY);
        let policy = policy(Inclusive, RoundLevel::Line);
        for bad in [
            Line::goods(Money::new(1, Currency::USD), TWENTY),
            Line::goods(eur(-1), TWENTY),
            Line::goods(eur(1), Rate::from_ppm(-1)),
        ] {
            let error = order_totals(&[good, bad], &[], policy).unwrap_err();
            assert!(error.to_string().starts_with("lines[1] must be "), "{error}");
        }
        for bad in [
            Discount::line("x", 1, percent(1)),
            Discount::line("x", usize::MAX, percent(1)),
            Discount::order("x", percent(-1)),
            Discount::order("x", percent(1_000_001)),
            Discount::order("x", Reduction::Amount(eur(-1))),
            Discount::order("x", Reduction::UpTo(eur(i64::MIN))),
            Discount::order("x", Reduction::UpTo(Money::new(1, Currency::USD))),
        ] {
            let discounts = [Discount::order("good", percent(0)), bad];
            let error = order_totals(&[good], &discounts, policy).unwrap_err();
            assert!(error.to_string().starts_with("discounts[1] must be "), "{error}");
        }
    }

    #[test]
    fn a_total_beyond_the_range_is_an_error() {
        let lines = [Line::goods(eur(i64::MAX), TWENTY), Line::goods(eur(1), TWENTY)];
        for level in [RoundLevel::Line, RoundLevel::OrderPerRate] {
            for mode in [Inclusive, Exclusive] {
                let error = order_totals(&lines, &[], policy(mode, level)).unwrap_err();
                assert!(matches!(error, MoneyError::Overflow { .. }), "{error}");
            }
        }
    }
}
