//! The relational store: one schema and one code path over Postgres and SQLite.
//!
//! This is the only crate that knows SeaORM. It opens a transaction, locks a team and loads the facts that a decision
//! needs ([`Store::lock_and_load`]), and carries out what was decided ([`Tx::apply`], the only function that changes
//! rows of the domain). It decides nothing itself and knows nothing of the wire.

mod apply;
pub mod ask;
mod begin;
mod clock;
mod convert;
mod db;
pub mod deadline;
mod entity;
mod erase;
mod error;
mod facts;
mod failpoint;
mod idempotency;
mod keys;
mod lock;
mod migration;
mod needs;
mod open;
mod outbox;
mod people;
mod pooler;
mod queue;
mod read;
mod tx;
mod url;
mod wal;

pub use apply::Context;
pub use ask::{
    ActorIn, Asked, CodeInvite, HolderOf, InviteOf, InvitesOf, Joiner, JoinerAsMember, Joining, LinkInvite,
    MailInvite, MembershipOf, Question, SeatsTaken,
};
pub use db::PoolState;
pub use erase::{Erasure, TouchedTeam};
pub use error::{Error, ErrorKind, Result};
pub use facts::{
    Adding, Addition, CodeChange, CodeCreation, Coding, ErasureQuestion, InvitationChange, Inviting,
    LinkChange, LinkCreation, MemberChange, Overdue, Purge, Removal, Restoration, TeamChange, Transfer,
    Transferring,
};
pub use idempotency::{Answered, Claim};
pub use keys::{KeyFingerprint, KeyMismatch, KeyUse};
pub use lock::{Creation, CreationFacts, CreationQuestion, Loaded, Locked, PersonalTeam};
pub use migration::MigrationStatus;
pub use needs::PolicyNeeds;
pub use open::{Options, Place, Store};
pub use outbox::{ClaimedMail, Letter, MailOutcome};
pub use pooler::Pooler;
pub use read::after::{Inviter, holder_after, invitation_after, occupancy_after};
pub use read::code::{CodeQuery, StoredCode};
pub use read::delivery::{Delivered, DeliveryState, MailFailure};
pub use read::event::{Event, EventFilter};
pub use read::export::{ExportPlace, ExportQuery, Exported, ExportedEvent, ExportedInvitation};
pub use read::invitation::{InvitationQuery, PendingInvitations, StoredInvitation};
pub use read::link::{LinkPlace, LinkQuery, StoredLink};
pub use read::member::{JoinMethod, Member, MemberCount, MemberOf, MemberQuery};
pub use read::orphans::{InUse, RoleInUse, TierInUse};
pub use read::overdue::OverdueTeams;
pub use read::payload::{AccessRecord, EventType, GrantRecord, Payload};
pub use read::received::{Received, ReceivedQuery};
pub use read::team::{Team, TeamQuery};
pub use tx::{Committed, Tx};
pub use url::{InvalidUrl, PostgresUrl};
