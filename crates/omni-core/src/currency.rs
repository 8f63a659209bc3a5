//! The currencies of ISO 4217 that can be paid with, and their decimals.
//!
//! Codes without a minor unit (gold `XAU`, test code `XTS`, no currency `XXX` and ten
//! more) name no amount that could be paid, so they are refused.
//!
//! Source: ISO 4217, list one of 2026-01-01.

use crate::error::ParamError;
use crate::record::stored_as_text;
use std::fmt;
use std::str::FromStr;

/// A payable currency of ISO 4217.
///
/// # Examples
/// ```
/// use omni_core::Currency;
///
/// let yen: Currency = "JPY".parse()?;
/// assert_eq!((yen.code(), yen.exponent(), yen.numeric()), ("JPY", 0, 392));
/// assert!("XAU".parse::<Currency>().is_err()); // gold has no minor unit
/// # Ok::<(), omni_core::error::ParamError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    /// Position in [`TABLE`], which is sorted by code.
    row: u8,
}

impl Currency {
    /// British pound.
    pub const GBP: Self = Self::known(*b"GBP");
    /// Euro.
    pub const EUR: Self = Self::known(*b"EUR");
    /// United States dollar.
    pub const USD: Self = Self::known(*b"USD");
    /// Japanese yen, without decimals.
    pub const JPY: Self = Self::known(*b"JPY");

    /// The currency of a three-letter code, upper case.
    ///
    /// # Errors
    /// [`ParamError`] if ISO 4217 has no such code or nothing can be paid in it.
    pub fn new(code: &str) -> Result<Self, ParamError> {
        TABLE
            .binary_search_by(|(known, ..)| known.as_slice().cmp(code.as_bytes()))
            .map(Self::at)
            .map_err(|_| {
                let shown: String = code.chars().take(8).collect();
                ParamError::new("currency", "a payable ISO 4217 code", shown.as_str())
            })
    }

    #[expect(clippy::cast_possible_truncation, reason = "the table has fewer than 256 rows")]
    const fn at(row: usize) -> Self {
        Self { row: row as u8 }
    }

    /// Only for the constants above: a code that is missing stops the compilation.
    const fn known(code: [u8; 3]) -> Self {
        let mut row = 0;
        loop {
            let known = TABLE[row].0;
            if known[0] == code[0] && known[1] == code[1] && known[2] == code[2] {
                return Self::at(row);
            }
            row += 1;
        }
    }

    /// The three-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        // The table holds ASCII letters only.
        std::str::from_utf8(&TABLE[usize::from(self.row)].0).unwrap_or_default()
    }

    /// The three-digit number; print it as `{:03}`.
    #[must_use]
    pub const fn numeric(self) -> u16 {
        TABLE[self.row as usize].1
    }

    /// The decimals of its minor unit: 2 for the cent, 0, 3 or 4 elsewhere.
    #[must_use]
    pub const fn exponent(self) -> u8 {
        TABLE[self.row as usize].2
    }

    /// Every payable currency, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len()).map(Self::at)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Currency {
    type Err = ParamError;

    fn from_str(code: &str) -> Result<Self, ParamError> {
        Self::new(code)
    }
}

stored_as_text!(Currency);

