//! What people do: views, searches, carts, purchases, returns.

/// What a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum EventKind {
    /// Looked at an item.
    View,
    /// Searched.
    Search,
    /// Put an item into the cart.
    AddToCart,
    /// Bought an item.
    Purchase,
    /// Rated an item.
    Rate,
    /// Sent an item back.
    Return,
    /// Opened a message.
    Open,
    /// Clicked an advertisement or a message.
    Click,
    /// Called.
    Call,
    /// Came to a shop or site.
    Visit,
}
