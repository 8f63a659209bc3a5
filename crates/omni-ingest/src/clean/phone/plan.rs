//! Numbering plans: what a country's telephone numbers look like, as far as lengths go.

use std::fmt;

/// A country or territory whose numbering plan is known.
///
/// # Examples
/// ```
/// use omni_ingest::clean::phone::Region;
///
/// assert_eq!(Region::new("GB").map(Region::calling_code), Some(44));
/// assert_eq!(Region::new("XX"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region(&'static Plan);

impl Region {
    /// The region of an ISO 3166-1 code of two letters, upper case; `None` if its plan is
    /// not known here.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        PLANS.iter().find(|plan| plan.region == code).map(Self)
    }

    /// Its ISO 3166-1 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.0.region
    }

    /// What is dialed after `+`.
    #[must_use]
    pub const fn calling_code(self) -> u16 {
        self.0.calling
    }

    /// All regions, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        PLANS.iter().map(Self)
    }

    /// The first region of a calling code.
    pub(super) fn of_calling_code(calling: u16) -> Option<Self> {
        let main = MAIN.iter().find(|(code, _)| *code == calling).map(|(_, region)| *region);
        let is_it = |plan: &&Plan| main.map_or(plan.calling == calling, |main| plan.region == main);
        PLANS.iter().find(is_it).map(Self)
    }

    pub(super) const fn plan(self) -> &'static Plan {
        self.0
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.region)
    }
}

/// What is known of a numbering plan.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Plan {
    region: &'static str,
    pub(super) calling: u16,
    /// Dialed before a calling code, instead of `+`.
    pub(super) international: &'static str,
    /// Dialed before a number of the same country; the longest fitting one is taken.
    pub(super) trunk: &'static [&'static str],
    /// Bit n: a national number may have n digits.
    lengths: u32,
    /// Bit n: it may have n digits where the area is left out.
    local: u32,
    /// Most digits of an ordinary national number.
    pub(super) usual: usize,
}

impl Plan {
    /// Whether a national number of so many digits is complete.
    pub(super) const fn is_complete(&self, digits: usize) -> bool {
        digits < 32 && self.lengths >> digits & 1 == 1
    }

    /// Whether a number of so many digits can be dialed somewhere.
    pub(super) const fn is_possible(&self, digits: usize) -> bool {
        digits < 32 && (self.lengths | self.local) >> digits & 1 == 1
    }

    /// Most digits of a national number.
    pub(super) const fn longest(&self) -> usize {
        31_usize.saturating_sub(self.lengths.leading_zeros() as usize)
    }
}

/// The bits of `from..=to`.
const fn range(from: u32, to: u32) -> u32 {
    ((1 << (to + 1)) - 1) & !((1 << from) - 1)
}

/// The bits of some lengths.
const fn bits(lengths: &[u32]) -> u32 {
    let (mut set, mut at) = (0, 0);
    while at < lengths.len() {
        set |= 1 << lengths[at];
        at += 1;
    }
    set
}

const fn plan(
    region: &'static str,
    calling: u16,
    trunk: &'static [&'static str],
    lengths: u32,
    usual: usize,
) -> Plan {
    Plan { region, calling, international: "00", trunk, lengths, local: 0, usual }
}

impl Plan {
    const fn dialing(self, international: &'static str) -> Self {
        Self { international, ..self }
    }

    const fn with_local(self, local: u32) -> Self {
        Self { local, ..self }
    }
}

/// The North American plan.
const fn nanp(region: &'static str) -> Plan {
    plan(region, 1, &["1"], bits(&[10]), 10).dialing("011").with_local(bits(&[7]))
}

const NONE: &[&str] = &[];
const ZERO: &[&str] = &["0"];

/// The region that stands for a calling code several share.
const MAIN: &[(u16, &str)] =
    &[(1, "US"), (7, "RU"), (44, "GB"), (39, "IT"), (47, "NO"), (358, "FI")];

