//! Lines and bars on the terminal.

use crate::shell::{Failure, say};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, Read};
use std::time::{Duration, Instant};

/// Prints a finished step: its name, what came out, how long it took.
pub(crate) fn step(name: &str, found: &str, started: Instant) -> Result<(), Failure> {
    say(&format!("{name:<10} {found}  [{:.2} s]", started.elapsed().as_secs_f64()))
}

/// A bar that appears once its step has taken a second.
pub(crate) struct LateBar {
    bar: ProgressBar,
    started: Instant,
}

impl LateBar {
    pub(crate) fn new(step: &str, length: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{msg:<10} {bar:40} {percent:>3} %") {
            bar.set_style(style);
        }
        bar.set_message(step.to_owned());
        Self { bar, started: Instant::now() }
    }

    pub(crate) fn advance(&self, by: u64) {
        if self.bar.is_hidden() && self.started.elapsed() > Duration::from_secs(1) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(by);
    }
}

impl Drop for LateBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A reader that moves a bar along.
pub(crate) struct Watched<R> {
    pub(crate) inner: R,
    pub(crate) bar: LateBar,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bar.advance(count as u64);
        Ok(count)
    }
}
