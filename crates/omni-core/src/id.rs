//! Names of things: small numbers of our own, and the bijection to the caller's keys.
//!
//! Inside, everything is a dense number from 0 (customers, variants, channels: `u32`;
//! orders, lines, events: `u64`), so that a column is a plain slice and a table a
//! plain vector. [`Index`] holds the keys a caller knows (SKU, e-mail, UUID) beside them.

use crate::error::ParamError;
use crate::record::stored_as_text;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::str::FromStr;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(transparent))]
        pub struct $name($inner);

        impl $name {
            /// The id with this number.
            #[must_use]
            pub const fn new(number: $inner) -> Self {
                Self(number)
            }

            /// Its number.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl From<$inner> for $name {
            fn from(number: $inner) -> Self {
                Self(number)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

id! {
    /// A person or company that buys.
    CustomerId(u32);
    /// A product: what a customer calls one thing, in all its sizes and colors.
    ProductId(u32);
    /// A variant of a product: what is stocked, priced and sold; one [`Sku`] each.
    VariantId(u32);
    /// A way of selling: web shop, store, app, marketplace.
    ChannelId(u32);
    /// A place that holds stock.
    LocationId(u32);
    /// An order.
    OrderId(u64);
    /// A line of an order.
    OrderLineId(u64);
    /// A payment of an order.
    PaymentId(u64);
    /// A shipment or pickup of an order.
    ShipmentId(u64);
    /// A return of delivered goods.
    ReturnId(u64);
    /// Something a person did: saw, searched, put into the cart.
    EventId(u64);
}

/// The code a variant is sold under: 1 to 64 characters, trimmed, compared exactly.
///
/// Real codes hold letters, digits, blanks and more (`85123A`, `POST`, `MUG-SAN-L`);
/// only control characters are refused.
///
/// # Examples
/// ```
/// use omni_core::Sku;
///
/// assert_eq!(Sku::new(" 85123A ")?.as_str(), "85123A");
/// assert!(Sku::new("  ").is_err());
/// # Ok::<(), omni_core::error::ParamError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sku(Box<str>);

impl Sku {
    /// Takes the code without the blanks around it.
    ///
    /// # Errors
    /// [`ParamError`] if nothing is left, if more than 64 characters are left or one
    /// of them is a control character.
    pub fn new(code: &str) -> Result<Self, ParamError> {
        let code = code.trim();
        let well_formed =
            (1..=64).contains(&code.chars().count()) && !code.chars().any(char::is_control);
        if well_formed {
            Ok(Self(code.into()))
        } else {
            let shown: String = code.chars().take(64).collect();
            Err(ParamError::new(
                "sku",
                "1 to 64 characters without control characters",
                shown.as_str(),
            ))
        }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Sku {
    type Err = ParamError;

    fn from_str(code: &str) -> Result<Self, ParamError> {
        Self::new(code)
    }
}

stored_as_text!(Sku);

impl Borrow<str> for Sku {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A bijection between a caller's keys and the numbers `0..len`.
///
/// Numbers are given in the order in which keys first appear, so the same input gives
/// the same numbers. Serialized as the list of keys; a list with a repeated key is refused.
/// `Debug` shows how many keys there are: they may be e-mail addresses.
///
/// # Examples
/// ```
/// use omni_core::Index;
///
/// let mut index = Index::new();
/// assert_eq!(index.insert("red".to_string())?, 0);
/// assert_eq!(index.insert("blue".to_string())?, 1);
/// assert_eq!(index.insert("red".to_string())?, 0);
/// assert_eq!(index.get("blue"), Some(1));
/// assert_eq!(index.key(1).map(String::as_str), Some("blue"));
/// # Ok::<(), omni_core::error::ParamError>(())
/// ```
#[derive(Clone)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(
        try_from = "Vec<K>",
        into = "Vec<K>",
        bound(
            serialize = "K: Clone + serde::Serialize",
            deserialize = "K: Clone + Eq + Hash + serde::Deserialize<'de>"
        )
    )
)]
pub struct Index<K> {
    keys: Vec<K>,
    numbers: HashMap<K, u32>,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self { keys: Vec::new(), numbers: HashMap::new() }
    }
}

impl<K> fmt::Debug for Index<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("keys", &self.len()).finish_non_exhaustive()
    }
}

