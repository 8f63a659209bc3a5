//! What may be wrong with a transaction and with what stands around it.

/// What is wrong with one transaction. It costs no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Defect {
    /// `SE01` is not the number of segments from `ST` to `SE`.
    Count {
        /// What it says; `None` if that is no number.
        declared: Option<u64>,
        /// How many there are.
        found: u64,
    },
    /// `SE02` is not `ST02`.
    Control,
    /// It does not begin with `ST`.
    NoHeader,
    /// Another transaction or the end of the group comes before `SE`.
    NoTrailer,
    /// The input ends before `SE`.
    Truncated,
    /// It is longer than the limits. Only its beginning is kept.
    TooLong,
    /// It is not UTF-8. The parts that are not read `U+FFFD`.
    Encoding,
    /// It holds a NUL byte.
    Nul,
}

/// What is wrong with an envelope. Its transactions are read all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum EnvelopeDefect {
    /// `GE01` is not the number of transactions of the group.
    GroupCount {
        /// What it says; `None` if that is no number.
        declared: Option<u64>,
        /// How many there are.
        found: u64,
    },
    /// `GE02` is not `GS06`.
    GroupControl,
    /// The group has no `GE`.
    NoGroupTrailer,
    /// A transaction or a `GE` stands outside a group.
    NoGroup,
    /// `IEA01` is not the number of groups of the interchange.
    InterchangeCount {
        /// What it says; `None` if that is no number.
        declared: Option<u64>,
        /// How many there are.
        found: u64,
    },
    /// `IEA02` is not `ISA13`.
    InterchangeControl,
    /// The interchange has no `IEA`.
    NoInterchangeTrailer,
    /// The elements of `ISA` do not have their fixed lengths. They are read by their
    /// separators.
    HeaderLength,
    /// Something between two interchanges is none.
    Garbage,
}

/// Something wrong with an envelope, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Finding {
    /// The first byte of the segment it shows at, from 0.
    pub at: u64,
    /// What it is.
    pub defect: EnvelopeDefect,
}
