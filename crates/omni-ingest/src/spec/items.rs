//! The lines of an order that stand in one column.
//!
//! ```text
//! name:Mug|sku:mug|quantity:2|total:18.38;name:Tee|..     tags
//! 2x MUG @ 9.19; 1x TEE @ 14.90                           a template: {quantity}x {sku} @ {price}
//! ```
//!
//! Tagged items are parted where a separator is followed by the tag of the first one, and
//! their fields where the mark between fields is followed by a known tag or one in small
//! letters; so a name may hold either character. In a template, blanks stand for any
//! number of blanks, also none, letters for themselves, capitals or not. O(bytes).

use super::draft::PriceOf;
use omni_core::error::{Check, ParamError};

/// How the lines of an order stand in one column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Items {
    /// Each field with its tag.
    Tagged(Tags),
    /// Each item by a template of `{quantity}`, `{sku}`, `{price}` and perhaps `{title}`.
    Template {
        /// What stands between two items.
        separator: String,
        /// The template of one.
        template: String,
        /// What the price is of.
        price: PriceOf,
    },
}

/// The marks and tags of items whose fields are tagged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Tags {
    /// What stands between two items.
    pub separator: String,
    /// What stands between two fields.
    pub between: String,
    /// What stands between a tag and its text.
    pub after: String,
    /// The tag of the code.
    pub sku: String,
    /// The tag of the name; empty if there is none.
    pub title: String,
    /// The tag of the units.
    pub quantity: String,
    /// The tag of the price.
    pub price: String,
    /// What the price is of.
    pub price_of: PriceOf,
}

/// Most bytes of a tag.
const TAG: usize = 64;

/// One item as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Item<'r> {
    pub(super) sku: &'r str,
    pub(super) title: &'r str,
    pub(super) quantity: &'r str,
    pub(super) price: &'r str,
}

impl<'r> Item<'r> {
    fn slot(&mut self, slot: Slot) -> &mut &'r str {
        match slot {
            Slot::Sku => &mut self.sku,
            Slot::Title => &mut self.title,
            Slot::Quantity => &mut self.quantity,
            Slot::Price => &mut self.price,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Sku,
    Title,
    Quantity,
    Price,
}

const SLOTS: [(&str, Slot); 4] = [
    ("sku", Slot::Sku),
    ("title", Slot::Title),
    ("quantity", Slot::Quantity),
    ("price", Slot::Price),
];

/// The texts of a column are no items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoItems;

impl Items {
    /// What the price is of.
    pub(super) const fn price_of(&self) -> PriceOf {
        match self {
            Self::Tagged(tags) => tags.price_of,
            Self::Template { price, .. } => *price,
        }
    }

    pub(super) fn check(&self, check: &mut Check) {
        match self {
            Self::Tagged(tags) => {
                for (name, text) in [
                    ("separator", &tags.separator),
                    ("between", &tags.between),
                    ("after", &tags.after),
                    ("sku", &tags.sku),
                    ("quantity", &tags.quantity),
                    ("price", &tags.price),
                ] {
                    check.that(!text.is_empty(), format!("items.{name}"), "must not be empty");
                }
                let names = [&tags.sku, &tags.quantity, &tags.price, &tags.title];
                let distinct =
                    (1..4).all(|at| names.iter().take(at).all(|n| Some(n) != names.get(at)));
                check.that(distinct, "items", "must have different tags");
            }
            Self::Template { separator, template, .. } => {
                check.that(!separator.is_empty(), "items.separator", "must not be empty");
                let rule = "must hold {sku}, {quantity} and {price} once, with text between";
                check.that(Template::new(template).is_ok(), "items.template", rule);
            }
        }
    }

    pub(super) fn ready(&self) -> Result<ReadyItems, ParamError> {
        Ok(match self {
            Self::Tagged(tags) => ReadyItems::Tagged(tags.clone()),
            Self::Template { separator, template, .. } => ReadyItems::Template {
                separator: separator.clone(),
                template: Template::new(template)?,
            },
        })
    }
}

/// Items ready to be read.
#[derive(Debug, Clone)]
pub(super) enum ReadyItems {
    Tagged(Tags),
    Template { separator: String, template: Template },
}

impl ReadyItems {
    /// The items of a text, one at least.
    pub(super) fn read<'r>(&self, text: &'r str) -> Result<Vec<Item<'r>>, NoItems> {
        let items: Result<Vec<_>, _> = match self {
            Self::Tagged(tags) => {
                tags.parts(text)?.into_iter().map(|part| tags.item(part)).collect()
            }
            Self::Template { separator, template } => {
                let parts = text.split(separator.as_str()).map(str::trim);
                parts.filter(|part| !part.is_empty()).map(|part| template.item(part)).collect()
            }
        };
        items.and_then(|items| if items.is_empty() { Err(NoItems) } else { Ok(items) })
    }
}

