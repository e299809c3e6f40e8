//! The closed loop: so many callers, each of which makes its next call when it has the answer to the last.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures_util::future::BoxFuture;
use tonic::Status;

/// Which call of a row this is, counted from 0 over all slices, and which of the callers makes it.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) number: u64,
    pub(crate) caller: usize,
}

/// What became of a turn.
pub(crate) enum Done {
    Answered,
    /// Everything that was prepared is used up; the slice ends early.
    NothingLeft,
}

/// One call of an operation.
pub(crate) type Call = Arc<dyn Fn(Turn) -> BoxFuture<'static, Result<Done, Status>> + Send + Sync>;

/// An operation, and how many of its calls were begun.
#[derive(Clone)]
pub(crate) struct Operation {
    call: Call,
    begun: Arc<AtomicU64>,
}

/// What a slice of time came to.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    /// Calls a second.
    pub(crate) rate: f64,
    /// How long each answered call took, in microseconds, in no order.
    pub(crate) latencies: Vec<u32>,
}

/// What one caller saw.
struct Seen {
    latencies: Vec<u32>,
    until_last_answer: Duration,
}

impl Operation {
    pub(crate) fn new(call: Call) -> Self {
        Self { call, begun: Arc::default() }
    }

    /// Calls for that long, with so many calls in flight. Calls that were begun in time are waited for.
    ///
    /// The rate is the sum of each caller's own, up to its last answer, so that a call that takes longer than the slice
    /// counts for what it is.
    pub(crate) async fn drive(&self, in_flight: usize, length: Duration) -> Result<Slice> {
        let start = Instant::now();
        let callers: Vec<_> = (0..in_flight)
            .map(|caller| tokio::spawn(self.clone().keep_calling(caller, start, length)))
            .collect();
        let mut slice = Slice::default();
        for caller in callers {
            let seen = caller.await.context("a caller panicked")??;
            if !seen.latencies.is_empty() {
                slice.rate += count(seen.latencies.len()) / seen.until_last_answer.as_secs_f64();
            }
            slice.latencies.extend(seen.latencies);
        }
        if slice.latencies.is_empty() {
            bail!("nothing was left to call with");
        }
        Ok(slice)
    }

    async fn keep_calling(self, caller: usize, start: Instant, length: Duration) -> Result<Seen> {
        let mut seen = Seen { latencies: Vec::with_capacity(4096), until_last_answer: Duration::ZERO };
        let mut before = start.elapsed();
        while before < length {
            let number = self.begun.fetch_add(1, Ordering::Relaxed);
            let done = (self.call)(Turn { number, caller }).await;
            let after = start.elapsed();
            match done {
                Ok(Done::Answered) => {}
                Ok(Done::NothingLeft) => break,
                Err(status) => bail!("call {number} is refused: {:?}: {}", status.code(), status.message()),
            }
            seen.latencies.push(u32::try_from(after.saturating_sub(before).as_micros()).unwrap_or(u32::MAX));
            seen.until_last_answer = after;
            before = after;
        }
        Ok(seen)
    }
}

/// A count as a number to calculate with. Exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(left: u64) -> Operation {
        Operation::new(Arc::new(move |turn: Turn| {
            Box::pin(async move {
                tokio::task::yield_now().await;
                Ok(if turn.number < left { Done::Answered } else { Done::NothingLeft })
            })
        }))
    }

    #[tokio::test]
    async fn a_slice_ends_when_nothing_is_left() {
        let slice = operation(100).drive(4, Duration::from_mins(1)).await.expect("calls were answered");
        assert_eq!(slice.latencies.len(), 100);
        assert!(slice.rate > 0.0);
        assert!(operation(0).drive(1, Duration::from_mins(1)).await.is_err());
    }
}
