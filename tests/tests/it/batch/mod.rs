//! `BatchAddMembers`: people who were members elsewhere are added, each row by itself.

mod calls;
mod rows;
mod whole;

use prost_types::Timestamp;

/// That many seconds after an evening of the past.
fn evening(seconds: i64) -> Timestamp {
    Timestamp { seconds: 1_600_000_000 + seconds, nanos: 250_000_000 }
}
