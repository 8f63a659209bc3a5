//! TikTok Shop: the All orders export, one row per line item.
//!
//! - The row below the header describes the columns; it is no record.
//! - Ids and times end with a tab, so that spreadsheets keep them as text (`trailing_tab`).
//!   A shop that opened the file in one all the same has ids like `5.77E+17`: their digits
//!   are gone, the row is rejected as `lossy_id`.
//! - `SKU Unit Original Price` is of one unit, with its currency (`GBP 9.19`); the seller's
//!   discount is off the line, the platform's is paid by the platform.
//! - Times are UTC, the day first; an American shop writes `%m/%d/%Y %I:%M:%S %p`
//!   ([`with_date_layouts`](super::Export::with_date_layouts)).
//! - Persons are masked (`I*** M***`) and then tell of nobody. The key of a customer is the
//!   user name.

use crate::sale::SaleStatus;
use crate::spec::{ChannelSpec, Field, FieldRepair, Mend, SpecDraft};

/// The All orders export of a TikTok shop.
///
/// # Examples
/// ```
/// use omni_ingest::formats;
///
/// let file = "Order ID,Order Status,Seller SKU,Quantity,SKU Unit Original Price,Created Time\n\
///     Platform unique order ID.,Current status.,Seller's code.,Units.,Price of a unit.,Time of creation.\n\
///     577000745839347097\t,Completed,062_MUG,2,GBP 9.19,03/03/2025 01:25:36\t\n\
///     5.77E+17,Completed,062_MUG,1,GBP 9.19,03/03/2025 01:25:36\t\n";
/// let read = omni_ingest::read(&formats::tiktok_orders(), file.as_bytes())?;
/// assert_eq!((read.account.records, read.account.rejected["lossy_id"]), (2, 1));
/// assert_eq!(read.orders[0].total()?.to_string(), "18.38 GBP");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn tiktok_orders() -> ChannelSpec {
    ChannelSpec::unchecked(draft())
}

pub(crate) fn draft() -> SpecDraft {
    let untab = |field| FieldRepair { name: "trailing_tab".into(), field, mend: Mend::Trim };
    SpecDraft {
        description_row: true,
        mask: Some('*'),
        customer: vec![Field::Account],
        ..SpecDraft::new("tiktok", "TikTok Shop orders")
    }
    .with_date_layouts(["%d/%m/%Y %H:%M:%S"])
    .with_column(Field::Order, ["Order ID"])
    .with_column(Field::PlacedAt, ["Created Time"])
    .with_column(Field::Sku, ["Seller SKU"])
    .with_column(Field::Quantity, ["Quantity"])
    .with_column(Field::Price, ["SKU Unit Original Price"])
    .with_optional(Field::Title, ["Product Name"])
    .with_optional(Field::Discount, ["SKU Seller Discount"])
    .with_optional(Field::Status, ["Order Status"])
    .with_optional(Field::Name, ["Recipient"])
    .with_optional(Field::Phone, ["Phone #"])
    .with_optional(Field::Street, ["Detail Address", "Address Line 1"])
    .with_optional(Field::City, ["City"])
    .with_optional(Field::Region, ["State"])
    .with_optional(Field::PostalCode, ["Zipcode"])
    .with_optional(Field::Country, ["Country"])
    .with_optional(Field::Account, ["Buyer Username"])
    .with_status("Completed", SaleStatus::Sold)
    .with_status("Delivered", SaleStatus::Sold)
    .with_status("Shipped", SaleStatus::Sold)
    .with_status("In transit", SaleStatus::Sold)
    .with_status("To ship", SaleStatus::Sold)
    .with_status("Awaiting shipment", SaleStatus::Sold)
    .with_status("Awaiting collection", SaleStatus::Sold)
    .with_status("Unpaid", SaleStatus::Open)
    .with_status("On hold", SaleStatus::Open)
    .with_status("Canceled", SaleStatus::Canceled)
    .with_status("Cancelled", SaleStatus::Canceled)
    .with_repair(untab(Field::Order))
    .with_repair(untab(Field::PlacedAt))
}
