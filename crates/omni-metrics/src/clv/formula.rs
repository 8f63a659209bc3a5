//! Lifetime value in closed form: a constant margin, retention and discount rate.
//!
//! ```text
//! q = r / (1 + d)                       what one period leaves of a margin's value
//! S = Σ_{k=0}^{n−1} q^k = (1 − qⁿ) / (1 − q)        and 1 / (1 − q) for n = ∞
//!
//! paid at once                          m · S              Σ_{t=0}^{n−1} m rᵗ   (1+d)⁻ᵗ
//! paid at the end of a period           m · S / (1 + d)    Σ_{t=1}^{n}   m rᵗ⁻¹ (1+d)⁻ᵗ
//! paid at its end by who stayed         m · S · q          Σ_{t=1}^{n}   m rᵗ   (1+d)⁻ᵗ
//! ```
//!
//! `m` is the margin of one period in money, `r` the share of customers that stay from
//! one period to the next, `d` the discount rate of one period, `n` the number of
//! periods. The second line is the textbook annuity, for n = ∞ it is `m / (1 + d − r)`;
//! the third is `m r / (1 + d − r)`.
//!
//! Everything is computed from `ln q = ln r − ln(1 + d)`, two terms of one sign, as
//! `(e^{n ln q} − 1) / (e^{ln q} − 1)`: no digit is lost as `d → 0`, and n may be large. O(1).
//!
//! A margin says how often it comes, a rate is a rate per year, retention says per what:
//! each is brought to the margin's period here, so months and years cannot mix unseen.
//!
//! Sources: Berger & Nasr (1998), "Customer lifetime value: marketing models and
//! applications", Journal of Interactive Marketing 12(1), 17–30; Gupta & Lehmann (2003),
//! "Customers as assets", Journal of Interactive Marketing 17(1), 9–24.
//!
//! Limits: retention is the same for all and for ever. Real customers differ, the ones
//! who stay are the loyal ones, so for a mixed cohort this value is too low.
//!
//! # The source document's figure
//! Its formula `Σ_{t=1}^{n} (1+r)⁻ᵗ · ARPU · CF` with 100 a month, 500, 5 % a year and
//! five years is 216,473.83, not the 4660.02 it prints; it also multiplies money by money
//! and a monthly amount by a yearly rate. What it may have meant is below.
//! ```
//! use omni_metrics::clv::{AnnualRate, Cycle, Margin, MarginStream, Term, annuity_factor};
//!
//! let literal = annuity_factor(0.05, 5)? * 100.0 * 500.0;
//! assert_eq!((literal * 100.0).round(), 21_647_383.0);
//!
//! // A profit of 500 a year for five years; a margin of 100 a month for five years.
//! let rate = AnnualRate::new(0.05);
//! let yearly = MarginStream::new(Margin::yearly(500.0), rate, Term::Years(5));
//! let monthly = MarginStream::new(Margin::monthly(100.0), rate, Term::Years(5));
//! assert_eq!((yearly.value()? * 100.0).round(), 216_474.0); // 2164.74
//! assert_eq!((monthly.value()? * 100.0).round(), 531_338.0); // 5313.38
//!
//! // Only 80 % of the customers stay from one year to the next.
//! let leaving = yearly.with_retention(0.8, Cycle::Year);
//! assert_eq!((leaving.value()? * 100.0).round(), 148_651.0); // 1486.51
//! # Ok::<(), omni_metrics::Error>(())
//! ```

use crate::Error;
use omni_core::check;
use omni_core::error::{DataError, ParamError};

/// How often something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Cycle {
    /// Every month.
    Month,
    /// Every three months.
    Quarter,
    /// Every year.
    Year,
}

impl Cycle {
    /// Its length in months.
    #[must_use]
    pub const fn months(self) -> u8 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }

    fn per_year(self) -> f64 {
        12.0 / f64::from(self.months())
    }
}

/// A discount rate per year: 0.05 is 5 % a year.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AnnualRate {
    rate: f64,
    compounding: Compounding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
enum Compounding {
    Effective,
    Nominal,
}

impl AnnualRate {
    /// An effective rate: the growth of a whole year, however it is split. A month of it
    /// is `(1 + rate)^(1/12) − 1`.
    #[must_use]
    pub const fn new(rate: f64) -> Self {
        Self { rate, compounding: Compounding::Effective }
    }

    /// A nominal rate, as loans quote it: each period takes its part of the year. A month
    /// of it is `rate / 12`, so that a year grows by more than `rate`.
    #[must_use]
    pub const fn nominal(rate: f64) -> Self {
        Self { rate, compounding: Compounding::Nominal }
    }

