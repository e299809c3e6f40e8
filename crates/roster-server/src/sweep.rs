//! Housekeeping that nobody asks for: answers to old requests are deleted once their 24 hours are over.
//!
//! Any number of replicas may do it at once. That it runs late, or not at all, changes no answer: an outdated record is
//! told by its age.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;

/// How often.
const PERIOD: Duration = Duration::from_hours(1);

/// Sweeps at once and then every hour, until the task is aborted.
#[must_use]
pub(crate) fn spawn(app: Arc<App>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match app.store.sweep_answers().await {
                Ok(0) => {}
                Ok(swept) => tracing::info!(swept, "outdated answers were deleted"),
                Err(error) => tracing::warn!(%error, "outdated answers were not deleted"),
            }
        }
    })
}
