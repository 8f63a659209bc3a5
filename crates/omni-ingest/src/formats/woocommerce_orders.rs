//! WooCommerce: the order export of the common plugins, one row per order.
//!
//! `line_items` holds the lines, `name:..|sku:..|quantity:..|total:..` joined by `;`, the
//! total being that of the line. So one bad line, date or total rejects the whole order.
//! `order_total` is compared with lines, shipping, fees and tax; where they differ
//! (`total_mismatch`) the lines count. Times are local to the shop, without a zone, and
//! numbers have the marks of its language: [`with_zone`](super::Export::with_zone) and
//! [`with_money_style`](super::Export::with_money_style) say which (UTC and a point
//! otherwise). The key of a customer is the account, or the e-mail address of a guest.

use crate::sale::SaleStatus;
use crate::spec::{ChannelSpec, Field, Items, PriceOf, SpecDraft, Tags};

/// The order export of a WooCommerce shop; see [`Export`](super::Export) for an example.
pub fn woocommerce_orders() -> ChannelSpec {
    ChannelSpec::unchecked(draft())
}

pub(crate) fn draft() -> SpecDraft {
    let tags = Tags {
        separator: ";".into(),
        between: "|".into(),
        after: ":".into(),
        sku: "sku".into(),
        title: "name".into(),
        quantity: "quantity".into(),
        price: "total".into(),
        price_of: PriceOf::Line,
    };
    SpecDraft {
        items: Some(Items::Tagged(tags)),
        guests: vec!["0".into()],
        customer: vec![Field::Account, Field::Email],
        ..SpecDraft::new("woo", "WooCommerce orders")
    }
    .with_date_layouts(["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"])
    .with_column(Field::Order, ["order_number", "order_id"])
    .with_column(Field::PlacedAt, ["order_date"])
    .with_column(Field::Items, ["line_items"])
    .with_column(Field::Total, ["order_total"])
    .with_column(Field::Currency, ["order_currency", "currency"])
    .with_column(Field::Status, ["status", "order_status"])
    .with_optional(Field::Shipping, ["shipping_total", "order_shipping"])
    .with_optional(Field::Fees, ["fee_total", "order_fees"])
    .with_optional(Field::Tax, ["tax_total", "order_tax"])
    .with_optional(Field::Account, ["customer_id", "customer_user"])
    .with_optional(Field::GivenName, ["billing_first_name"])
    .with_optional(Field::Surname, ["billing_last_name"])
    .with_optional(Field::Email, ["billing_email", "customer_email"])
    .with_optional(Field::Phone, ["billing_phone"])
    .with_optional(Field::Street, ["billing_address_1"])
    .with_optional(Field::City, ["billing_city"])
    .with_optional(Field::Region, ["billing_state"])
    .with_optional(Field::PostalCode, ["billing_postcode"])
    .with_optional(Field::Country, ["billing_country"])
    .with_status("completed", SaleStatus::Sold)
    .with_status("processing", SaleStatus::Sold)
    .with_status("refunded", SaleStatus::Refunded)
    .with_status("pending", SaleStatus::Open)
    .with_status("on-hold", SaleStatus::Open)
    .with_status("checkout-draft", SaleStatus::Open)
    .with_status("cancelled", SaleStatus::Canceled)
    .with_status("failed", SaleStatus::Canceled)
    .with_status("trash", SaleStatus::Canceled)
}
