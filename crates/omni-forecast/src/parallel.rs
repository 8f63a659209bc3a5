//! Independent work on one core or all, with the same result to the bit.

/// Runs `work` for each of `0..count` with a scratch space of its thread; the results stand
/// in order, however many threads there are.
#[cfg(not(feature = "rayon"))]
pub(crate) fn in_order<S, T>(
    count: usize,
    scratch: impl Fn() -> S,
    work: impl Fn(&mut S, usize) -> T,
) -> Vec<T> {
    let mut scratch = scratch();
    (0..count).map(|at| work(&mut scratch, at)).collect()
}

/// Runs `work` for each of `0..count` in parallel, with a scratch space of its thread; the
/// results stand in order, however many threads there are.
#[cfg(feature = "rayon")]
pub(crate) fn in_order<S, T: Send>(
    count: usize,
    scratch: impl Fn() -> S + Sync + Send,
    work: impl Fn(&mut S, usize) -> T + Sync + Send,
) -> Vec<T> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    (0..count).into_par_iter().map_init(scratch, work).collect()
}
