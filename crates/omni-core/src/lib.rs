#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    allow(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::expect_used,
        clippy::panic,
        clippy::unwrap_used,
        reason = "not library code"
    )
)]

// Derives of serde that every module names.
#[cfg(feature = "serde")]
#[macro_use(Deserialize, Serialize)]
extern crate serde;

pub mod channel;
pub mod check;
pub mod columns;
pub mod currency;
pub mod customer;
pub mod decimal;
pub mod error;
pub mod event;
pub mod exchange;
pub mod id;
pub mod location;
pub mod money;
pub mod numeric;
pub mod order;
pub mod product;
pub mod rate;
mod record;
pub mod rng;
pub mod rounding;
pub mod series;
pub mod stock;
pub mod tax;
pub mod time;
pub mod totals;
pub mod unit_price;

pub use channel::Channel;
pub use columns::{
    Behavior, BehaviorColumns, Demand, DemandColumns, Filled, PurchaseColumns, Purchases, Sale,
    SaleColumns, Sales, Skipped,
};
pub use currency::Currency;
pub use customer::Customer;
pub use decimal::Decimal;
pub use error::{DataError, ParamError, Violations};
pub use event::{Event, EventKind};
pub use exchange::ExchangeRate;
pub use id::{
    ChannelId, CustomerId, EventId, Index, LocationId, OrderId, OrderLineId, PaymentId, ProductId,
    ReturnId, ShipmentId, Sku, VariantId,
};
pub use location::Location;
pub use money::{Money, MoneyError};
pub use order::Order;
pub use product::{PriceList, Product, Variant};
pub use rate::Rate;
pub use rounding::Rounding;
pub use series::{Observation, Panel, Quantiles, TimeSeries};
pub use stock::StockLevel;
pub use tax::{TaxMode, Taxed};
pub use time::{Calendar, Period};
pub use totals::OrderTotals;
pub use unit_price::UnitPrice;
