//! How alike two strings are.
//!
//! All compare characters (Unicode scalar values), never bytes, as they are: no case is
//! folded and no accent dropped (but in the codes of [`phonetic`]). Normalize first with
//! [`clean::text`](crate::clean::text), so that `é` is one character however it was
//! typed. All take any string and never panic.
//!
//! | question | answer |
//! |---|---|
//! | names with a slip of the pen | [`jaro_winkler`], [`damerau_levenshtein`] |
//! | codes and numbers with a typing error | [`osa`], with a bound [`osa_within`] |
//! | several words in any order | [`token_sort_ratio`], [`token_set_ratio`] |
//! | one inside the other | [`partial_ratio`] |
//! | long titles | [`Grams`] |
//! | names that sound alike, to find pairs | [`soundex`], [`metaphone`], [`nysiis`], [`match_rating`] |

pub mod damerau;
pub mod edit;
pub mod jaro;
pub mod lcs;
mod masks;
pub mod ngram;
pub mod phonetic;
pub mod token;

pub use damerau::{
    damerau_levenshtein, damerau_levenshtein_similarity, damerau_levenshtein_within,
};
pub use edit::{
    levenshtein, levenshtein_similarity, levenshtein_within, osa, osa_similarity, osa_within,
};
pub use jaro::{jaro, jaro_winkler};
pub use lcs::{indel, indel_similarity, lcs, lcs_similarity};
pub use ngram::{Grams, ngram_cosine, ngram_dice, ngram_jaccard};
pub use phonetic::{match_rating, match_rating_codex, metaphone, nysiis, soundex};
pub use token::{partial_ratio, ratio, token_set_ratio, token_sort_ratio};
