//! Independent work in chunks, on one core or all.

use std::ops::Range;

/// Runs `work` over chunks of `0..count` of a fixed size; the results stand in the order of
/// the chunks, however many threads there are.
#[cfg(not(feature = "rayon"))]
pub(crate) fn in_chunks<T>(count: u32, size: u32, work: impl Fn(Range<u32>) -> T) -> Vec<T> {
    ranges(count, size).map(work).collect()
}

/// Runs `work` over chunks of `0..count` of a fixed size in parallel; the results stand in
/// the order of the chunks, however many threads there are.
#[cfg(feature = "rayon")]
pub(crate) fn in_chunks<T: Send>(
    count: u32,
    size: u32,
    work: impl Fn(Range<u32>) -> T + Sync + Send,
) -> Vec<T> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    ranges(count, size).collect::<Vec<_>>().into_par_iter().map(work).collect()
}

fn ranges(count: u32, size: u32) -> impl Iterator<Item = Range<u32>> {
    (0..count.div_ceil(size)).map(move |at| at * size..(at * size).saturating_add(size).min(count))
}