/// The places where `mark` stands and what is behind it passes.
fn marks<'t>(
    text: &'t str,
    mark: &'t str,
    passes: impl Fn(&str) -> bool + 't,
) -> impl Iterator<Item = usize> + 't {
    // Marks are short: looking for their first byte is all it takes.
    let first = mark.as_bytes().first().copied();
    let bytes = text.bytes().enumerate().filter(move |(_, byte)| Some(*byte) == first);
    bytes.map(|(at, _)| at).filter(move |at| {
        let behind = text.get(*at..).and_then(|rest| rest.strip_prefix(mark));
        behind.is_some_and(&passes)
    })
}

/// The parts of a text between marks.
fn split<'r>(text: &'r str, mark: &str, places: impl Iterator<Item = usize>) -> Vec<&'r str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for place in places {
        parts.extend(text.get(start..place));
        start = place + mark.len();
    }
    parts.extend(text.get(start..));
    parts
}

impl Tags {
    /// The texts of the items.
    fn parts<'r>(&self, text: &'r str) -> Result<Vec<&'r str>, NoItems> {
        let (first, _) = text.split_once(self.after.as_str()).ok_or(NoItems)?;
        let first = first.trim();
        // Compared behind every separator: a long one would take quadratic time.
        if first.len() > TAG {
            return Err(NoItems);
        }
        let starts = |rest: &str| {
            let rest = rest.trim_start().strip_prefix(first);
            rest.is_some_and(|rest| rest.starts_with(&self.after))
        };
        let mut parts = split(text, &self.separator, marks(text, &self.separator, starts));
        // A separator behind the last item parts nothing.
        if let Some(last) = parts.last_mut() {
            *last = last.trim_end().strip_suffix(self.separator.as_str()).unwrap_or(last);
        }
        Ok(parts)
    }

    /// Whether a text starts with a tag that is not too long.
    fn is_tagged(&self, rest: &str) -> bool {
        let near = rest.as_bytes().get(..TAG + self.after.len()).unwrap_or(rest.as_bytes());
        let at = near.windows(self.after.len().max(1)).position(|w| w == self.after.as_bytes());
        let tag = at.and_then(|at| rest.get(..at)).map(str::trim);
        let own = [&self.sku, &self.title, &self.quantity, &self.price];
        let small = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        tag.is_some_and(|tag| {
            !tag.is_empty() && (own.iter().any(|own| *own == tag) || tag.bytes().all(small))
        })
    }

    fn item<'r>(&self, text: &'r str) -> Result<Item<'r>, NoItems> {
        let (mut item, mut seen) = (Item::default(), [false; 4]);
        let fields =
            split(text, &self.between, marks(text, &self.between, |rest| self.is_tagged(rest)));
        for field in fields {
            let (tag, value) = field.split_once(self.after.as_str()).ok_or(NoItems)?;
            let tags = [&self.sku, &self.title, &self.quantity, &self.price];
            let place = tags.iter().position(|own| own.as_str() == tag.trim());
            let Some(place) = place else { continue };
            let slot = SLOTS.get(place).ok_or(NoItems)?.1;
            // Two codes or prices: it is not clear which is meant.
            match seen.get_mut(place) {
                Some(seen) if !*seen => *seen = true,
                _ => return Err(NoItems),
            }
            *item.slot(slot) = value.trim();
        }
        let whole = seen[0] && seen[2] && seen[3];
        if whole { Ok(item) } else { Err(NoItems) }
    }
}

/// A template: slots with literal text between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    /// The literal text before the first slot.
    before: String,
    /// Slots with the text behind each; only the last may be empty.
    slots: Vec<(Slot, String)>,
}

impl Template {
    fn new(template: &str) -> Result<Self, ParamError> {
        let rule = "a template of {sku}, {quantity} and {price} with text between";
        let wrong = || ParamError::new("template", rule, template);
        let mut parts = template.split('{');
        let before = parts.next().unwrap_or_default().trim().to_string();
        let mut slots: Vec<(Slot, String)> = Vec::new();
        for part in parts {
            let (name, literal) = part.split_once('}').ok_or_else(wrong)?;
            let slot = SLOTS.iter().find(|(known, _)| *known == name.trim());
            let slot = slot.ok_or_else(wrong)?.1;
            let parted = slots.last().is_none_or(|(_, literal)| !literal.is_empty());
            if !parted || slots.iter().any(|(known, _)| *known == slot) {
                return Err(wrong());
            }
            slots.push((slot, literal.trim().to_string()));
        }
        let has = |wanted| slots.iter().any(|(slot, _)| *slot == wanted);
        let whole = has(Slot::Sku) && has(Slot::Quantity) && has(Slot::Price);
        if whole { Ok(Self { before, slots }) } else { Err(wrong()) }
    }

