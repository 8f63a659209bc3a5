//! Key figures of the business: exact totals by channel and period, and ratios of them.
//!
//! [`table`] adds up a ledger of orders; each [`Kpi`] gives the ratios that the ledger
//! alone can answer. [`ratio`] holds those that need a number from elsewhere: visits,
//! marketing spend, stock.
//!
//! | figure | definition | where |
//! |---|---|---|
//! | average order value | revenue / orders | [`Kpi::average_order_value`] |
//! | units per transaction | units / orders | [`Kpi::units_per_transaction`] |
//! | gross margin | (revenue − cost) / revenue | [`Kpi::gross_margin`] |
//! | repeat purchase rate | customers with two orders or more / customers | [`Kpi::repeat_purchase_rate`] |
//! | purchase frequency | orders of known customers / customers | [`Kpi::purchase_frequency`] |
//! | omnichannel customer share | customers of two channels or more / customers | [`Kpi::omnichannel_customer_share`] |
//! | omnichannel revenue share | their revenue / revenue | [`Kpi::omnichannel_revenue_share`] |
//! | return rate, units | returned units / units | [`Kpi::return_rate_units`] |
//! | return rate, value | returned value / revenue | [`Kpi::return_rate_value`] |
//! | net revenue | revenue − returned value | [`Kpi::net_revenue`] |
//! | on time in full | orders with both / orders | [`Kpi::on_time_in_full_rate`] |
//! | channel mix | revenue of a channel / revenue | [`KpiTable::channel_mix`] |
//! | conversion rate | orders / visits | [`conversion_rate`] |
//! | customer acquisition cost | marketing spend / new customers | [`customer_acquisition_cost`] |
//! | return on ad spend | revenue / marketing spend | [`return_on_ad_spend`] |
//! | marketing cost ratio | marketing spend / revenue | [`marketing_cost_ratio`] |
//! | inventory turnover | cost of goods sold / average inventory at cost | [`inventory_turnover`] |
//! | days inventory outstanding | days · average inventory / cost of goods sold | [`days_inventory_outstanding`] |
//! | GMROI | (revenue − cost) / average inventory at cost | [`gmroi`] |
//! | sell-through | units sold / units received | [`sell_through`] |
//!
//! Revenue is before returns everywhere but in net revenue. A ratio is `None` unless
//! its denominator is positive: there is no conversion rate without visits.

pub mod figures;
pub mod ratio;
pub mod table;

pub use figures::{CellKpi, ChannelKpi, Kpi, KpiTable, PeriodKpi};
pub use ratio::{
    conversion_rate, customer_acquisition_cost, days_inventory_outstanding, gmroi,
    inventory_turnover, marketing_cost_ratio, return_on_ad_spend, sell_through,
};
pub use table::Ledger;
