//! How many files the process may have open: every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the process needs beside its callers' connections: the database's, Redis', the mail relay's, logs.
const OWN: u64 = 256;

/// Raises the limit of open files as far as the system lets the process, and warns if the connections that are let in
/// would not fit.
pub fn raise_limit(connections: u32) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = u64::from(connections) + OWN;
    // No limit at all is `None`.
    if current.is_none_or(|current| current >= wanted) {
        return;
    }
    let reachable = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(reachable), maximum });
    if raised.is_err() || reachable < wanted {
        tracing::warn!(
            wanted,
            limit = if raised.is_ok() { Some(reachable) } else { current },
            "the limit of open files is lower than limits.connections needs"
        );
    }
}
