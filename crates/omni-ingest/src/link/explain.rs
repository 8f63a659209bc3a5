//! The waterfall of a pair: from how common matches are to its probability.

use std::fmt;

/// Weights in bits, step by step; `Display` prints them as a table with bars. No value of a
/// row is in it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Waterfall {
    /// Bits for a match before anything is compared.
    pub prior: f64,
    /// What every comparison says; missing values say nothing.
    pub steps: Vec<WaterfallStep>,
    /// All bits together.
    pub weight: f64,
    /// Probability of a match.
    pub probability: f64,
}

/// What one comparison says.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct WaterfallStep {
    /// The column.
    pub column: String,
    /// How the values compare.
    pub level: String,
    /// Bits for a match.
    pub weight: f64,
}

impl fmt::Display for Waterfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<16} {:<26} {:>8.2}", "prior", "", self.prior)?;
        for step in &self.steps {
            writeln!(
                f,
                "{:<16} {:<26} {:>+8.2} {}",
                step.column,
                step.level,
                step.weight,
                bar(step.weight)
            )?;
        }
        writeln!(f, "{:<16} {:<26} {:>+8.2}", "together", "", self.weight)?;
        write!(f, "probability {:.6}", self.probability)
    }
}

/// A sign for every bit, at most forty.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most forty")]
fn bar(weight: f64) -> String {
    let sign = if weight < 0.0 { "-" } else { "+" };
    sign.repeat(weight.abs().clamp(0.0, 40.0).round() as usize)
}
