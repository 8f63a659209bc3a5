#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub use omni_core::*;

#[cfg(feature = "forecast")]
#[doc(inline)]
pub use omni_forecast as forecast;
#[cfg(feature = "ingest")]
#[doc(inline)]
pub use omni_ingest as ingest;
#[cfg(feature = "inventory")]
#[doc(inline)]
pub use omni_inventory as inventory;
#[cfg(feature = "metrics")]
#[doc(inline)]
pub use omni_metrics as metrics;
#[cfg(feature = "recommend")]
#[doc(inline)]
pub use omni_recommend as recommend;
