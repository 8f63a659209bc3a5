//! Any entity of named text fields.

use super::{Origin, Rule, Survivor, Values};
use std::collections::BTreeMap;

/// The rules of each field.
///
/// # Examples
/// ```
/// use omni_ingest::merge::{Entity, Origin, Rule, Survivorship};
///
/// let mut mug = Entity::new();
/// mug.add("title", "Mug", &Origin::new("till", 1));
/// mug.add("title", "Mug, stoneware, 0.3 l", &Origin::new("shop", 7));
/// mug.add("gtin", "4006381333931", &Origin::new("shop", 7));
///
/// let rules = Survivorship::new(&[Rule::Source]).with_sources(&["till", "shop"])
///     .with_field("title", &[Rule::Longest]);
/// let golden = rules.golden(&mug);
/// assert_eq!(golden["title"].value, "Mug, stoneware, 0.3 l");
/// assert_eq!(golden["title"].origins[0].source, "shop");
/// assert_eq!(golden["title"].lost[0].value, "Mug");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Survivorship {
    usual: Vec<Rule>,
    fields: BTreeMap<String, Vec<Rule>>,
    sources: Vec<String>,
}

/// The surviving value of every field that has one.
pub type Golden = BTreeMap<String, Survivor<String>>;

impl Survivorship {
    /// The same rules for every field.
    #[must_use]
    pub fn new(usual: &[Rule]) -> Self {
        Self { usual: usual.to_vec(), ..Self::default() }
    }

    /// Rules of its own for a field.
    #[must_use]
    pub fn with_field(mut self, field: &str, rules: &[Rule]) -> Self {
        self.fields.insert(field.to_owned(), rules.to_vec());
        self
    }

    /// The sources for [`Rule::Source`], the most trusted first.
    #[must_use]
    pub fn with_sources(mut self, sources: &[&str]) -> Self {
        self.sources = sources.iter().map(|source| (*source).to_owned()).collect();
        self
    }

    /// The rules of a field.
    #[must_use]
    pub fn rules(&self, field: &str) -> &[Rule] {
        self.fields.get(field).unwrap_or(&self.usual)
    }

    /// The sources, the most trusted first.
    #[must_use]
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// The surviving value of every field of an entity.
    #[must_use]
    pub fn golden(&self, entity: &Entity) -> Golden {
        let mut golden = Golden::new();
        for (field, values) in &entity.fields {
            if let Some(survivor) = self.survivor(field, values) {
                golden.insert(field.clone(), survivor);
            }
        }
        golden
    }

    pub(super) fn survivor(
        &self,
        field: &str,
        values: &Values<String>,
    ) -> Option<Survivor<String>> {
        values.survivor(self.rules(field), &self.sources, |text| text.chars().count())
    }
}

/// All that was said about one entity, by field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Entity {
    fields: BTreeMap<String, Values<String>>,
}

impl Entity {
    /// Nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what a record says about a field, without the blanks around it. A blank value
    /// says nothing.
    pub fn add(&mut self, field: &str, value: &str, origin: &Origin) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        let origin = origin.clone();
        if let Some(values) = self.fields.get_mut(field) {
            values.add(value.to_owned(), origin);
        } else {
            let mut values = Values::new();
            values.add(value.to_owned(), origin);
            self.fields.insert(field.to_owned(), values);
        }
    }

    /// Takes over what another state knows.
    pub fn merge(&mut self, other: &Self) {
        for (field, values) in &other.fields {
            self.fields.entry(field.clone()).or_default().merge(values);
        }
    }

    /// Takes out what one record said.
    pub fn remove(&mut self, source: &str, record: u64) {
        self.fields.retain(|_, values| {
            values.remove(source, record);
            !values.is_empty()
        });
    }

    /// All that was said about a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Values<String>> {
        self.fields.get(name)
    }

    /// All fields that something was said about, by name.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Values<String>)> {
        self.fields.iter().map(|(name, values)| (name.as_str(), values))
    }

    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_values_say_nothing() {
        let mut entity = Entity::new();
        entity.add("title", "  ", &Origin::new("shop", 1));
        assert!(entity.is_empty());
        entity.add("title", " Mug ", &Origin::new("shop", 1));
        assert_eq!(Survivorship::default().golden(&entity)["title"].value, "Mug");
        entity.remove("shop", 1);
        assert_eq!(entity, Entity::new());
    }

    #[test]
    fn a_field_without_rules_of_its_own_has_the_usual_ones() {
        let rules = Survivorship::new(&[Rule::Recent]).with_field("a", &[]);
        assert_eq!((rules.rules("a"), rules.rules("b")), (&[][..], &[Rule::Recent][..]));
    }
}
