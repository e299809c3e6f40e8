//! For tests that listen to the log.

use std::sync::LazyLock;

use tracing::Dispatch;
use tracing::dispatcher::{DefaultGuard, set_default};

/// While there is but one subscriber, tracing asks the thread that meets a place first whether anything there is wanted,
/// and keeps a no: a test that runs beside this one, and does not listen, would silence it for all.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));

/// Listens in this thread, until the guard is dropped.
pub(crate) fn listen(subscriber: impl Into<Dispatch>) -> DefaultGuard {
    LazyLock::force(&ANOTHER);
    set_default(&subscriber.into())
}
