//! How alike two strings are.
//!
//! All compare characters (Unicode scalar values), never bytes, as they are: no case is
//! folded and no accent dropped. Normalize first, so that `é` is one character however it
//! was typed. All are symmetric, take any string and never panic.
//!
//! | question | answer |
//! |---|---|
//! | names with a slip of the pen | [`jaro_winkler`], [`damerau_levenshtein`] |
//! | codes and numbers with a typing error | [`osa`], with a bound [`osa_within`] |

pub mod edit;
pub mod jaro;
mod masks;

pub use edit::{
    damerau_levenshtein, damerau_levenshtein_similarity, damerau_levenshtein_within, indel,
    indel_similarity, lcs, lcs_similarity, levenshtein, levenshtein_similarity, levenshtein_within,
    osa, osa_similarity, osa_within,
};
pub use jaro::{jaro, jaro_winkler};
