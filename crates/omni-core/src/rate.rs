//! Rates: shares in exact parts per million.
//!
//! ```text
//! 8.875 % = 88 750 ppm      rate = ppm / 1 000 000
//! ```
//!
//! Four decimals of a percent hold every published sales tax and value-added tax
//! (Quebec's 9.975 % is 99 750 ppm) without a float: what is rounded is the amount,
//! once, and never the rate. A rate may be negative or above 100 %; who uses it for a tax
//! or a discount checks its range.

use crate::decimal::Decimal;
use crate::error::ParamError;
use crate::money::{MoneyError, plain_decimal};
use crate::record::stored_as_text;
use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

/// A share in parts per million, printed and read as a percentage.
///
/// With the feature `serde` it is its text, `"8.875 %"`.
///
/// # Examples
/// ```
/// use omni_core::Rate;
///
/// let new_york: Rate = "8.875 %".parse()?;
/// assert_eq!(new_york, Rate::from_ppm(88_750));
/// assert_eq!(new_york.to_string(), "8.875 %");
/// assert!("8.87501 %".parse::<Rate>().is_err()); // never rounded
/// # Ok::<(), omni_core::MoneyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate {
    ppm: i64,
}

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self::from_ppm(0);
    /// The whole: 100 %.
    pub const WHOLE: Self = Self::from_ppm(1_000_000);
    /// Parts in the whole.
    pub(crate) const PARTS: NonZeroU64 = NonZeroU64::MIN.saturating_add(999_999);

    /// So many parts per million: `88_750` for 8.875 %.
    #[must_use]
    pub const fn from_ppm(ppm: i64) -> Self {
        Self { ppm }
    }

    /// The parts per million.
    #[must_use]
    pub const fn ppm(self) -> i64 {
        self.ppm
    }
}

/// Decimals of a percentage that parts per million hold.
const DECIMALS: u8 = 4;

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = Decimal { mantissa: self.ppm, scale: DECIMALS }.trim();
        f.pad(&format!("{percent} %"))
    }
}

impl FromStr for Rate {
    type Err = MoneyError;

    /// Reads a percentage, `8.875 %` or `8.875%`; the sign is required, since a bare
    /// number could as well be a fraction.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let percent = text.strip_suffix('%').map(|rest| rest.strip_suffix(' ').unwrap_or(rest));
        let refused = |rule| {
            let shown: String = text.chars().take(32).collect();
            MoneyError::from(ParamError::new("rate", rule, shown.as_str()))
        };
        let percent = percent.ok_or_else(|| refused("a percentage such as 8.875 %"))?;
        let decimal = plain_decimal("rate", percent)?;
        if decimal.trim().scale() > DECIMALS {
            return Err(refused("a percentage of at most 4 decimals"));
        }
        let ppm = decimal.rescale(DECIMALS).ok_or(MoneyError::Overflow { operation: "parse" })?;
        Ok(Self { ppm })
    }
}

stored_as_text!(Rate);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_exact() {
        let cases = [
            ("0 %", 0),
            ("20 %", 200_000),
            ("8.875 %", 88_750),
            ("9.975 %", 99_750),
            ("0.0001 %", 1),
            ("-5.5 %", -55_000),
            ("922337203685477.5807 %", i64::MAX),
            ("-922337203685477.5808 %", i64::MIN),
        ];
        for (text, ppm) in cases {
            assert_eq!(text.parse(), Ok(Rate::from_ppm(ppm)), "{text}");
            assert_eq!(Rate::from_ppm(ppm).to_string(), text);
        }
        assert_eq!("20.0000000%".parse(), Ok(Rate::from_ppm(200_000)));
        assert!(Rate::ZERO < Rate::WHOLE);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "%", " %", "20", "0.2", "20  %", " 20 %", "1e1 %", "NaN %", "0.00001 %"] {
            let error = text.parse::<Rate>().unwrap_err();
            assert!(matches!(error, MoneyError::Param(_)), "{text:?}: {error}");
        }
        let huge = "922337203685477.5808 %".parse::<Rate>();
        assert_eq!(huge, Err(MoneyError::Overflow { operation: "parse" }));
    }
}
