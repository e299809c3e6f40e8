//! The relational store: one schema and one code path over Postgres and SQLite.
//!
//! This is the only crate that knows SeaORM. It opens a transaction, locks a team and loads the facts that a decision
//! needs ([`Store::lock_and_load`]), and carries out what was decided ([`Tx::apply`], the only function that changes
//! rows of the domain). It decides nothing itself and knows nothing of the wire.

mod apply;
mod clock;
mod convert;
mod entity;
mod error;
mod facts;
mod failpoint;
mod idempotency;
mod incident;
mod keys;
mod lock;
mod migration;
mod open;
mod people;
mod queue;
mod read;
mod tx;

pub use apply::Context;
pub use error::{Error, ErrorKind, Result};
pub use facts::{
    Adding, Addition, LinkChange, LinkCreation, MemberChange, Purge, Question, Redeeming, Redemption,
    Removal, Restoration, TeamAlone, TeamChange, Transfer,
};
pub use idempotency::{Answered, Claim};
pub use keys::{KeyFingerprint, KeyMismatch};
pub use lock::{Creation, CreationFacts, CreationQuestion, Loaded, Locked};
pub use migration::MigrationStatus;
pub use open::{Options, Place, Store};
pub use read::event::{Event, EventFilter};
pub use read::invitation::StoredInvitation;
pub use read::link::{LinkPlace, LinkQuery, Preview, StoredLink};
pub use read::member::{JoinMethod, Member, MemberQuery};
pub use read::orphans::{InUse, RoleInUse, TierInUse};
pub use read::payload::{AccessRecord, EventType, GrantRecord, Payload};
pub use read::team::{Seen, Team, TeamQuery};
pub use tx::Tx;
