//! Orders taken by telephone, typed into a sheet by agents: one row per order.
//!
//! ```text
//! call_ref,taken_at,agent,customer_name,phone,email,loyalty_no,address,items,total,notes
//! CALL-00001,31.12.25 08:39,A1,Mr Dina Roper,..,12x SOC-SAN-XL @ 11.80; 1x MUG @ 9.19,£150.79,
//! ```
//!
//! Items are units, code and price of a unit. One bad item, date or total rejects the
//! order; a total that is not the sum of the items is noted (`total_mismatch`) and the
//! items count. Dates come in the four ways the agents write them, the day first, London
//! time. Codes are those of the web shop. Loyalty cards have seven digits; zeros that a
//! spreadsheet dropped are put back (`loyalty_zeros`). The key of a customer is the card,
//! or the e-mail address.

use crate::spec::{ChannelSpec, Field, FieldRepair, Items, Mend, PriceOf, SpecDraft};
use omni_core::Currency;

/// The sheet of telephone orders of a British shop.
///
/// # Examples
/// ```
/// use omni_ingest::formats;
///
/// let file = "call_ref,taken_at,customer_name,loyalty_no,items,total\n\
///     CALL-00002,13/07/2025 21:18,\"Usher, L.\",20836,2x CND-WHI-2 @ 6.60; 1x MUG @ £9.19,£22.39\n";
/// let read = omni_ingest::read(&formats::phone_orders(), file.as_bytes())?;
/// assert_eq!(read.orders[0].total()?.to_string(), "22.39 GBP");
/// assert_eq!(read.keys.customers.keys(), ["0020836"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn phone_orders() -> ChannelSpec {
    ChannelSpec::unchecked(draft())
}

pub(crate) fn draft() -> SpecDraft {
    let items = Items::Template {
        separator: ";".into(),
        template: "{quantity}x {sku} @ {price}".into(),
        price: PriceOf::Unit,
    };
    let card = FieldRepair {
        name: "loyalty_zeros".into(),
        field: Field::Loyalty,
        mend: Mend::PadZeros(7),
    };
    SpecDraft {
        items: Some(items),
        codes: Some("shopify".into()),
        customer: vec![Field::Loyalty, Field::Email],
        ..SpecDraft::new("phone", "telephone orders")
    }
    .with_date_layouts(["%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%d.%m.%y %H:%M", "%d %b %Y %I:%M %p"])
    .with_zone("Europe/London")
    .with_currency(Currency::GBP)
    .with_column(Field::Order, ["call_ref"])
    .with_column(Field::PlacedAt, ["taken_at"])
    .with_column(Field::Items, ["items"])
    .with_column(Field::Total, ["total"])
    .with_optional(Field::Name, ["customer_name"])
    .with_optional(Field::Phone, ["phone"])
    .with_optional(Field::Email, ["email"])
    .with_optional(Field::Loyalty, ["loyalty_no"])
    .with_optional(Field::Address, ["address"])
    .with_repair(card)
}
