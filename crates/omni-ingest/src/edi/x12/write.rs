//! Transactions into an interchange.

use super::Separators;
use crate::Error;
use crate::edi::EdiError;
use chrono::NaiveDateTime;
use std::fmt;
use std::io::Write;

/// How a company is named in an interchange.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Party {
    /// What the name is, two characters: `ZZ` is agreed between the two, `01` a D-U-N-S
    /// number, `14` that with a suffix, `12` a telephone number.
    pub qualifier: String,
    /// The name, 1 to 15 characters.
    pub id: String,
}

impl Party {
    /// A name of one's own choice, `ZZ`.
    #[must_use]
    pub fn agreed(id: &str) -> Self {
        Self { qualifier: "ZZ".into(), id: id.into() }
    }
}

/// Whether an interchange is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Usage {
    /// It is only tried.
    #[default]
    Test,
    /// It is meant.
    Production,
}

/// The version of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Version {
    /// 004010, which retail has used most since 1998.
    #[default]
    V4010,
    /// 005010.
    V5010,
}

impl Version {
    /// ISA12 and GS08.
    const fn codes(self) -> (&'static str, &'static str) {
        match self {
            Self::V4010 => ("00401", "004010"),
            Self::V5010 => ("00501", "005010"),
        }
    }
}

/// What stands around the transactions: one interchange of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Who writes.
    pub sender: Party,
    /// Who reads.
    pub receiver: Party,
    /// The number of the interchange, up to 999,999,999: another for every one.
    pub control: u32,
    /// When it is written, in the local time of the sender.
    pub at: NaiveDateTime,
    /// Whether it is meant.
    pub usage: Usage,
    /// Which standard it follows.
    pub version: Version,
    /// The characters between its parts.
    pub separators: Separators,
}

impl Envelope {
    /// A test interchange in version 004010 with the usual separators.
    #[must_use]
    pub fn new(sender: Party, receiver: Party, control: u32, at: NaiveDateTime) -> Self {
        Self {
            sender,
            receiver,
            control,
            at,
            usage: Usage::default(),
            version: Version::default(),
            separators: Separators::USUAL,
        }
    }
}

/// A transaction to be written: its segments without `ST` and `SE`. `Debug` leaves out
/// their elements.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Draft {
    set: String,
    segments: Vec<(String, Vec<String>)>,
}

impl Draft {
    /// No segment of a transaction of this kind: `850`.
    #[must_use]
    pub fn new(set: &str) -> Self {
        Self { set: set.to_owned(), segments: Vec::new() }
    }

    /// Adds a segment. Empty elements at its end are not written.
    pub fn segment<T: Into<String>>(&mut self, name: &str, elements: impl IntoIterator<Item = T>) {
        self.segments.push((name.to_owned(), elements.into_iter().map(Into::into).collect()));
    }

    /// How many segments it has, without `ST` and `SE`.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("set", &self.set)
            .field("segments", &self.len())
            .finish_non_exhaustive()
    }
}

/// Writes one interchange of one group. What cannot be written is an error before a byte of
/// its transaction leaves.
///
/// # Examples
/// ```
/// use chrono::NaiveDate;
/// use omni_ingest::edi::x12::{Draft, Envelope, Party, X12Writer};
///
/// let at = NaiveDate::from_ymd_opt(2025, 3, 28).and_then(|day| day.and_hms_opt(9, 30, 0)).unwrap();
/// let envelope = Envelope::new(Party::agreed("BUYER"), Party::agreed("SELLER"), 7, at);
/// let mut draft = Draft::new("850");
/// draft.segment("BEG", ["00", "NE", "PO1", "", "20250328"]);
/// let mut writer = X12Writer::new(Vec::new(), envelope, "PO")?;
/// writer.write(&draft)?;
/// let text = String::from_utf8(writer.finish()?).unwrap();
/// assert!(text.contains("~ST*850*0001~BEG*00*NE*PO1**20250328~SE*3*0001~GE*1*7~"));
/// # Ok::<(), omni_ingest::Error>(())
/// ```
pub struct X12Writer<W> {
    output: W,
    envelope: Envelope,
    written: u32,
    buffer: String,
}

/// The largest number of nine digits, and of six.
const NINE: u32 = 999_999_999;
const SIX: u32 = 999_999;

impl<W: Write> X12Writer<W> {
    /// Writes the headers of the interchange and of a group of this function: `PO` for
    /// purchase orders, `PR` for acknowledgments, `SH` for ship notices.
    ///
    /// # Errors
    /// [`EdiError::Length`] or [`EdiError::Unwritable`] if a name of the envelope does not
    /// fit, [`EdiError::Count`] if the control number has ten digits, [`Error::Write`].
    pub fn new(output: W, envelope: Envelope, function: &str) -> Result<Self, Error> {
        let mut writer = Self { output, envelope, written: 0, buffer: String::new() };
        let header = writer.headers(function)?;
        writer.flush(&header)?;
        Ok(writer)
    }

