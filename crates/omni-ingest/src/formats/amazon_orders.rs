//! Amazon: the Order report, one row per line item, between tabs.
//!
//! There is no quoting: a `"` in a product name is a `"`. `item-price` is what the whole
//! line cost (`aggregate` in the help pages), `item-promotion-discount` is off the line.
//! Times carry their offset; the reports of some countries have the day first and the
//! column `quantity` instead of `quantity-purchased`:
//! [`with_date_layouts`](super::Export::with_date_layouts) tells the former, the latter is
//! found by itself. The key of a customer is the relay address that Amazon makes up for
//! each buyer. Canceled rows of the All Orders report have no price and are rejected.
//!
//! Order ids that a spreadsheet has touched (`2.64847E+16`) are rejected as `lossy_id`.

use crate::sale::SaleStatus;
use crate::spec::{ChannelSpec, Field, PriceOf, SpecDraft};

/// The Order report or the All Orders report of an Amazon seller.
///
/// # Examples
/// ```
/// use omni_ingest::formats;
///
/// let file = "order-id\tpurchase-date\tbuyer-email\tsku\tproduct-name\tquantity-purchased\tcurrency\titem-price\n\
///     026-4848474-0126373\t2025-04-11T16:56:13+00:00\tr1@marketplace.example\tCND-2\tCandle 12\" Taper\t2\tGBP\t13.20\n";
/// let read = omni_ingest::read(&formats::amazon_orders(), file.as_bytes())?;
/// assert_eq!(read.orders[0].total()?.to_string(), "13.20 GBP");
/// assert_eq!(read.orders[0].lines[0].unit_price.to_string(), "6.60 GBP");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn amazon_orders() -> ChannelSpec {
    ChannelSpec::unchecked(draft())
}

pub(crate) fn draft() -> SpecDraft {
    SpecDraft {
        delimiter: '\t',
        quote: None,
        price_of: PriceOf::Line,
        customer: vec![Field::Email],
        ..SpecDraft::new("amazon", "Amazon order report")
    }
    .with_date_layouts(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S %z"])
    .with_column(Field::Order, ["order-id", "amazon-order-id"])
    .with_column(Field::PlacedAt, ["purchase-date"])
    .with_column(Field::Sku, ["sku"])
    .with_column(Field::Quantity, ["quantity-purchased", "quantity"])
    .with_column(Field::Price, ["item-price"])
    .with_optional(Field::Currency, ["currency"])
    .with_optional(Field::Title, ["product-name"])
    .with_optional(Field::Discount, ["item-promotion-discount"])
    .with_optional(Field::Status, ["order-status"])
    .with_optional(Field::Name, ["recipient-name", "buyer-name"])
    .with_optional(Field::Email, ["buyer-email"])
    .with_optional(Field::Phone, ["buyer-phone-number", "ship-phone-number"])
    .with_optional(Field::Street, ["ship-address-1"])
    .with_optional(Field::City, ["ship-city"])
    .with_optional(Field::Region, ["ship-state"])
    .with_optional(Field::PostalCode, ["ship-postal-code"])
    .with_optional(Field::Country, ["ship-country"])
    .with_status("Shipped", SaleStatus::Sold)
    .with_status("Shipping", SaleStatus::Sold)
    .with_status("Unshipped", SaleStatus::Sold)
    .with_status("Pending", SaleStatus::Open)
    .with_status("Cancelled", SaleStatus::Canceled)
    .with_status("Canceled", SaleStatus::Canceled)
}