/// By region.
///
/// Facts of the national plans as the ITU and the national regulators publish them
/// (ITU-T E.164 and its Operational Bulletin): the calling code, the prefixes, and how
/// many digits a number has. Old forms still found in records are among the prefixes
/// (Mexico, Belarus, Lithuania).
static PLANS: &[Plan] = &[
    plan("AD", 376, NONE, bits(&[6, 8, 9]), 6),
    plan("AE", 971, ZERO, range(5, 12), 9).with_local(bits(&[7])),
    nanp("AG"),
    plan("AL", 355, ZERO, range(6, 9), 9).with_local(bits(&[5])),
    plan("AM", 374, ZERO, bits(&[8]), 8).with_local(bits(&[5, 6])),
    plan("AR", 54, ZERO, bits(&[10, 11]), 11).with_local(range(6, 8)),
    plan("AT", 43, ZERO, range(4, 13), 13).with_local(bits(&[3])),
    plan("AU", 61, ZERO, range(5, 10) | bits(&[12]), 10).dialing("0011"),
    plan("AZ", 994, ZERO, bits(&[9]), 9).with_local(bits(&[7])),
    plan("BA", 387, ZERO, bits(&[8, 9]), 9).with_local(bits(&[6])),
    nanp("BB"),
    plan("BD", 880, ZERO, range(6, 10), 10),
    plan("BE", 32, ZERO, bits(&[8, 9]), 9),
    plan("BG", 359, ZERO, range(6, 9) | bits(&[11, 12]), 9).with_local(bits(&[4, 5])),
    plan("BH", 973, NONE, bits(&[8]), 8),
    plan("BO", 591, ZERO, bits(&[8, 9]), 9).with_local(bits(&[7])),
    plan("BR", 55, ZERO, range(8, 11), 11),
    nanp("BS"),
    plan("BY", 375, &["80", "8", "0"], range(6, 11), 9).dialing("810").with_local(bits(&[5])),
    nanp("CA"),
    plan("CH", 41, ZERO, bits(&[9, 12]), 9),
    plan("CL", 56, NONE, range(9, 11), 9).with_local(bits(&[7, 8])),
    plan("CN", 86, ZERO, range(7, 12), 11).with_local(bits(&[5, 6])),
    plan("CO", 57, ZERO, bits(&[8, 10, 11]), 10).with_local(bits(&[7])),
    plan("CR", 506, NONE, bits(&[8, 10]), 8),
    plan("CY", 357, NONE, bits(&[8]), 8),
    plan("CZ", 420, NONE, range(9, 12), 9),
    plan("DE", 49, ZERO, range(4, 15), 11).with_local(bits(&[2, 3])),
    plan("DK", 45, NONE, bits(&[8]), 8),
    nanp("DO"),
    plan("DZ", 213, ZERO, bits(&[8, 9]), 9),
    plan("EC", 593, ZERO, range(8, 11), 9).with_local(bits(&[7])),
    plan("EE", 372, NONE, bits(&[7, 8, 10]), 8),
    plan("EG", 20, ZERO, range(8, 10), 10).with_local(bits(&[6, 7])),
    plan("ES", 34, NONE, bits(&[9]), 9),
    plan("FI", 358, ZERO, range(5, 12), 10),
    plan("FO", 298, NONE, bits(&[6]), 6),
    plan("FR", 33, ZERO, bits(&[9]), 9),
    plan("GB", 44, ZERO, bits(&[7, 9, 10]), 10).with_local(range(4, 8)),
    plan("GE", 995, ZERO, bits(&[9]), 9).with_local(bits(&[6, 7])),
    plan("GG", 44, ZERO, bits(&[7, 9, 10]), 10).with_local(bits(&[6])),
    plan("GH", 233, ZERO, bits(&[8, 9]), 9).with_local(bits(&[7])),
    plan("GI", 350, NONE, bits(&[8]), 8),
    plan("GL", 299, NONE, bits(&[6]), 6),
    plan("GR", 30, NONE, range(10, 12), 10),
    plan("GT", 502, NONE, bits(&[8, 11]), 8),
    plan("HK", 852, NONE, range(5, 9) | bits(&[11]), 8),
    plan("HR", 385, ZERO, range(6, 9), 9),
    plan("HU", 36, &["06"], bits(&[8, 9]), 9).with_local(bits(&[6, 7])),
    plan("ID", 62, ZERO, range(7, 17), 12).dialing("001").with_local(bits(&[5, 6])),
    plan("IE", 353, ZERO, range(7, 10), 9).with_local(bits(&[5, 6])),
    plan("IL", 972, ZERO, range(7, 12), 9),
    plan("IM", 44, ZERO, bits(&[10]), 10).with_local(bits(&[6])),
    plan("IN", 91, ZERO, range(8, 13), 10).with_local(bits(&[6, 7])),
    plan("IS", 354, NONE, bits(&[7, 9]), 7),
    plan("IT", 39, NONE, range(6, 12), 11),
    plan("JE", 44, ZERO, bits(&[10]), 10).with_local(bits(&[6])),
    nanp("JM"),
    plan("JO", 962, ZERO, bits(&[8, 9]), 9),
    plan("JP", 81, ZERO, range(8, 17), 10).dialing("010"),
    plan("KE", 254, ZERO, range(7, 10), 9).dialing("000"),
    plan("KR", 82, ZERO, range(5, 14), 11),
    plan("KW", 965, NONE, bits(&[7, 8]), 8),
    plan("KZ", 7, &["8"], bits(&[10, 14]), 10).dialing("810").with_local(range(5, 7)),
    plan("LI", 423, ZERO, bits(&[7, 9]), 7),
    plan("LK", 94, ZERO, bits(&[9]), 9).with_local(bits(&[7])),
    plan("LT", 370, &["0", "8"], bits(&[8]), 8),
    plan("LU", 352, NONE, range(4, 11), 9),
    plan("LV", 371, NONE, bits(&[8]), 8),
    plan("MA", 212, ZERO, bits(&[9]), 9),
    plan("MC", 377, ZERO, bits(&[8, 9]), 9),
    plan("MD", 373, ZERO, bits(&[8]), 8),
    plan("ME", 382, ZERO, bits(&[8, 9]), 8).with_local(bits(&[6])),
    plan("MK", 389, ZERO, bits(&[8]), 8).with_local(bits(&[6, 7])),
    plan("MO", 853, NONE, bits(&[7, 8]), 8),
    plan("MT", 356, NONE, bits(&[8]), 8),
    plan("MX", 52, &["01", "02", "044", "045", "1"], bits(&[10]), 10).with_local(bits(&[7, 8])),
    plan("MY", 60, ZERO, range(8, 10), 10).with_local(bits(&[6, 7])),
    plan("NG", 234, ZERO, bits(&[8, 10, 11]) | range(12, 14), 10)
        .dialing("009")
        .with_local(range(5, 7)),
    plan("NL", 31, ZERO, range(5, 11), 9),
    plan("NO", 47, NONE, bits(&[5, 8]), 8),
    plan("NP", 977, ZERO, bits(&[8, 10, 11]), 10).with_local(bits(&[6, 7])),
    plan("NZ", 64, ZERO, range(5, 10), 10),
    plan("OM", 968, NONE, range(7, 9), 8),
    plan("PA", 507, NONE, bits(&[7, 8, 10, 11]), 8),
    plan("PE", 51, ZERO, bits(&[8, 9]), 9).with_local(bits(&[6, 7])),
    plan("PH", 63, ZERO, bits(&[6]) | range(8, 13), 10).with_local(bits(&[4, 5, 7])),
    plan("PK", 92, ZERO, range(8, 12), 10).with_local(range(5, 7)),
    plan("PL", 48, NONE, range(6, 9), 9),
    nanp("PR"),
    plan("PT", 351, NONE, bits(&[9]), 9),
    plan("PY", 595, ZERO, range(6, 11), 9).with_local(bits(&[5])),
    plan("QA", 974, NONE, bits(&[7, 8, 11]), 8),
    plan("RO", 40, ZERO, bits(&[6, 9]), 9),
    plan("RS", 381, ZERO, range(6, 12), 9).with_local(bits(&[4, 5])),
    plan("RU", 7, &["8"], bits(&[10, 14]), 10).dialing("810").with_local(bits(&[7])),
    plan("SA", 966, ZERO, range(8, 10), 9).with_local(bits(&[7])),
    plan("SE", 46, ZERO, range(6, 10) | bits(&[12]), 9),
    plan("SG", 65, NONE, bits(&[8, 10, 11]), 8),
    plan("SI", 386, ZERO, range(5, 8), 8),
    plan("SK", 421, ZERO, bits(&[6, 7, 9]), 9),
    plan("SM", 378, NONE, range(6, 10), 10),
    plan("TH", 66, ZERO, range(8, 10) | bits(&[13]), 9),
    plan("TN", 216, NONE, bits(&[8]), 8),
    plan("TR", 90, ZERO, bits(&[7, 10, 12, 13]), 10),
    nanp("TT"),
    plan("TW", 886, ZERO, range(7, 11), 9),
    plan("UA", 380, ZERO, bits(&[9, 10]), 9).with_local(range(5, 7)),
    nanp("US"),
    plan("UY", 598, ZERO, range(6, 13), 8),
    plan("VA", 39, NONE, range(6, 12), 11),
    plan("VE", 58, ZERO, bits(&[10]), 10).with_local(bits(&[7])),
    plan("VN", 84, ZERO, range(7, 10), 10),
    plan("XK", 383, ZERO, range(8, 12), 9),
    plan("ZA", 27, ZERO, bits(&[5]) | range(7, 10), 9),
];