/// Code, number and decimals, sorted by code.
#[rustfmt::skip]
const TABLE: [([u8; 3], u16, u8); 165] = [
    (*b"AED", 784, 2), (*b"AFN", 971, 2), (*b"ALL", 8, 2), (*b"AMD", 51, 2), (*b"AOA", 973, 2),
    (*b"ARS", 32, 2), (*b"AUD", 36, 2), (*b"AWG", 533, 2), (*b"AZN", 944, 2), (*b"BAM", 977, 2),
    (*b"BBD", 52, 2), (*b"BDT", 50, 2), (*b"BHD", 48, 3), (*b"BIF", 108, 0), (*b"BMD", 60, 2),
    (*b"BND", 96, 2), (*b"BOB", 68, 2), (*b"BOV", 984, 2), (*b"BRL", 986, 2), (*b"BSD", 44, 2),
    (*b"BTN", 64, 2), (*b"BWP", 72, 2), (*b"BYN", 933, 2), (*b"BZD", 84, 2), (*b"CAD", 124, 2),
    (*b"CDF", 976, 2), (*b"CHE", 947, 2), (*b"CHF", 756, 2), (*b"CHW", 948, 2), (*b"CLF", 990, 4),
    (*b"CLP", 152, 0), (*b"CNY", 156, 2), (*b"COP", 170, 2), (*b"COU", 970, 2), (*b"CRC", 188, 2),
    (*b"CUP", 192, 2), (*b"CVE", 132, 2), (*b"CZK", 203, 2), (*b"DJF", 262, 0), (*b"DKK", 208, 2),
    (*b"DOP", 214, 2), (*b"DZD", 12, 2), (*b"EGP", 818, 2), (*b"ERN", 232, 2), (*b"ETB", 230, 2),
    (*b"EUR", 978, 2), (*b"FJD", 242, 2), (*b"FKP", 238, 2), (*b"GBP", 826, 2), (*b"GEL", 981, 2),
    (*b"GHS", 936, 2), (*b"GIP", 292, 2), (*b"GMD", 270, 2), (*b"GNF", 324, 0), (*b"GTQ", 320, 2),
    (*b"GYD", 328, 2), (*b"HKD", 344, 2), (*b"HNL", 340, 2), (*b"HTG", 332, 2), (*b"HUF", 348, 2),
    (*b"IDR", 360, 2), (*b"ILS", 376, 2), (*b"INR", 356, 2), (*b"IQD", 368, 3), (*b"IRR", 364, 2),
    (*b"ISK", 352, 0), (*b"JMD", 388, 2), (*b"JOD", 400, 3), (*b"JPY", 392, 0), (*b"KES", 404, 2),
    (*b"KGS", 417, 2), (*b"KHR", 116, 2), (*b"KMF", 174, 0), (*b"KPW", 408, 2), (*b"KRW", 410, 0),
    (*b"KWD", 414, 3), (*b"KYD", 136, 2), (*b"KZT", 398, 2), (*b"LAK", 418, 2), (*b"LBP", 422, 2),
    (*b"LKR", 144, 2), (*b"LRD", 430, 2), (*b"LSL", 426, 2), (*b"LYD", 434, 3), (*b"MAD", 504, 2),
    (*b"MDL", 498, 2), (*b"MGA", 969, 2), (*b"MKD", 807, 2), (*b"MMK", 104, 2), (*b"MNT", 496, 2),
    (*b"MOP", 446, 2), (*b"MRU", 929, 2), (*b"MUR", 480, 2), (*b"MVR", 462, 2), (*b"MWK", 454, 2),
    (*b"MXN", 484, 2), (*b"MXV", 979, 2), (*b"MYR", 458, 2), (*b"MZN", 943, 2), (*b"NAD", 516, 2),
    (*b"NGN", 566, 2), (*b"NIO", 558, 2), (*b"NOK", 578, 2), (*b"NPR", 524, 2), (*b"NZD", 554, 2),
    (*b"OMR", 512, 3), (*b"PAB", 590, 2), (*b"PEN", 604, 2), (*b"PGK", 598, 2), (*b"PHP", 608, 2),
    (*b"PKR", 586, 2), (*b"PLN", 985, 2), (*b"PYG", 600, 0), (*b"QAR", 634, 2), (*b"RON", 946, 2),
    (*b"RSD", 941, 2), (*b"RUB", 643, 2), (*b"RWF", 646, 0), (*b"SAR", 682, 2), (*b"SBD", 90, 2),
    (*b"SCR", 690, 2), (*b"SDG", 938, 2), (*b"SEK", 752, 2), (*b"SGD", 702, 2), (*b"SHP", 654, 2),
    (*b"SLE", 925, 2), (*b"SOS", 706, 2), (*b"SRD", 968, 2), (*b"SSP", 728, 2), (*b"STN", 930, 2),
    (*b"SVC", 222, 2), (*b"SYP", 760, 2), (*b"SZL", 748, 2), (*b"THB", 764, 2), (*b"TJS", 972, 2),
    (*b"TMT", 934, 2), (*b"TND", 788, 3), (*b"TOP", 776, 2), (*b"TRY", 949, 2), (*b"TTD", 780, 2),
    (*b"TWD", 901, 2), (*b"TZS", 834, 2), (*b"UAH", 980, 2), (*b"UGX", 800, 0), (*b"USD", 840, 2),
    (*b"USN", 997, 2), (*b"UYI", 940, 0), (*b"UYU", 858, 2), (*b"UYW", 927, 4), (*b"UZS", 860, 2),
    (*b"VED", 926, 2), (*b"VES", 928, 2), (*b"VND", 704, 0), (*b"VUV", 548, 0), (*b"WST", 882, 2),
    (*b"XAD", 396, 2), (*b"XAF", 950, 0), (*b"XCD", 951, 2), (*b"XCG", 532, 2), (*b"XOF", 952, 0),
    (*b"XPF", 953, 0), (*b"YER", 886, 2), (*b"ZAR", 710, 2), (*b"ZMW", 967, 2), (*b"ZWG", 924, 2),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_counts_as_published() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
        let count = |exponent| Currency::all().filter(|c| c.exponent() == exponent).count();
        assert_eq!([count(0), count(2), count(3), count(4)], [17, 139, 7, 2]);
    }

    #[test]
    fn every_code_is_found_and_nothing_else() {
        for currency in Currency::all() {
            assert_eq!(Currency::new(currency.code()), Ok(currency));
        }
        for bad in ["", "XAU", "XXX", "eur", "EURO", "E€", "ZZZ"] {
            assert!(Currency::new(bad).is_err(), "{bad}");
        }
    }
}
