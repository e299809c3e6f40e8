//! Calls without a pause from several workers, with how each ended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tonic::{Code, Status};

use crate::wait::within;

/// The time between two calls of a worker: an error at once is no reason to spin.
const PACE: Duration = Duration::from_millis(2);

/// The time between two looks at what has ended.
const LOOK: Duration = Duration::from_millis(20);

/// How long errors may go on.
const PATIENCE: Duration = Duration::from_secs(30);

/// Workers that call until they are ended. They end with this value.
pub struct Load {
    workers: Vec<JoinHandle<()>>,
    ended: Arc<AtomicBool>,
    samples: Arc<Mutex<Vec<Sample>>>,
}

/// A call that has ended.
#[derive(Clone, Debug)]
pub struct Sample {
    /// When it began.
    pub begin: Instant,
    /// How long it took.
    pub took: Duration,
    /// The refusal, if it was refused.
    pub refused: Option<Status>,
}

impl Load {
    /// Begins: each worker gets its number and calls again and again.
    pub fn begin<F>(workers: usize, call: impl Fn(usize) -> F + Clone + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), Status>> + Send,
    {
        let (samples, ended) = (Arc::new(Mutex::new(vec![])), Arc::new(AtomicBool::new(false)));
        let worker = |number| {
            let (samples, ended, call) = (Arc::clone(&samples), Arc::clone(&ended), call.clone());
            async move {
                let mut ticks = interval(PACE);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                while !ended.load(Ordering::Relaxed) {
                    ticks.tick().await;
                    let begin = Instant::now();
                    let outcome = within("the end of a call", call(number)).await;
                    let sample = Sample { begin, took: begin.elapsed(), refused: outcome.err() };
                    samples.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
                }
            }
        };
        let workers = (0..workers).map(|number| tokio::spawn(worker(number))).collect();
        Self { workers, ended, samples }
    }

    /// Lets it run for so long, and returns what ended meanwhile.
    pub async fn run(&self, duration: Duration) -> Vec<Sample> {
        let begin = self.look(<[Sample]>::len);
        let end = tokio::time::Instant::now() + duration;
        tokio::time::interval_at(end, duration.max(PACE)).tick().await;
        self.assert_runs();
        self.look(|all| all[begin..].to_vec())
    }

    /// Waits until calls have succeeded for so long without an error between them. Returns when the last error ended,
    /// counted from `since`; zero if there was none.
    pub async fn until_quiet(&self, since: Instant, quiet: Duration) -> Duration {
        let errors_last = async {
            let mut ticks = interval(LOOK);
            loop {
                ticks.tick().await;
                self.assert_runs();
                let (from, whole) = self.look(|all| {
                    let errors = all.iter().filter(|one| one.refused.is_some()).map(Sample::end);
                    let from = errors.max().unwrap_or(since).max(since);
                    (from, all.iter().any(|one| one.refused.is_none() && one.begin >= from))
                });
                if whole && from.elapsed() >= quiet {
                    return from - since;
                }
            }
        };
        let Ok(last) = timeout(PATIENCE + quiet, errors_last).await else {
            let last = self.look(|all| all.iter().rev().find_map(|sample| sample.refused.clone()));
            panic!("errors went on for {PATIENCE:?}, the last of them {last:?}");
        };
        last
    }

    /// Ends it with the calls under way, and returns every call that there was.
    pub async fn end(mut self) -> Vec<Sample> {
        self.ended.store(true, Ordering::Relaxed);
        for worker in &mut self.workers {
            within("the end of the calls under way", worker).await.expect("no worker panics");
        }
        self.all()
    }

    /// All that has ended so far.
    #[must_use]
    pub fn all(&self) -> Vec<Sample> {
        self.look(<[Sample]>::to_vec)
    }

    fn look<T>(&self, look: impl FnOnce(&[Sample]) -> T) -> T {
        look(&self.samples.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn assert_runs(&self) {
        assert!(self.workers.iter().all(|worker| !worker.is_finished()), "a worker panicked");
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for worker in &self.workers {
            worker.abort();
        }
    }
}

impl Sample {
    /// When it ended.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.begin + self.took
    }
}

/// The time within which that share of the calls ended, such as 0.99.
#[must_use]
pub fn percentile(samples: &[Sample], share: f64) -> Duration {
    let mut times: Vec<_> = samples.iter().map(|sample| sample.took).collect();
    times.sort();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a length is an index"
    )]
    let index = ((times.len() as f64) * share) as usize;
    times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// Fails unless every call succeeded, and there were some.
#[track_caller]
pub fn assert_all_succeed(samples: &[Sample]) {
    assert!(!samples.is_empty(), "nothing was called");
    let refused: Vec<_> = samples.iter().filter_map(|sample| sample.refused.as_ref()).collect();
    assert!(refused.is_empty(), "{} of {} calls are refused: {:?}", refused.len(), samples.len(), refused[0]);
}

/// Fails if a call was refused with a code that is not among these.
#[track_caller]
pub fn assert_refused_only_as(samples: &[Sample], codes: &[Code]) {
    let other = samples.iter().filter_map(|sample| sample.refused.as_ref());
    let other: Vec<_> = other.filter(|status| !codes.contains(&status.code())).collect();
    assert!(other.is_empty(), "{} of {} calls end otherwise: {:?}", other.len(), samples.len(), other[0]);
}
