//! One question to many series: in threads, with progress, answers in the order of the series.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Asks `question` of each of `count` series, `threads` at a time.
pub(crate) fn each<T: Send>(
    name: &str,
    count: usize,
    threads: usize,
    question: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let (bar, started) = (hidden(name, count), Instant::now());
    let next = AtomicUsize::new(0);
    let answers: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(count));
    let ask = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            let answer = question(index);
            answers.lock().unwrap_or_else(PoisonError::into_inner).push((index, answer));
            // A bar for what takes longer than a second.
            if bar.is_hidden() && started.elapsed() > Duration::from_secs(1) {
                bar.set_draw_target(ProgressDrawTarget::stderr());
            }
            bar.inc(1);
        }
    };
    if threads <= 1 {
        ask();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..threads.min(count) {
                scope.spawn(ask);
            }
        });
    }
    bar.finish_and_clear();
    let mut answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn hidden(name: &str, count: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::hidden());
    if let Ok(style) = ProgressStyle::with_template("{msg:<34} {bar:40} {percent:>3} %") {
        bar.set_style(style);
    }
    bar.set_message(name.to_owned());
    bar
}

/// The answer and the milliseconds it took.
pub(crate) fn timed<T>(question: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    let answer = question();
    (answer, started.elapsed().as_secs_f64() * 1e3)
}
