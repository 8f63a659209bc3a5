//! The catalog: which product a channel means by a code.
//!
//! The same mug is `MUG-SAN-L` in the web shop, `00037` at the till and something else on
//! each marketplace. A catalog joins these codes to one product key; a code it does not
//! know is a mistake worth rejecting (`unknown_sku`). Spreadsheets drop the zeros in front
//! of a code of digits: such a code is found again if exactly one code of the channel
//! equals it without its zeros. Looking up is O(length of the code).

use crate::Error;
use crate::record::{Dialect, RecordReader};
use crate::schema::Header;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::io;

/// Product keys and the codes of each channel.
///
/// # Examples
/// ```
/// use omni_ingest::Catalog;
///
/// let mut catalog = Catalog::new();
/// catalog.insert("P1", "shopify", "MUG-SAN-L")?;
/// catalog.insert("P1", "square", "00037")?;
/// let found = catalog.codes("square").and_then(|codes| codes.find("37")).unwrap();
/// assert_eq!((found.product, found.padded), ("P1", Some("00037")));
/// # Ok::<(), omni_ingest::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    channels: BTreeMap<String, Codes>,
}

/// The codes of one channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Codes {
    products: FxHashMap<Box<str>, Box<str>>,
    /// Codes of digits without the zeros in front; `None` if several would share it.
    stripped: FxHashMap<Box<str>, Option<Box<str>>>,
}

/// A code that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Known<'a> {
    /// The key of the product.
    pub product: &'a str,
    /// The code with the zeros it had lost, if it had lost any.
    pub padded: Option<&'a str>,
}

impl Codes {
    /// Looks a code up.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<Known<'_>> {
        if let Some(product) = self.products.get(code) {
            return Some(Known { product, padded: None });
        }
        // Only zeros in front may have been lost: the rest must be equal.
        let padded = self.stripped.get(code.trim_start_matches('0'))?.as_deref()?;
        let product = self.products.get(padded)?;
        (code.len() < padded.len()).then_some(Known { product, padded: Some(padded) })
    }

    /// How many codes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.products.len()
    }

    /// Whether there is no code.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.products.is_empty()
    }
}

impl Catalog {
    /// A catalog without products.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a table with one product a row: the column `product_id` and a column
    /// `sku_<channel>` for each channel; other columns and empty codes are passed over.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Empty`], [`Error::NoHeader`], [`Error::MissingColumns`] if
    /// there is no `product_id`; [`Error::Param`] if a row is malformed or one code means
    /// two products.
    pub fn read(input: impl io::Read) -> Result<Self, Error> {
        Self::read_in(input, Dialect::csv())
    }

    /// Reads a table written in another dialect.
    ///
    /// # Errors
    /// See [`read`](Self::read).
    pub fn read_in(input: impl io::Read, dialect: Dialect) -> Result<Self, Error> {
        let mut records = RecordReader::new(input, dialect)?;
        let names = records.header()?;
        let mut header = Header::new(&names);
        let id = header.required(&["product_id"]);
        header.finish("catalog")?;
        let mut catalog = Self::new();
        while let Some(record) = records.next_record()? {
            if record.defect().is_some() {
                let rule = "well-formed in every record; broken is record";
                return Err(omni_core::ParamError::new("catalog", rule, record.number()).into());
            }
            for (name, code) in names.iter().zip(record.iter()) {
                let channel = name.strip_prefix("sku_");
                if let Some(channel) = channel.filter(|_| !code.trim().is_empty()) {
                    catalog.insert(id.of(&record).trim(), channel, code.trim())?;
                }
            }
        }
        Ok(catalog)
    }

    /// Says that a channel sells a product under a code.
    ///
    /// # Errors
    /// [`Error::Param`] if the channel uses the code for another product.
    pub fn insert(&mut self, product: &str, channel: &str, code: &str) -> Result<(), Error> {
        let codes = self.channels.entry(channel.to_string()).or_default();
        match codes.products.get(code) {
            Some(known) if **known == *product => return Ok(()),
            Some(_) => {
                return Err(omni_core::ParamError::new("code", "of one product", code).into());
            }
            None => {}
        }
        codes.products.insert(code.into(), product.into());
        if code.bytes().all(|byte| byte.is_ascii_digit()) {
            let stripped = code.trim_start_matches('0');
            let known = codes.stripped.entry(stripped.into());
            known.and_modify(|code| *code = None).or_insert_with(|| Some(code.into()));
        }
        Ok(())
    }

    /// The codes of a channel.
    #[must_use]
    pub fn codes(&self, channel: &str) -> Option<&Codes> {
        self.channels.get(channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_zeros_are_found_only_if_one_code_fits() {
        let mut catalog = Catalog::new();
        for (product, code) in
            [("A", "00037"), ("B", "0042"), ("C", "00042"), ("D", "X0"), ("E", "000")]
        {
            catalog.insert(product, "till", code).unwrap();
        }
        let codes = catalog.codes("till").unwrap();
        let padded = |code| codes.find(code).map(|known| known.padded);
        assert_eq!(padded("00037"), Some(None));
        assert_eq!(padded("037"), Some(Some("00037")));
        assert_eq!(padded("42"), None); // two codes
        assert_eq!(padded("0000037"), None); // zeros were added, not lost
        assert_eq!(padded("x0"), None);
        assert_eq!(padded("0"), Some(Some("000")));
        assert_eq!(catalog.codes("shop"), None);
    }

    #[test]
    fn a_code_means_one_product() {
        let mut catalog = Catalog::new();
        catalog.insert("A", "till", "1").unwrap();
        catalog.insert("A", "till", "1").unwrap();
        assert!(catalog.insert("B", "till", "1").is_err());
        assert_eq!(catalog.codes("till").unwrap().find("1").unwrap().product, "A");
        catalog.insert("B", "shop", "1").unwrap();
    }

    #[test]
    fn it_reads_a_table_and_refuses_a_broken_one() {
        let table = "product_id,gtin,sku_shop,sku_till\nP1,1,A,001\nP2,2,,002\n";
        let catalog = Catalog::read(table.as_bytes()).unwrap();
        assert_eq!(catalog.codes("till").unwrap().find("2").unwrap().product, "P2");
        assert_eq!(
            (catalog.codes("shop").unwrap().len(), catalog.codes("till").unwrap().len()),
            (1, 2)
        );
        for bad in
            ["", "sku_shop\nA\n", "product_id,sku_shop\nP1\n", "product_id,sku_a\nP1,x\nP2,x\n"]
        {
            assert!(Catalog::read(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
