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

pub mod clv;
pub mod cohort;
pub mod kpi;
pub mod retention;
pub mod rfm;

mod error;
mod history;

pub use clv::{AnnualRate, Margin, MarginStream, Term};
pub use cohort::{CohortMatrix, Cohorts};
pub use error::Error;
pub use kpi::{Kpi, KpiTable, Ledger};
pub use retention::{Activity, Registrations, Retention};
pub use rfm::{Rfm, RfmTable, Segment};
