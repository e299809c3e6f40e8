//! The one place that every commit of a team's change passes.

use roster_store::Committed;

/// Tells what was committed to those who watch teams. So far these are only the readers of a trace.
pub(crate) fn publish(committed: Committed) {
    for (team, revision) in committed {
        tracing::trace!(%team, revision, "a team's change was committed");
    }
}
