//! Purchase orders to suppliers, X12 850.
//!
//! ```text
//! BEG  number, date          CUR  currency      DTM*002  wanted on
//! N1*BY, N1*ST, N3, N4       who buys, where to
//! PO1  line, quantity, unit, price, codes       PID  description
//! CTT  number of lines, sum of quantities
//! ```
//!
//! Lengths are those of version 004010. A value with a separator in it cannot be written and
//! is an error, named by segment and element.
//!
//! Source: ANSI ASC X12 850, version 004010.

use super::EdiError;
use super::value::ItemCodes;
use super::x12::Draft;
use chrono::NaiveDate;
use omni_core::customer::Address;
use omni_core::{Currency, UnitPrice};
use std::fmt;

/// What is ordered from a supplier.
///
/// # Examples
/// ```
/// use chrono::NaiveDate;
/// use omni_core::Currency;
/// use omni_ingest::edi::{ItemCodes, PurchaseLine, PurchaseOrder};
///
/// let date = NaiveDate::from_ymd_opt(2025, 3, 28).unwrap();
/// let mut order = PurchaseOrder::new("PO-77", date, Currency::GBP);
/// let codes = ItemCodes { gtin: Some("4006381333931".into()), ..Default::default() };
/// order.lines.push(PurchaseLine::new(1, 12, "6.80 GBP".parse()?, codes));
/// let draft = order.draft()?; // for an X12Writer with the function "PO"
/// assert_eq!(draft.len(), 4); // BEG, CUR, PO1, CTT
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PurchaseOrder {
    /// Its number, 1 to 22 characters.
    pub number: String,
    /// Its date.
    pub date: NaiveDate,
    /// The currency of its prices.
    pub currency: Currency,
    /// When the goods are wanted.
    pub wanted: Option<NaiveDate>,
    /// Who buys.
    pub buyer: Option<Place>,
    /// Where the goods go.
    pub ship_to: Option<Place>,
    /// What is ordered.
    pub lines: Vec<PurchaseLine>,
}

/// A company or a place of it. `Debug` leaves out the address.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Place {
    /// What the supplier calls it: a number it gave (`92`), 2 to 80 characters; may be empty.
    pub code: String,
    /// Its name and address.
    pub address: Address,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("code", &self.code).finish_non_exhaustive()
    }
}

/// One line of a purchase order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PurchaseLine {
    /// Its number, which acknowledgment and ship notice name.
    pub line: u32,
    /// Units ordered.
    pub quantity: u32,
    /// The unit: `EA` is a piece, `CA` a case.
    pub unit: String,
    /// The price of one unit.
    pub price: UnitPrice,
    /// What is ordered; at least one code.
    pub codes: ItemCodes,
    /// What it is called; may be empty.
    pub description: String,
}

impl PurchaseLine {
    /// Pieces of something.
    #[must_use]
    pub fn new(line: u32, quantity: u32, price: UnitPrice, codes: ItemCodes) -> Self {
        Self { line, quantity, unit: "EA".to_owned(), price, codes, description: String::new() }
    }
}

impl PurchaseOrder {
    /// An order without lines.
    #[must_use]
    pub fn new(number: &str, date: NaiveDate, currency: Currency) -> Self {
        Self {
            number: number.to_owned(),
            date,
            currency,
            wanted: None,
            buyer: None,
            ship_to: None,
            lines: Vec::new(),
        }
    }

    /// The order as a transaction 850.
    ///
    /// # Errors
    /// [`EdiError::Length`] if a value is too short or too long for its element; a line
    /// without a code or of another currency lacks its element.
    pub fn draft(&self) -> Result<Draft, EdiError> {
        let mut draft = Draft::new("850");
        let day = |date: NaiveDate| date.format("%Y%m%d").to_string();
        fits("BEG", 3, 1, 22, &self.number)?;
        draft.segment("BEG", ["00", "NE", &self.number, "", &day(self.date)]);
        draft.segment("CUR", ["BY", self.currency.code()]);
        if let Some(wanted) = self.wanted {
            draft.segment("DTM", ["002", &day(wanted)]);
        }
        for (role, place) in [("BY", &self.buyer), ("ST", &self.ship_to)] {
            if let Some(place) = place {
                place.put(&mut draft, role)?;
            }
        }
        let mut sum = 0_u64;
        for line in &self.lines {
            line.put(&mut draft, self.currency)?;
            sum += u64::from(line.quantity);
        }
        draft.segment("CTT", [self.lines.len().to_string(), sum.to_string()]);
        Ok(draft)
    }
}

impl Place {
    fn put(&self, draft: &mut Draft, role: &str) -> Result<(), EdiError> {
        let Address { name, street, city, region, postal_code, country } = &self.address;
        fits("N1", 2, 1, 60, name)?;
        if self.code.is_empty() {
            draft.segment("N1", [role, name]);
        } else {
            fits("N1", 4, 2, 80, &self.code)?;
            draft.segment("N1", [role, name, "92", &self.code]);
        }
        if !street.is_empty() {
            fits("N3", 1, 1, 55, street)?;
            draft.segment("N3", [street]);
        }
        for (element, least, most, text) in
            [(1, 2, 30, city), (2, 2, 2, region), (3, 3, 15, postal_code), (4, 2, 3, country)]
        {
            if !text.is_empty() {
                fits("N4", element, least, most, text)?;
            }
        }
        if [city, region, postal_code, country].into_iter().any(|part| !part.is_empty()) {
            draft.segment("N4", [city, region, postal_code, country].map(String::as_str));
        }
        Ok(())
    }
}

impl PurchaseLine {
    fn put(&self, draft: &mut Draft, currency: Currency) -> Result<(), EdiError> {
        fits("PO1", 3, 2, 2, &self.unit)?;
        let price = self.price.to_string();
        // A price of another currency is no price of this order.
        let price = match price.split_once(' ') {
            Some((price, code)) if code == currency.code() => price,
            _ => "",
        };
        fits("PO1", 4, 1, 17, price)?;
        let mut elements = vec![
            self.line.to_string(),
            self.quantity.to_string(),
            self.unit.clone(),
            price.to_owned(),
            String::new(),
        ];
        let ItemCodes { gtin, supplier, buyer } = &self.codes;
        for (qualifier, code) in [("EN", gtin), ("VN", supplier), ("SK", buyer)] {
            if let Some(code) = code {
                fits("PO1", elements.len() + 2, 1, 48, code)?;
                elements.extend([qualifier.to_owned(), code.clone()]);
            }
        }
        if self.codes.is_empty() {
            fits("PO1", 7, 1, 48, "")?;
        }
        draft.segment("PO1", elements);
        if !self.description.is_empty() {
            fits("PID", 5, 1, 80, &self.description)?;
            draft.segment("PID", ["F", "", "", "", &self.description]);
        }
        Ok(())
    }
}

fn fits(
    segment: &str,
    element: usize,
    least: usize,
    most: usize,
    text: &str,
) -> Result<(), EdiError> {
    let got = text.chars().count();
    if (least..=most).contains(&got) {
        Ok(())
    } else {
        Err(EdiError::Length { segment: segment.to_owned(), element, least, most, got })
    }
}
