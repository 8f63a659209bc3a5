//! Tax on an amount: net, tax and gross that always add up.
//!
//! ```text
//! exclusive:  net = a,        tax = round(a · r),             gross = net + tax
//! inclusive:  gross = a,      tax = round(a · r / (1 + r)),   net = gross − tax
//! ```
//!
//! `a` is an amount in minor units, `r` the rate of the tax. Only the tax is rounded, once;
//! the third figure is a sum or a difference, so `net + tax == gross` whatever the rounding.
//! The amount is that of a line or of an order, not of a piece: ten pieces at 38.23
//! including 20 % hold 63.72 of tax; rounded by piece it would be 63.70. O(1).
//!
//! Limits: one rate per amount. Two taxes on one base are one rate, their sum, and the tax
//! is divided by [`Money::allocate`]; a tax on a tax has the rate `(1 + r₁)(1 + r₂) − 1`.

use crate::currency::Currency;
use crate::error::ParamError;
use crate::money::{Money, MoneyError};
use crate::rate::Rate;
use crate::record::read_by_fields;
use crate::rounding::{Rounding, round_div};

/// Whether the prices of a list include the tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum TaxMode {
    /// Prices are gross: what a consumer in Europe sees.
    Inclusive,
    /// Prices are net: what a consumer in the United States or a company sees.
    Exclusive,
}

/// An amount without its tax, its tax, and both together, in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize))]
pub struct Taxed {
    net: Money,
    tax: Money,
    gross: Money,
}

impl Taxed {
    /// `amount` with a tax already known: `amount` is gross or net as `mode` says.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn new(amount: Money, tax: Money, mode: TaxMode) -> Result<Self, MoneyError> {
        Ok(match mode {
            TaxMode::Inclusive => Self { net: amount.try_sub(tax)?, tax, gross: amount },
            TaxMode::Exclusive => Self { net: amount, tax, gross: amount.try_add(tax)? },
        })
    }

    /// Nothing, in a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { net: zero, tax: zero, gross: zero }
    }

    /// The amount without the tax.
    #[must_use]
    pub const fn net(self) -> Money {
        self.net
    }

    /// The tax.
    #[must_use]
    pub const fn tax(self) -> Money {
        self.tax
    }

    /// The amount with the tax.
    #[must_use]
    pub const fn gross(self) -> Money {
        self.gross
    }

    /// The sums of many; nothing if there is none.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn try_sum(
        currency: Currency,
        parts: impl IntoIterator<Item = Self, IntoIter: Clone>,
    ) -> Result<Self, MoneyError> {
        let parts = parts.into_iter();
        Ok(Self {
            net: Money::try_sum(currency, parts.clone().map(Self::net))?,
            tax: Money::try_sum(currency, parts.clone().map(Self::tax))?,
            gross: Money::try_sum(currency, parts.map(Self::gross))?,
        })
    }

    /// Equal parts for refunds piece by piece: gross and tax are split as by
    /// [`Money::split`], and each part adds up.
    ///
    /// # Errors
    /// [`MoneyError::Param`] if `parts` is zero.
    ///
    /// # Examples
    /// ```
    /// use omni_core::{Currency, Money, Rate, Rounding, TaxMode, tax::split_tax};
    ///
    /// let line = Money::new(1000, Currency::EUR); // three pieces for 10.00
    /// let line = split_tax(line, "19 %".parse()?, TaxMode::Inclusive, Rounding::HalfUp)?;
    /// let refunds: Vec<_> = line.split(3)?.map(|t| (t.gross().minor(), t.tax().minor())).collect();
    /// assert_eq!(refunds, [(334, 54), (333, 53), (333, 53)]);
    /// # Ok::<(), omni_core::MoneyError>(())
    /// ```
    pub fn split(self, parts: u32) -> Result<impl Iterator<Item = Self> + Clone, MoneyError> {
        let (gross, tax) = (self.gross.split(parts)?, self.tax.split(parts)?);
        Ok(gross.zip(tax).map(|(gross, tax)| {
            // Within one unit of net / parts, and equal to it for one part: it fits.
            let net = Money::new(gross.minor() - tax.minor(), gross.currency());
            Self { net, tax, gross }
        }))
    }
}