    fn item<'r>(&self, text: &'r str) -> Result<Item<'r>, NoItems> {
        let (start, mut rest) = text.split_at_checked(self.before.len()).ok_or(NoItems)?;
        if !start.eq_ignore_ascii_case(&self.before) {
            return Err(NoItems);
        }
        let mut item = Item::default();
        rest = rest.trim_end();
        for (place, (slot, literal)) in self.slots.iter().enumerate() {
            // The last literal ends the item; what it says may stand in the last slot too.
            let at = if place + 1 == self.slots.len() {
                rest.len().checked_sub(literal.len()).ok_or(NoItems)?
            } else {
                find(rest, literal).ok_or(NoItems)?
            };
            let end = rest.get(at..at + literal.len()).ok_or(NoItems)?;
            if !end.eq_ignore_ascii_case(literal) {
                return Err(NoItems);
            }
            let value = rest.get(..at).ok_or(NoItems)?;
            rest = rest.get(at + literal.len()..).ok_or(NoItems)?;
            *item.slot(*slot) = value.trim();
        }
        Ok(item)
    }
}

/// Where a literal stands first, capitals or not.
fn find(text: &str, literal: &str) -> Option<usize> {
    let (text, literal) = (text.as_bytes(), literal.as_bytes());
    text.windows(literal.len()).position(|window| window.eq_ignore_ascii_case(literal))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags() -> Items {
        let owned = str::to_string;
        Items::Tagged(Tags {
            separator: owned(";"),
            between: owned("|"),
            after: owned(":"),
            sku: owned("sku"),
            title: owned("name"),
            quantity: owned("quantity"),
            price: owned("total"),
            price_of: PriceOf::Line,
        })
    }

    fn template(template: &str) -> Items {
        let (separator, template) = (";".to_string(), template.to_string());
        Items::Template { separator, template, price: PriceOf::Unit }
    }

    fn shown(items: &Items, text: &str) -> Result<Vec<String>, NoItems> {
        let items = items.ready().unwrap().read(text)?;
        Ok(items
            .iter()
            .map(|i| format!("{}/{}/{}/{}", i.quantity, i.sku, i.price, i.title))
            .collect())
    }

    #[test]
    fn tagged_items_may_hold_any_mark_in_their_names() {
        let two = "name:Mug; big|2 l | red|product_id:7|sku:mug|quantity:2|total:18,38;\
                   name:Tee: white|sku:tee|quantity:1|total:14,90;";
        let expected = ["2/mug/18,38/Mug; big|2 l | red", "1/tee/14,90/Tee: white"];
        assert_eq!(shown(&tags(), two).unwrap(), expected);
        for bad in [
            "",
            "Mug",
            "name:Mug",
            "name:Mug|sku:a|quantity:1",
            "name:Mug|sku:a|sku:b|quantity:1|total:2",
            ";",
        ] {
            assert_eq!(shown(&tags(), bad), Err(NoItems), "{bad}");
        }
    }

    #[test]
    fn templates_are_read_as_people_type() {
        let items = template("{quantity}x {sku} @ {price}");
        let text = "12x SOC-SAN-XL @ 11.80;1 X mug@ £1,250.00 ;";
        assert_eq!(shown(&items, text).unwrap(), ["12/SOC-SAN-XL/11.80/", "1/mug/£1,250.00/"]);
        for bad in ["", " ; ", "2 mugs", "2x mug", "2@mug x 3"] {
            assert_eq!(shown(&items, bad), Err(NoItems), "{bad}");
        }
        let bracketed = template("[{sku}] {title}, {quantity} pcs for {price}.");
        assert_eq!(shown(&bracketed, "[a] Mug, 2 pcs for 3.00.").unwrap(), ["2/a/3.00/Mug"]);
        for bad in [
            "{sku}{quantity} {price}",
            "{sku} {quantity}x{price}",
            "{sku}@{quantity}",
            "{a}",
            "{sku",
        ] {
            assert!(template(bad).ready().is_err(), "{bad}");
        }
    }
}
