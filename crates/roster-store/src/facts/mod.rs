//! The facts that each decision needs, as questions to a locked team.
//!
//! A question never loads all members of a team: what it costs does not grow with the team.

mod addition;
mod code;
mod erasure;
mod invitation;
mod link;
mod member;
mod removal;
mod team;

pub use addition::{Adding, Addition};
pub use code::{CodeChange, CodeCreation, Coding};
pub use erasure::ErasureQuestion;
pub(crate) use erasure::{Traces, concerning};
pub use invitation::{InvitationChange, Inviting, Overdue};
pub use link::{LinkChange, LinkCreation};
pub use member::{MemberChange, Restoration};
pub(crate) use member::{holder, place};
pub use removal::Removal;
pub use team::{Purge, TeamChange, Transfer, Transferring};
