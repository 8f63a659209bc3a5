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

mod error;
pub mod interactions;
pub mod recommender;
pub mod weighting;

pub mod baseline {
    //! What needs no model: the yardstick of every other method, and the help where
    //! that method knows nothing.

    pub mod fallback;
    pub mod popularity;

    pub use fallback::{Filled, recommend_or};
    pub use popularity::{Popularity, PopularityFit};
}

pub mod neighbors {
    //! Recommendations from similar items.

    pub mod item_knn;

    pub use item_knn::{Contribution, ItemKnn, ItemKnnFit};
}

pub mod rerank {
    //! What may be shown, decided per request.

    pub mod filter;

    pub use filter::Filter;
}

pub mod eval {
    //! How good recommendations are: splits without leakage, metrics of lists, and the
    //! mean over users.

    pub mod catalog;
    pub mod evaluate;
    pub mod ranking;
    pub mod split;

    pub use evaluate::{AtCutoff, Evaluation, evaluate};
    pub use ranking::{Gain, Ranking, graded_ndcg};
    pub use split::{Parts, Split};
}

pub use baseline::Popularity;
pub use error::Error;
pub use interactions::{History, Interactions};
pub use neighbors::ItemKnn;
pub use recommender::{Recommender, Scored};
pub use rerank::Filter;
pub use weighting::{Quantity, Weighted, Weighting};