    /// The rate of one period.
    ///
    /// # Errors
    /// [`ParamError`] if the rate is negative or not finite.
    ///
    /// # Examples
    /// ```
    /// use omni_metrics::clv::{AnnualRate, Cycle};
    ///
    /// assert_eq!(AnnualRate::nominal(0.06).per(Cycle::Month)?, 0.005);
    /// assert!((AnnualRate::new(0.21).per(Cycle::Year)? - 0.21).abs() < 1e-15);
    /// let month = AnnualRate::new(0.06).per(Cycle::Month)?;
    /// assert!(month < 0.005); // twelve such months make 6 %, twelve of 0.5 % make more
    /// # Ok::<(), omni_metrics::Error>(())
    /// ```
    pub fn per(&self, cycle: Cycle) -> Result<f64, Error> {
        let rate = check::non_negative("rate", self.rate)?;
        Ok(match self.compounding {
            Compounding::Effective => (rate.ln_1p() / cycle.per_year()).exp_m1(),
            Compounding::Nominal => rate / cycle.per_year(),
        })
    }

    /// `ln(1 + d)` for the rate `d` of one period.
    fn log_growth(&self, cycle: Cycle) -> Result<f64, Error> {
        let rate = check::non_negative("rate", self.rate)?;
        Ok(match self.compounding {
            Compounding::Effective => rate.ln_1p() / cycle.per_year(),
            Compounding::Nominal => (rate / cycle.per_year()).ln_1p(),
        })
    }
}

/// What a customer leaves in the till in each period, after all costs of serving them.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Margin {
    amount: f64,
    every: Cycle,
}

impl Margin {
    /// So much every period of this length, in any unit of money.
    #[must_use]
    pub const fn new(amount: f64, every: Cycle) -> Self {
        Self { amount, every }
    }

    /// So much a month.
    #[must_use]
    pub const fn monthly(amount: f64) -> Self {
        Self::new(amount, Cycle::Month)
    }

    /// So much a year.
    #[must_use]
    pub const fn yearly(amount: f64) -> Self {
        Self::new(amount, Cycle::Year)
    }
}

/// For how long margins are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Term {
    /// For so many months.
    Months(u32),
    /// For so many years.
    Years(u32),
    /// Without an end.
    Forever,
}

impl Term {
    /// The number of periods of this length, `None` without an end.
    fn periods(self, cycle: Cycle) -> Result<Option<u64>, ParamError> {
        let months = match self {
            Self::Months(months) => u64::from(months),
            Self::Years(years) => 12 * u64::from(years),
            Self::Forever => return Ok(None),
        };
        let each = u64::from(cycle.months());
        if months.is_multiple_of(each) {
            Ok(Some(months / each))
        } else {
            Err(ParamError::new("term", "a whole number of the margin's periods", months))
        }
    }
}

/// When the first margin arrives, and who pays it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum FirstPayment {
    /// At once, by every customer: a subscription paid in advance.
    Now,
    /// At the end of the first period, by every customer.
    PeriodEnd,
    /// At the end of the first period, by the customers who stayed through it.
    PeriodEndIfRetained,
}

/// A margin that comes every period as long as the customer stays.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[doc(alias("customer lifetime value", "customer_lifetime_value", "CLV", "LTV"))]
pub struct MarginStream {
    margin: Margin,
    rate: AnnualRate,
    term: Term,
    retention: f64,
    retention_per: Cycle,
    first_payment: FirstPayment,
}

impl MarginStream {
    /// Every customer pays `margin` at the end of each period of `term`; nobody leaves
    /// until [`with_retention`](Self::with_retention) says so.
    #[must_use]
    pub const fn new(margin: Margin, rate: AnnualRate, term: Term) -> Self {
        Self {
            margin,
            rate,
            term,
            retention: 1.0,
            retention_per: Cycle::Year,
            first_payment: FirstPayment::PeriodEnd,
        }
    }

    /// The share of customers, in `[0, 1]`, that stays from one `per` to the next. A
    /// share per year with a monthly margin becomes its twelfth root per month.
    #[must_use]
    pub const fn with_retention(self, share: f64, per: Cycle) -> Self {
        Self { retention: share, retention_per: per, ..self }
    }

    /// When the first margin arrives: at the end of the first period if not said here.
    #[must_use]
    pub const fn with_first_payment(self, first_payment: FirstPayment) -> Self {
        Self { first_payment, ..self }
    }

