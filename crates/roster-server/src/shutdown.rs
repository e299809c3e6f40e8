//! How the service tells what runs in the background that it is stopping, and waits for that.
//!
//! Workers and streams listen for [`Shutdown::begun`] and end by themselves, at a point that they choose: never between
//! two statements of a transaction. What does not end in time is cut off.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long workers that were cut off have to let go of what they hold.
const LET_GO: Duration = Duration::from_secs(1);

/// The end of the service, and the workers that it waits for. Clones are the same shutdown.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    begun: CancellationToken,
    cut_off: CancellationToken,
    workers: TaskTracker,
}

impl Shutdown {
    /// Tells every worker and every stream that the service is stopping. Telling them again changes nothing.
    pub fn begin(&self) {
        self.begun.cancel();
    }

    /// Whether the service is stopping.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// Waits until the service is stopping. May be dropped and asked for again.
    pub async fn begun(&self) {
        self.begun.cancelled().await;
    }

    /// What is cancelled once the service is stopping.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.begun.clone()
    }

    /// Runs a worker, which ends by itself once the shutdown has begun. The log names one that does not. Must be called
    /// within a runtime.
    pub fn spawn(&self, name: &'static str, worker: impl Future<Output = ()> + Send + 'static) {
        let cut_off = self.cut_off.clone();
        self.workers.spawn(async move {
            if cut_off.run_until_cancelled(worker).await.is_none() {
                tracing::warn!(worker = name, "a worker was cut off: it did not end in time");
            }
        });
    }

    /// Waits until every worker has ended, and cuts off those that have not within that time. They are told to end by
    /// [`Shutdown::begin`], not by this.
    pub async fn ended(&self, within: Duration) {
        self.workers.close();
        if timeout(within, self.workers.wait()).await.is_err() {
            self.cut_off.cancel();
            // One that lets nothing else run does not notice; it must not hold up the end.
            let _ = timeout(LET_GO, self.workers.wait()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::io;
    use std::sync::{Arc, Mutex};

    use tokio::time::Instant;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    const DRAIN: Duration = Duration::from_secs(25);

    /// Lines of a log.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Lines {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Lines {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    /// Begins and ends that shutdown; how long that takes, and what the log says.
    async fn shut_down(shutdown: &Shutdown) -> (Duration, String) {
        let lines = Lines::default();
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer(lines.clone()).finish();
        let _log = crate::listen::listen(log);
        let began = Instant::now();
        shutdown.begin();
        shutdown.ended(DRAIN).await;
        (began.elapsed(), lines.text())
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_listens_finishes_what_is_under_way() {
        let (shutdown, done) = (Shutdown::default(), Arc::new(Mutex::new(false)));
        let (told, finished) = (shutdown.clone(), Arc::clone(&done));
        shutdown.spawn("listens", async move {
            told.begun().await;
            let _ = timeout(Duration::from_secs(5), pending::<()>()).await;
            *finished.lock().unwrap() = true;
        });
        assert!(!shutdown.has_begun());
        assert_eq!(shut_down(&shutdown).await, (Duration::from_secs(5), String::new()));
        assert!(shutdown.has_begun() && *done.lock().unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_does_not_listen_is_cut_off_and_named() {
        let (shutdown, held) = (Shutdown::default(), Arc::new(()));
        let (told, kept) = (shutdown.clone(), Arc::clone(&held));
        shutdown.spawn("listens", async move { told.begun().await });
        shutdown.spawn("is deaf", async move {
            pending::<()>().await;
            drop(kept);
        });
        let (took, log) = shut_down(&shutdown).await;
        assert_eq!(took, DRAIN);
        assert!(log.contains("worker=\"is deaf\"") && log.lines().count() == 1, "{log}");
        assert_eq!(Arc::strong_count(&held), 1, "it lets go of what it held");
    }

    #[tokio::test(start_paused = true)]
    async fn without_workers_the_end_takes_no_time() {
        assert_eq!(shut_down(&Shutdown::default()).await, (Duration::ZERO, String::new()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_panicked_is_not_waited_for() {
        let shutdown = Shutdown::default();
        shutdown.spawn("panics", async { panic!("on purpose") });
        assert_eq!(shut_down(&shutdown).await.0, Duration::ZERO);
    }
}