    fn headers(&self, function: &str) -> Result<String, EdiError> {
        let Envelope { sender, receiver, control, at, usage, version, separators } = &self.envelope;
        if *control > NINE {
            return Err(EdiError::Count("interchanges"));
        }
        let (interchange_version, group_version) = version.codes();
        // Before version 00402, the eleventh element names the standard.
        let eleventh = match (version, separators.repetition()) {
            (Version::V4010, _) => "U".to_owned(),
            (Version::V5010, Some(repetition)) => repetition.to_string(),
            (Version::V5010, None) => {
                return Err(EdiError::Separators { name: "repetition", byte: 0 });
            }
        };
        for (element, least, most, text) in [
            (5, 2, 2, &sender.qualifier),
            (6, 1, 15, &sender.id),
            (7, 2, 2, &receiver.qualifier),
            (8, 1, 15, &receiver.id),
        ] {
            self.check("ISA", element, text)?;
            // The header is counted in bytes; a name of blanks is none.
            let got = if text.trim().is_empty() { 0 } else { text.len() };
            if !(least..=most).contains(&got) {
                let segment = "ISA".to_owned();
                return Err(EdiError::Length { segment, element, least, most, got });
            }
        }
        let usage = if *usage == Usage::Production { "P" } else { "T" };
        let date = at.format("%y%m%d").to_string();
        let time = at.format("%H%M").to_string();
        let [e, c, end] = [separators.element(), separators.component(), separators.terminator()];
        let mut text = String::from("ISA");
        for part in [
            "00",
            "          ",
            "00",
            "          ",
            &sender.qualifier,
            &format!("{:<15}", sender.id),
            &receiver.qualifier,
            &format!("{:<15}", receiver.id),
            &date,
            &time,
            &eleventh,
            interchange_version,
            &format!("{control:09}"),
            "0",
            usage,
        ] {
            text.push(e);
            text.push_str(part);
        }
        text.extend([e, c, end]);
        let group = [
            function,
            sender.id.trim(),
            receiver.id.trim(),
            &at.format("%Y%m%d").to_string(),
            &time,
            &control.to_string(),
            "X",
            group_version,
        ];
        self.put(&mut text, "GS", &group)?;
        Ok(text)
    }

    /// Writes one transaction, and all or nothing of it.
    ///
    /// # Errors
    /// [`EdiError::Unwritable`] if a value holds a separator or a control character,
    /// [`EdiError::SegmentName`], [`EdiError::Count`] after 999,999 transactions,
    /// [`Error::Write`].
    pub fn write(&mut self, draft: &Draft) -> Result<(), Error> {
        if self.written >= SIX {
            return Err(EdiError::Count("transactions").into());
        }
        let count = draft.len().saturating_add(2);
        if u32::try_from(count).is_ok_and(|count| count > NINE) {
            return Err(EdiError::Count("segments").into());
        }
        let control = format!("{:04}", self.written + 1);
        let mut text = std::mem::take(&mut self.buffer);
        text.clear();
        self.put(&mut text, "ST", &[draft.set.as_str(), &control])?;
        for (name, elements) in &draft.segments {
            self.put(&mut text, name, elements)?;
        }
        self.put(&mut text, "SE", &[count.to_string(), control])?;
        self.flush(&text)?;
        self.buffer = text;
        self.written += 1;
        Ok(())
    }

    /// Writes the trailers.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn finish(mut self) -> Result<W, Error> {
        let control = self.envelope.control;
        let mut text = String::new();
        self.put(&mut text, "GE", &[self.written.to_string(), control.to_string()])?;
        self.put(&mut text, "IEA", &["1".to_owned(), format!("{control:09}")])?;
        self.flush(&text)?;
        self.output.flush().map_err(|error| Error::write(&error))?;
        Ok(self.output)
    }

    /// Appends a segment.
    fn put<T: AsRef<str>>(
        &self,
        text: &mut String,
        name: &str,
        elements: &[T],
    ) -> Result<(), EdiError> {
        let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        if !(2..=3).contains(&name.len()) || !name.chars().all(upper) {
            return Err(EdiError::SegmentName(name.chars().take(16).collect()));
        }
        text.push_str(name);
        let filled = elements.iter().rposition(|element| !element.as_ref().is_empty());
        for (at, element) in elements.iter().take(filled.map_or(0, |last| last + 1)).enumerate() {
            self.check(name, at + 1, element.as_ref())?;
            text.push(self.envelope.separators.element());
            text.push_str(element.as_ref());
        }
        text.push(self.envelope.separators.terminator());
        Ok(())
    }

    /// Whether a value can be written. Components and repetitions are values too: none of
    /// the documents here needs them.
    fn check(&self, name: &str, element: usize, value: &str) -> Result<(), EdiError> {
        let separators = self.envelope.separators;
        match value.chars().find(|c| c.is_control() || separators.contains(*c)) {
            None => Ok(()),
            Some(found) => Err(EdiError::Unwritable { segment: name.to_owned(), element, found }),
        }
    }

    fn flush(&mut self, text: &str) -> Result<(), Error> {
        self.output.write_all(text.as_bytes()).map_err(|error| Error::write(&error))
    }
}

impl<W> fmt::Debug for X12Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("X12Writer").field("written", &self.written).finish_non_exhaustive()
    }
}