    /// What the stream is worth today, in the unit of the margin.
    ///
    /// # Errors
    /// [`Error::Param`] if the margin is not finite, the rate negative or not finite, the
    /// retention outside `[0, 1]`, the term not a whole number of the margin's periods,
    /// or without an end although nobody leaves and nothing is discounted;
    /// [`DataError::Overflow`] if the value is not finite.
    ///
    /// # Examples
    /// ```
    /// use omni_metrics::clv::{AnnualRate, Cycle, Margin, MarginStream, Term};
    ///
    /// // 500 a year, 80 % stay, 5 % interest: 500 / (1 + 0.05 − 0.8).
    /// let stream = MarginStream::new(Margin::yearly(500.0), AnnualRate::new(0.05), Term::Forever)
    ///     .with_retention(0.8, Cycle::Year);
    /// assert!((stream.value()? - 2000.0).abs() < 1e-9);
    /// # Ok::<(), omni_metrics::Error>(())
    /// ```
    pub fn value(&self) -> Result<f64, Error> {
        let amount = check::finite("margin", self.margin.amount)?;
        let retention = check::fraction("retention", self.retention)?;
        let cycle = self.margin.every;
        let log_growth = self.rate.log_growth(cycle)?;
        let share = f64::from(cycle.months()) / f64::from(self.retention_per.months());
        let log_q = retention.ln() * share - log_growth;
        let sum = match self.term.periods(cycle)? {
            Some(periods) => geometric_sum(log_q, periods),
            None => endless_sum(log_q)?,
        };
        let delay = match self.first_payment {
            FirstPayment::Now => 0.0,
            FirstPayment::PeriodEnd => -log_growth,
            FirstPayment::PeriodEndIfRetained => log_q,
        };
        finite(amount * (sum * delay.exp()))
    }
}

/// The present value of 1 at the end of each of `periods` periods, `rate` being the
/// rate of one period: `(1 − (1 + d)⁻ⁿ) / d`, and `n` for `d = 0`.
///
/// # Errors
/// [`ParamError`] if the rate is negative or not finite.
///
/// # Examples
/// ```
/// use omni_metrics::clv::annuity_factor;
///
/// assert!((annuity_factor(0.05, 5)? - 4.329_476_670_630_819).abs() < 1e-14);
/// assert_eq!(annuity_factor(0.0, 5)?, 5.0);
/// # Ok::<(), omni_metrics::Error>(())
/// ```
pub fn annuity_factor(rate: f64, periods: u32) -> Result<f64, Error> {
    let growth = check::non_negative("rate", rate)?.ln_1p();
    Ok(geometric_sum(-growth, u64::from(periods)) * (-growth).exp())
}

/// `Σ_{k=0}^{n−1} q^k` for `q` in `[0, 1]`, given by its logarithm.
fn geometric_sum(log_q: f64, n: u64) -> f64 {
    if n == 0 {
        0.0
    } else if log_q == 0.0 {
        n as f64
    } else {
        (log_q * n as f64).exp_m1() / log_q.exp_m1()
    }
}

/// `Σ_{k=0}^{∞} q^k`, which needs `q < 1`.
fn endless_sum(log_q: f64) -> Result<f64, Error> {
    let sum = -1.0 / log_q.exp_m1();
    if sum > 0.0 && sum.is_finite() {
        Ok(sum)
    } else {
        let rule = "limited where nobody leaves and nothing is discounted";
        Err(ParamError::new("term", rule, "forever").into())
    }
}

