//! Which items may be shown: in stock, not yet bought, not on a list.
//!
//! A filter holds sorted lists of items; looking one up takes O(log n) for n listed items.
//! It does not depend on the user, so one filter (the items in stock now) serves many
//! requests.

use crate::History;

/// Which items may be recommended. As it starts, all but those of the history.
///
/// # Examples
/// ```
/// use omni_recommend::{Filter, History};
///
/// let filter = Filter::in_stock([1, 2, 3]).without([2]);
/// let history = History::of([3]);
/// let passing: Vec<u32> = (0..5).filter(|&item| filter.passes(item, &history)).collect();
/// assert_eq!(passing, [1]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(from = "Lists", into = "Lists")
)]
pub struct Filter {
    with_history: bool,
    only: Option<Vec<u32>>,
    without: Vec<u32>,
}

impl Filter {
    /// Everything but what the history holds.
    #[must_use]
    pub const fn new() -> Self {
        Self { with_history: false, only: None, without: Vec::new() }
    }

    /// Only these items, without those of the history: [`new`](Self::new) with
    /// [`only`](Self::only).
    #[must_use]
    pub fn in_stock(items: impl IntoIterator<Item = u32>) -> Self {
        Self::new().only(items)
    }

    /// Lets the items of the history pass too: where people buy the same again, or where the
    /// history holds views and the items bought are left out by [`without`](Self::without).
    #[must_use]
    pub const fn with_history(mut self) -> Self {
        self.with_history = true;
        self
    }

    /// Only these items. Called again, only items of both lists.
    #[must_use]
    pub fn only(mut self, items: impl IntoIterator<Item = u32>) -> Self {
        let mut items = sorted(items.into_iter().collect());
        if let Some(before) = self.only {
            items.retain(|item| before.binary_search(item).is_ok());
        }
        self.only = Some(items);
        self
    }

    /// Not these items. Called again, items of neither list. A denied item never passes,
    /// whatever else allows it.
    #[must_use]
    pub fn without(mut self, items: impl IntoIterator<Item = u32>) -> Self {
        self.without.extend(items);
        self.without = sorted(self.without);
        self
    }

    /// Whether an item may be shown to a user with this history.
    #[must_use]
    pub fn passes(&self, item: u32, history: &History) -> bool {
        let listed = |list: &[u32]| list.binary_search(&item).is_ok();
        self.only.as_deref().is_none_or(listed)
            && !listed(&self.without)
            && (self.with_history || !history.contains(item))
    }
}

fn sorted(mut items: Vec<u32>) -> Vec<u32> {
    items.sort_unstable();
    items.dedup();
    items
}

/// [`Filter`] as it is stored; its lists may come in any order.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Lists {
    with_history: bool,
    only: Option<Vec<u32>>,
    without: Vec<u32>,
}

#[cfg(feature = "serde")]
impl From<Lists> for Filter {
    fn from(lists: Lists) -> Self {
        Self {
            with_history: lists.with_history,
            only: lists.only.map(sorted),
            without: sorted(lists.without),
        }
    }
}

#[cfg(feature = "serde")]
impl From<Filter> for Lists {
    fn from(filter: Filter) -> Self {
        Self { with_history: filter.with_history, only: filter.only, without: filter.without }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_combine() {
        let history = History::of([4]);
        let cases = [
            (Filter::new(), vec![0, 1, 2, 3, 5]),
            (Filter::new().with_history(), vec![0, 1, 2, 3, 4, 5]),
            (Filter::in_stock([]), vec![]),
            (Filter::in_stock([5, 1, 4, 1]), vec![1, 5]),
            (Filter::in_stock([5, 1]).only([1, 2]), vec![1]),
            (Filter::new().without([0]).without([5, 0]), vec![1, 2, 3]),
            (Filter::in_stock([1, 2]).without([2]).with_history(), vec![1]),
            (Filter::new().without([1]).only([1]), vec![]),
        ];
        for (filter, expected) in cases {
            let passing: Vec<u32> = (0..6).filter(|&item| filter.passes(item, &history)).collect();
            assert_eq!(passing, expected, "{filter:?}");
        }
    }
}
