//! How far a long import is.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How many changes a line of progress stands for, where there is no terminal for a bar.
const LINE_EVERY: usize = 500;

/// A bar on a terminal's standard error; elsewhere a line now and then.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    total: usize,
    done: usize,
}

impl Progress {
    /// Begins with nothing done.
    pub(super) fn begin(total: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len}, {eta} left") {
            bar.set_style(style);
        }
        Self { bar, total, done: 0 }
    }

    /// So many more are done.
    pub(super) fn advance(&mut self, count: usize) {
        let before = self.done;
        self.done += count;
        self.bar.inc(count as u64);
        let crossed = before / LINE_EVERY != self.done / LINE_EVERY;
        if self.bar.is_hidden() && crossed {
            eprintln!("{} of {}", self.done, self.total);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