fn finite(value: f64) -> Result<f64, Error> {
    if value.is_finite() { Ok(value) } else { Err(DataError::Overflow { name: "margin" }.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_testkit::assert_close;

    fn yearly(amount: f64, rate: f64, term: Term) -> MarginStream {
        MarginStream::new(Margin::yearly(amount), AnnualRate::new(rate), term)
    }

    /// What the source document may have meant.
    #[test]
    fn consistent_readings_of_the_source_document() {
        let month = Margin::monthly(100.0);
        let five = Term::Years(5);
        let cases = [
            (yearly(500.0, 0.05, five), 2_164.738_335_315_409_6),
            (MarginStream::new(month, AnnualRate::new(0.05), five), 5_313.383_810_289_936),
            (MarginStream::new(month, AnnualRate::nominal(0.05), five), 5_299.070_632_392_732_5),
            (yearly(1200.0, 0.05, five), 5_195.372_004_756_983),
            (MarginStream::new(month, AnnualRate::new(0.0), five), 6_000.0),
            (yearly(500.0, 0.05, five).with_retention(0.8, Cycle::Year), 1_486.508_291_543_230_6),
            (yearly(500.0, 0.05, Term::Forever).with_retention(0.8, Cycle::Year), 2_000.0),
        ];
        for (stream, expected) in cases {
            assert_close!(stream.value().unwrap(), expected, 1e-12, "{stream:?}");
        }
        let literal = annuity_factor(0.05, 5).unwrap() * 100.0 * 500.0;
        assert_close!(literal, 216_473.833_531_540_93, 1e-12);
    }

    #[test]
    fn the_first_payment_moves_the_value() {
        let stream = yearly(100.0, 0.05, Term::Forever).with_retention(0.3, Cycle::Year);
        let retained = FirstPayment::PeriodEndIfRetained;
        assert_close!(stream.with_first_payment(FirstPayment::Now).value().unwrap(), 140.0, 1e-12);
        assert_close!(stream.with_first_payment(retained).value().unwrap(), 40.0, 1e-12);
        assert_close!(stream.value().unwrap(), 100.0 / 0.75, 1e-12);
    }

    #[test]
    fn retention_is_brought_to_the_margins_period() {
        let term = Term::Months(24);
        let monthly = MarginStream::new(Margin::monthly(1.0), AnnualRate::new(0.1), term);
        let per_year = monthly.with_retention(0.5, Cycle::Year).value().unwrap();
        let per_month = monthly.with_retention(0.5_f64.powf(1.0 / 12.0), Cycle::Month);
        assert_close!(per_year, per_month.value().unwrap(), 1e-13);
        let quarterly =
            MarginStream::new(Margin::new(1.0, Cycle::Quarter), AnnualRate::new(0.0), term);
        assert_close!(
            quarterly.with_retention(0.9, Cycle::Month).value().unwrap(),
            (1.0 - 0.9_f64.powi(24)) / (1.0 - 0.9_f64.powi(3)),
            1e-13
        );
    }

    /// `n − n(n+1)/2 d + n(n+1)(n+2)/6 d² − …` is exact to the last digit for tiny rates.
    #[test]
    fn no_digit_is_lost_for_tiny_rates() {
        for rate in [5e-324, 1e-300, 1e-18, 1e-15, 1e-12, 1e-10] {
            let n = 60.0;
            let series =
                n - n * (n + 1.0) / 2.0 * rate + n * (n + 1.0) * (n + 2.0) / 6.0 * rate * rate;
            assert_close!(annuity_factor(rate, 60).unwrap(), series, 1e-15, "{rate}");
        }
    }

    #[test]
    fn nobody_stays_or_no_time_is_left() {
        let gone = yearly(7.0, 0.0, Term::Forever).with_retention(0.0, Cycle::Month);
        assert_eq!(gone.value().unwrap(), 7.0);
        let retained = gone.with_first_payment(FirstPayment::PeriodEndIfRetained);
        assert_eq!(retained.value().unwrap(), 0.0);
        assert_eq!(yearly(7.0, 0.1, Term::Years(0)).value().unwrap(), 0.0);
        assert_eq!(gone.with_retention(-0.0, Cycle::Year).value().unwrap(), 7.0);
        assert_eq!(annuity_factor(-0.0, 0).unwrap(), 0.0);
    }

    #[test]
    fn bad_settings_are_named() {
        let forever = Term::Forever;
        let endless = "limited where nobody leaves and nothing is discounted";
        let whole = "a whole number of the margin's periods";
        let cases = [
            (yearly(f64::NAN, 0.1, forever), ParamError::new("margin", "finite", f64::NAN)),
            (yearly(1.0, -0.1, forever), ParamError::new("rate", "non-negative and finite", -0.1)),
            (
                yearly(1.0, f64::INFINITY, forever),
                ParamError::new("rate", "non-negative and finite", f64::INFINITY),
            ),
            (
                yearly(1.0, 0.1, forever).with_retention(1.5, Cycle::Year),
                ParamError::new("retention", "in [0, 1]", 1.5),
            ),
            (yearly(1.0, 0.1, Term::Months(18)), ParamError::new("term", whole, 18_u32)),
            (yearly(1.0, 0.0, forever), ParamError::new("term", endless, "forever")),
            (yearly(1.0, 1e-310, forever), ParamError::new("term", endless, "forever")),
        ];
        for (stream, expected) in cases {
            assert_eq!(stream.value(), Err(Error::Param(expected)), "{stream:?}");
        }
        let huge = yearly(f64::MAX, 0.0, Term::Years(2)).value();
        assert_eq!(huge, Err(Error::Data(DataError::Overflow { name: "margin" })));
    }

    #[test]
    fn the_longest_term_and_the_highest_rate() {
        let longest = Term::Years(u32::MAX);
        let monthly = MarginStream::new(Margin::monthly(1.0), AnnualRate::new(0.0), longest);
        assert_eq!(monthly.value().unwrap(), 12.0 * f64::from(u32::MAX));
        assert_close!(
            yearly(1.0, 0.05, longest).value().unwrap(),
            yearly(1.0, 0.05, Term::Forever).value().unwrap(),
            1e-15
        );
        assert_close!(yearly(1.0, f64::MAX, longest).value().unwrap(), 1.0 / f64::MAX, 1e-12);
    }
}
