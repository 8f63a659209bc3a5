//! What a well-formed record says: lines of a sale, or what a person did; and who.

use crate::sale::SaleLine;
use chrono::{DateTime, Utc};
use omni_core::event::EventKind;
use std::borrow::Cow;
use std::fmt;
use std::{iter, slice, vec};

/// What a record says, as far as it could be typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed<'a> {
    /// What happened.
    pub content: Content<'a>,
    /// Who it happened to, if the record says anything about a person.
    pub contact: Option<Box<Contact<'a>>>,
}

/// What happened according to a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Content<'a> {
    /// It could not be typed.
    Nothing,
    /// One line of a sale or a return. In a box: what is known of a record is handed on several
    /// times, which takes longer than an allocation if it is large.
    Line(Box<SaleLine<'a>>),
    /// A whole order: all its lines, one at least.
    Order(Vec<SaleLine<'a>>),
    /// What a person did.
    Activity(Box<Activity<'a>>),
}

impl<'a> Parsed<'a> {
    /// A record that could not be typed.
    pub const NOTHING: Self = Self { content: Content::Nothing, contact: None };

    /// One line, if it could be typed, without a person.
    #[must_use]
    #[inline]
    pub fn line(line: Option<SaleLine<'a>>) -> Self {
        let content = line.map_or(Content::Nothing, |line| Content::Line(Box::new(line)));
        Self { content, contact: None }
    }

    /// With what the record says about a person; nothing is added if it says nothing.
    #[must_use]
    pub fn with_contact(mut self, contact: Contact<'a>) -> Self {
        self.contact = (!contact.is_empty()).then(|| Box::new(contact));
        self
    }

    /// Its lines.
    #[must_use]
    pub fn lines(&self) -> &[SaleLine<'a>] {
        match &self.content {
            Content::Line(line) => slice::from_ref(&**line),
            Content::Order(lines) => lines,
            Content::Nothing | Content::Activity(_) => &[],
        }
    }

    /// What the person did, if the record is an event.
    #[must_use]
    pub fn activity(&self) -> Option<&Activity<'a>> {
        match &self.content {
            Content::Activity(activity) => Some(activity),
            _ => None,
        }
    }

    /// Its lines.
    pub(crate) fn into_lines(
        self,
    ) -> iter::Chain<std::option::IntoIter<SaleLine<'a>>, vec::IntoIter<SaleLine<'a>>> {
        let (line, lines) = match self.content {
            Content::Line(line) => (Some(*line), Vec::new()),
            Content::Order(lines) => (None, lines),
            Content::Nothing | Content::Activity(_) => (None, Vec::new()),
        };
        line.into_iter().chain(lines)
    }
}

macro_rules! contact {
    ($($(#[$doc:meta])* $field:ident)*) => {
        /// What a channel knows of a person, as it is written there; empty where it says nothing.
        ///
        /// Nothing is cleaned: that is for the comparison of persons. `Debug` says which fields
        /// are filled, not with what.
        #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
        pub struct Contact<'a> {
            $($(#[$doc])* pub $field: Cow<'a, str>,)*
        }

        impl Contact<'_> {
            /// Whether it says nothing.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                $(self.$field.is_empty())&&*
            }

            /// The same, independent of the file.
            #[must_use]
            pub fn into_owned(self) -> Contact<'static> {
                Contact { $($field: Cow::Owned(self.$field.into_owned()),)* }
            }
        }

        impl fmt::Debug for Contact<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut filled = f.debug_set();
                $(if !self.$field.is_empty() {
                    filled.entry(&stringify!($field));
                })*
                filled.finish()
            }
        }
    };
}

contact! {
    /// The whole name, where the channel does not split it.
    name
    /// Given name.
    given_name
    /// Surname.
    surname
    /// E-mail address.
    email
    /// Telephone number.
    phone
    /// House and street.
    street
    /// City.
    city
    /// State, province or county.
    region
    /// Postal code.
    postal_code
    /// Country as the channel writes it.
    country
    /// An address in one text, where the channel does not split it.
    address
    /// The number of the loyalty card.
    loyalty
    /// What the channel calls the customer: valid in that channel alone.
    account
    /// A device, browser or session.
    device
    /// Whether the person agrees to be written to: `yes`, `no`.
    marketing
}

/// What a person did: a view, an addition to the cart, an order that was completed.
///
/// `Debug` leaves out who it was.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Activity<'a> {
    /// What the channel calls the message; empty if it has no name.
    pub message: Cow<'a, str>,
    /// What the channel calls what was done: `add_to_cart`, `Product Viewed`.
    pub name: Cow<'a, str>,
    /// What that means, if it is known.
    pub kind: Option<EventKind>,
    /// When.
    pub at: DateTime<Utc>,
    /// With which article, as the channel codes it; empty if with none.
    pub sku: Cow<'a, str>,
    /// The key of the product in the [`Catalog`](crate::Catalog), if one was given.
    pub product: Option<Cow<'a, str>>,
    /// The number of the order it is about; empty if about none.
    pub order: Cow<'a, str>,
}

impl Activity<'_> {
    /// The same, independent of the file.
    #[must_use]
    pub fn into_owned(self) -> Activity<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Activity {
            message: owned(self.message),
            name: owned(self.name),
            sku: owned(self.sku),
            product: self.product.map(owned),
            order: owned(self.order),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_shows_what_it_knows_but_not_who_it_is() {
        let contact = Contact { email: "ada@example.com".into(), ..Contact::default() };
        assert_eq!(format!("{contact:?}"), "{\"email\"}");
        assert!(!contact.is_empty());
        assert_eq!(contact.clone().into_owned(), contact);
        assert!(Parsed::NOTHING.with_contact(Contact::default()).contact.is_none());
    }
}