/// The assigned calling code that some digits begin with, and how many digits it has. No
/// code begins with another, so there is one at most.
pub(super) fn calling_code(digits: &[u8]) -> Option<(u16, usize)> {
    let mut code = 0_u16;
    for (at, digit) in digits.iter().take(3).enumerate() {
        code = code * 10 + u16::from(digit.checked_sub(b'0')?);
        if is_assigned(code, at + 1) {
            return Some((code, at + 1));
        }
    }
    None
}

/// ITU-T E.164, list of assigned country codes.
const fn is_assigned(code: u16, digits: usize) -> bool {
    match digits {
        1 => matches!(code, 1 | 7),
        2 => matches!(
            code,
            20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81 | 82 | 84 | 86
                | 90..=95 | 98
        ),
        _ => matches!(
            code,
            211..=213 | 216 | 218 | 220..=258 | 260..=269 | 290 | 291 | 297..=299 | 350..=359
                | 370..=378 | 380..=383 | 385..=387 | 389 | 420 | 421 | 423 | 500..=509
                | 590..=599 | 670 | 672..=683 | 685..=692 | 800 | 808 | 850 | 852 | 853 | 855
                | 856 | 870 | 878 | 880..=883 | 886 | 888 | 960..=968 | 970..=977 | 979
                | 992..=996 | 998
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_sorted_and_sound() {
        assert!(PLANS.is_sorted_by(|a, b| a.region < b.region));
        for plan in PLANS {
            assert!(plan.is_complete(plan.usual), "{}", plan.region);
            assert!(plan.usual <= plan.longest(), "{}", plan.region);
            let digits = plan.calling.to_string();
            let found = calling_code(digits.as_bytes());
            assert_eq!(found, Some((plan.calling, digits.len())), "{}", plan.region);
            assert_eq!(Region::of_calling_code(plan.calling).unwrap().calling_code(), plan.calling);
        }
        for (code, region) in MAIN {
            assert_eq!(Region::of_calling_code(*code).unwrap().code(), *region);
        }
    }

    #[test]
    fn no_calling_code_begins_with_another() {
        let assigned = |code: u16| is_assigned(code, code.to_string().len());
        for code in (1..1000).filter(|code| assigned(*code)) {
            assert!(code < 10 || !assigned(code / 10), "{code}");
            assert!(code < 100 || !assigned(code / 100), "{code}");
        }
        assert_eq!(calling_code(b"0"), None);
        assert_eq!(calling_code(b"999"), None);
    }
}