impl<K: PartialEq> PartialEq for Index<K> {
    fn eq(&self, other: &Self) -> bool {
        self.keys == other.keys
    }
}

impl<K> Index<K> {
    /// An index without keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key of a number, if the number was given.
    #[must_use]
    pub fn key(&self, number: u32) -> Option<&K> {
        self.keys.get(number as usize)
    }

    /// All keys; the position of a key is its number.
    #[must_use]
    pub fn keys(&self) -> &[K] {
        &self.keys
    }
}

impl<K: Eq + Hash> Index<K> {
    /// The number of a key, if it has one.
    pub fn get<Q>(&self, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.numbers.get(key).copied()
    }
}

impl<K: Eq + Hash + Clone> Index<K> {
    /// The number of `key`, a new one if the key is new.
    ///
    /// # Errors
    /// [`ParamError`] if all 2³² - 1 numbers are taken.
    pub fn insert(&mut self, key: K) -> Result<u32, ParamError> {
        if let Some(&number) = self.numbers.get(&key) {
            return Ok(number);
        }
        let number = u32::try_from(self.keys.len())
            .ok()
            .filter(|&n| n < u32::MAX)
            .ok_or_else(|| ParamError::new("index", "below 4294967295 keys", self.keys.len()))?;
        self.keys.push(key.clone());
        self.numbers.insert(key, number);
        Ok(number)
    }
}

impl<K: Eq + Hash + Clone> TryFrom<Vec<K>> for Index<K> {
    type Error = ParamError;

    fn try_from(keys: Vec<K>) -> Result<Self, ParamError> {
        let mut index = Self::new();
        for (position, key) in keys.into_iter().enumerate() {
            if index.insert(key)? as usize != position {
                return Err(ParamError::new("keys", "distinct; repeated at position", position));
            }
        }
        Ok(index)
    }
}

impl<K> From<Index<K>> for Vec<K> {
    fn from(index: Index<K>) -> Self {
        index.keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skus_are_trimmed_and_bounded() {
        let long = "x".repeat(65);
        for bad in ["", "  ", "a\nb", "\u{7f}", long.as_str()] {
            assert!(Sku::new(bad).is_err(), "{bad:?}");
        }
        for good in ["85123A", "BANK CHARGES", "é", &long[..64]] {
            assert_eq!(Sku::new(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn ids_parse_what_they_print() {
        assert_eq!("17".parse::<OrderId>().unwrap().to_string(), "17");
        assert!("-1".parse::<CustomerId>().is_err());
    }

    #[test]
    fn an_index_is_a_bijection() {
        let index = Index::try_from(vec!["b", "a", "c"]).unwrap();
        for (number, key) in index.keys().iter().enumerate() {
            assert_eq!(index.get(key), Some(number as u32));
        }
        assert_eq!((index.len(), index.key(3)), (3, None));
        assert_eq!(Vec::from(index), ["b", "a", "c"]);
        assert!(Index::try_from(vec![1, 2, 1]).is_err());
    }

    #[test]
    fn an_index_does_not_show_its_keys() {
        let index = Index::try_from(vec!["ada@old.example", "bob@mail.example"]).unwrap();
        assert_eq!(format!("{index:?}"), "Index { keys: 2, .. }");
    }

    #[test]
    fn skus_are_looked_up_by_text() {
        let mut index = Index::new();
        index.insert(Sku::new("85123A").unwrap()).unwrap();
        assert_eq!(index.get("85123A"), Some(0));
    }
}
