//! The thirty forms of exponential smoothing: error, trend, season.

use crate::Error;
use omni_core::error::ParamError;
use std::fmt;
use std::str::FromStr;

/// How the one-step errors enter the series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum ErrorKind {
    /// Added to the mean: their spread is the same at every level.
    Additive,
    /// A share of the mean: they grow with the level.
    Multiplicative,
}

/// How the level moves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Trend {
    /// Not at all.
    None,
    /// By a slope per period.
    Additive,
    /// By a slope that fades.
    AdditiveDamped,
    /// By a factor per period.
    Multiplicative,
    /// By a factor that fades to 1.
    MultiplicativeDamped,
}

impl Trend {
    /// Whether the trend fades.
    #[must_use]
    pub const fn is_damped(self) -> bool {
        matches!(self, Self::AdditiveDamped | Self::MultiplicativeDamped)
    }

    /// Whether the trend is a factor.
    #[must_use]
    pub const fn is_multiplicative(self) -> bool {
        matches!(self, Self::Multiplicative | Self::MultiplicativeDamped)
    }
}

/// How the season enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Season {
    /// There is none.
    None,
    /// Added to the level.
    Additive,
    /// A factor of the level.
    Multiplicative,
}

/// One form of the family, such as `MAdM`: error, trend and season.
///
/// # Examples
/// ```
/// use omni_forecast::smoothing::{Form, Trend};
///
/// let form: Form = "MAdM".parse()?;
/// assert_eq!(form.trend, Trend::AdditiveDamped);
/// assert_eq!(form.to_string(), "ETS(M,Ad,M)");
/// # Ok::<(), omni_forecast::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Form {
    /// How the errors enter.
    pub error: ErrorKind,
    /// How the level moves on.
    pub trend: Trend,
    /// How the season enters.
    pub season: Season,
}

const ERRORS: [ErrorKind; 2] = [ErrorKind::Additive, ErrorKind::Multiplicative];
const TRENDS: [Trend; 5] = [
    Trend::None,
    Trend::Additive,
    Trend::AdditiveDamped,
    Trend::Multiplicative,
    Trend::MultiplicativeDamped,
];
const SEASONS: [Season; 3] = [Season::None, Season::Additive, Season::Multiplicative];

impl Form {
    /// A level that follows the series: simple exponential smoothing, `ANN`.
    pub const LEVEL: Self = Self::new(ErrorKind::Additive, Trend::None, Season::None);

    /// A form of its three parts.
    #[must_use]
    pub const fn new(error: ErrorKind, trend: Trend, season: Season) -> Self {
        Self { error, trend, season }
    }

    /// All thirty, the simple ones first.
    pub fn all() -> impl Iterator<Item = Self> {
        SEASONS.into_iter().flat_map(|season| {
            TRENDS.into_iter().flat_map(move |trend| {
                ERRORS.into_iter().map(move |error| Self::new(error, trend, season))
            })
        })
    }

    /// Whether any part is multiplicative: such a form needs values above zero.
    #[must_use]
    pub const fn needs_positive(self) -> bool {
        matches!(self.error, ErrorKind::Multiplicative)
            || self.trend.is_multiplicative()
            || matches!(self.season, Season::Multiplicative)
    }

    /// Whether an additive error meets a multiplicative part, or a multiplicative trend an
    /// additive season: variances that are infinite or forecasts that run away.
    #[must_use]
    pub const fn is_unstable(self) -> bool {
        let additive = matches!(self.error, ErrorKind::Additive);
        let season = matches!(self.season, Season::Multiplicative);
        (additive && (self.trend.is_multiplicative() || season))
            || (self.trend.is_multiplicative() && matches!(self.season, Season::Additive))
    }

    pub(super) const fn has_trend(self) -> bool {
        !matches!(self.trend, Trend::None)
    }

    pub(super) const fn is_seasonal(self) -> bool {
        !matches!(self.season, Season::None)
    }

    /// How many numbers a fit estimates, σ among them: smoothing weights, damping, start
    /// level, start slope and `period − 1` seasonal starts.
    #[must_use]
    pub const fn parameters(self, period: usize) -> usize {
        let season = if self.is_seasonal() { period } else { 0 };
        season.saturating_add(3 + 2 * self.has_trend() as usize + self.trend.is_damped() as usize)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self.error {
            ErrorKind::Additive => "A",
            ErrorKind::Multiplicative => "M",
        };
        let trend = match self.trend {
            Trend::None => "N",
            Trend::Additive => "A",
            Trend::AdditiveDamped => "Ad",
            Trend::Multiplicative => "M",
            Trend::MultiplicativeDamped => "Md",
        };
        let season = match self.season {
            Season::None => "N",
            Season::Additive => "A",
            Season::Multiplicative => "M",
        };
        write!(f, "ETS({error},{trend},{season})")
    }
}

impl FromStr for Form {
    type Err = Error;

    /// Reads `MAdM` or `ETS(M,Ad,M)`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let plain: String = text
            .strip_prefix("ETS")
            .unwrap_or(text)
            .chars()
            .filter(|c| !matches!(c, '(' | ')' | ','))
            .collect();
        let written = |form: &Self| {
            let name = form.to_string();
            name.chars().filter(|c| !matches!(c, '(' | ')' | ',')).skip(3).eq(plain.chars())
        };
        Self::all().find(written).ok_or_else(|| {
            let short: String = text.chars().take(20).collect();
            let rule = "a form such as \"ANN\" or \"MAdM\"";
            ParamError::new("form", rule, short.as_str()).into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_thirty_are_read_back() {
        let all: Vec<Form> = Form::all().collect();
        assert_eq!(all.len(), 30);
        for form in &all {
            let name = form.to_string();
            assert_eq!(name.parse::<Form>().unwrap(), *form);
            let short: String = name[4..].chars().filter(|c| c.is_alphabetic()).collect();
            assert_eq!(short.parse::<Form>().unwrap(), *form, "{short}");
        }
        assert_eq!(all.iter().filter(|f| !f.is_unstable()).count(), 19);
        let tame = |f: &&Form| !f.is_unstable() && !f.trend.is_multiplicative();
        assert_eq!(all.iter().filter(tame).count(), 15);
        for bad in ["", "ZZZ", "ANNN", "annn", "ETS(", &"é".repeat(99)] {
            assert!(bad.parse::<Form>().is_err(), "{bad}");
        }
    }

    #[test]
    fn parameters_are_counted_with_the_start() {
        let count = |name: &str, period| name.parse::<Form>().unwrap().parameters(period);
        // R: alpha, l, sigma; alpha, beta, gamma, phi, l, b, eleven seasons, sigma.
        assert_eq!(count("ANN", 1), 3);
        assert_eq!(count("AAN", 1), 5);
        assert_eq!(count("MNM", 4), 7);
        assert_eq!(count("MAdM", 12), 18);
    }
}
