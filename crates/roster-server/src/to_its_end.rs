//! Work that runs to its end, whether its client waits or not.
//!
//! What changes something runs so, in a task of its own: a client that goes away, or a deadline that passes, must not stop
//! a transaction between two statements, and a change whose client is gone is still wanted by the next. How long a task
//! can take is bounded by the database's time-outs, and where the database is frozen by a minute; its place among calls is
//! taken until then, and no longer: a client that does not take its answer holds up no other.
//!
//! A read is dropped with its caller, but for a part of it that counts something. What it had begun goes on to its end in
//! the database: until then, its connection and its place are kept by the store.

use std::time::Duration;

use roster_store::deadline as store;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use crate::edge_error::EdgeError;
use crate::request_id::{self, RequestId};

/// The longest that what runs to its end may take, unless its answer is due later: far beyond every time-out of the
/// database and of the token store, so that only what hangs meets it.
const LONGEST: Duration = Duration::from_mins(1);

/// Runs a call, which is to be answered by that time.
pub(crate) async fn run<T: Send + 'static>(
    request_id: RequestId,
    by: Instant,
    call: impl Future<Output = T> + Send + 'static,
) -> Result<T, EdgeError> {
    let end = by.max(Instant::now() + LONGEST);
    let call = request_id::scope(request_id, timeout_at(end, call));
    match tokio::spawn(call.in_current_span()).await {
        Ok(done) => done.map_err(|_| EdgeError::DeadlineExceeded),
        // The task is never aborted; a panic goes on to where it is answered.
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(EdgeError::Draining),
        },
    }
}

/// Runs a part of a read. It keeps the place that the call has, and has no deadline of its own.
pub(crate) async fn run_part<T: Send + 'static>(
    request_id: RequestId,
    part: impl Future<Output = T> + Send + 'static,
) -> Result<T, EdgeError> {
    run(request_id, Instant::now(), store::scope(None, store::held(), part)).await
}