/// Splits an amount into net, tax and gross; only the tax is rounded.
///
/// A negative amount, a credit, mirrors the positive one where the rounding does.
///
/// # Errors
/// [`MoneyError::Param`] if the rate is negative, [`MoneyError::Overflow`] if the tax or
/// the gross amount does not fit.
///
/// # Examples
/// ```
/// use omni_core::{Currency, Money, Rate, Rounding, TaxMode, tax::split_tax};
///
/// let line = Money::new(38_230, Currency::GBP); // ten times 38.23 including 20 %
/// let split = split_tax(line, "20 %".parse()?, TaxMode::Inclusive, Rounding::HalfUp)?;
/// assert_eq!((split.net().minor(), split.tax().minor()), (31_858, 6_372));
/// # Ok::<(), omni_core::MoneyError>(())
/// ```
pub fn split_tax(
    amount: Money,
    rate: Rate,
    mode: TaxMode,
    rounding: Rounding,
) -> Result<Taxed, MoneyError> {
    let Ok(parts) = u64::try_from(rate.ppm()) else {
        return Err(ParamError::new("rate", "at least 0 %", rate.to_string().as_str()).into());
    };
    let whole = match mode {
        TaxMode::Inclusive => Rate::PARTS.saturating_add(parts),
        TaxMode::Exclusive => Rate::PARTS,
    };
    let tax = round_div(i128::from(amount.minor()) * i128::from(parts), whole, rounding);
    Taxed::new(amount, amount.with(i64::try_from(tax).ok(), "a tax")?, mode)
}

read_by_fields! {
    Taxed { net: Money, tax: Money, gross: Money } => match Self::new(net, tax, TaxMode::Exclusive) {
        Ok(split) if split.gross == gross => Ok(split),
        Ok(_) => {
            let gross = gross.to_string();
            Err(ParamError::new("gross", "the sum of net and tax", gross.as_str()).into())
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Rounding::{HalfEven, HalfUp};
    use TaxMode::{Exclusive, Inclusive};

    const EUR: Currency = Currency::EUR;

    fn split(amount: i64, ppm: i64, mode: TaxMode, rounding: Rounding) -> [i64; 3] {
        let split = split_tax(Money::new(amount, EUR), Rate::from_ppm(ppm), mode, rounding);
        let split = split.unwrap();
        [split.net(), split.tax(), split.gross()].map(Money::minor)
    }

    #[test]
    fn known_cases() {
        assert_eq!(split(3_823, 200_000, Inclusive, HalfUp), [3_186, 637, 3_823]);
        assert_eq!(split(38_230, 200_000, Inclusive, HalfUp), [31_858, 6_372, 38_230]);
        assert_eq!(split(2_499, 107_500, Exclusive, HalfUp), [2_499, 269, 2_768]);
        assert_eq!(split(2_499, 107_500, Inclusive, HalfUp), [2_256, 243, 2_499]);
        assert_eq!(split(1_999, 88_750, Exclusive, HalfUp), [1_999, 177, 2_176]);
        assert_eq!(split(100, 99_750, Exclusive, HalfUp), [100, 10, 110]);
        assert_eq!(split(-3_823, 200_000, Inclusive, HalfUp), [-3_186, -637, -3_823]);
        assert_eq!(split(999, 0, Inclusive, HalfUp), [999, 0, 999]);
    }

    #[test]
    fn ties_follow_the_rounding() {
        assert_eq!(split(5, 100_000, Exclusive, HalfUp), [5, 1, 6]);
        assert_eq!(split(5, 100_000, Exclusive, HalfEven), [5, 0, 5]);
    }

    #[test]
    fn the_ends_of_the_range_are_typed_errors() {
        let most = Money::new(i64::MAX, EUR);
        let overflow = |operation| Err(MoneyError::Overflow { operation });
        assert_eq!(split_tax(most, Rate::from_ppm(1), Exclusive, HalfUp), overflow("an addition"));
        assert_eq!(split_tax(most, Rate::from_ppm(i64::MAX), Exclusive, HalfUp), overflow("a tax"));
        let [net, tax, gross] = split(i64::MAX, i64::MAX, Inclusive, HalfUp);
        assert_eq!((net + tax, gross), (i64::MAX, i64::MAX));
        assert!(net >= 0 && tax >= 0);
        let negative = split_tax(most, Rate::from_ppm(-1), Inclusive, HalfUp);
        assert!(matches!(negative, Err(MoneyError::Param(_))));
    }

    #[test]
    fn parts_add_up_each_and_together() {
        for (net, tax) in [(i64::MIN, i64::MAX), (841, 159), (-841, -159), (0, 2), (5, -3)] {
            let whole = Taxed::new(Money::new(net, EUR), Money::new(tax, EUR), Exclusive).unwrap();
            for n in 1..5 {
                let parts = whole.split(n).unwrap();
                assert!(parts.clone().all(|p| p.net().try_add(p.tax()) == Ok(p.gross())));
                assert_eq!(Taxed::try_sum(EUR, parts), Ok(whole));
            }
        }
        assert!(Taxed::zero(EUR).split(0).is_err());
        assert_eq!(Taxed::try_sum(EUR, []), Ok(Taxed::zero(EUR)));
    }
}
