//! The rules of teams as pure functions.
//!
//! This crate knows what teams, members, policies and ways to join are, and decides: given a policy, the facts and
//! what somebody wants to do, it answers with the changes to make or with a refusal. It does no I/O, reads no clock
//! and no random source, and is never async; whoever calls it brings the facts and the time.

pub mod access;
pub mod change;
pub mod code_text;
pub mod decide;
pub mod email;
pub mod facts;
pub mod id;
pub mod policy;
pub mod refusal;
pub mod text;
pub mod time;

pub use access::{Access, AccessRequest, Grant, GrantTarget};
pub use change::{
    Change, Delivery, JoinedBy, NewInvitation, NewInviteLink, NewMember, NewTeam, NewTeamCode, SecretRecord,
};
pub use code_text::{CodeKey, CodeText};
pub use email::EmailAddress;
pub use facts::{Holder, InviteLink, MemberState, Membership};
pub use id::{CodeId, EventId, InvitationId, LinkId, PersonKey, Pseudonym, Revision, TeamId};
pub use policy::{Policy, PolicyName, PolicySet, RoleName};
pub use refusal::Refusal;
pub use text::{CallerName, DisplayName, ExternalId, Locale, ResourceId, UserId};
pub use time::Timestamp;
