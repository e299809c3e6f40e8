//! The facts that each decision needs, as questions to a locked team.
//!
//! A question never loads all members of a team: what it costs does not grow with the team.

mod addition;
mod answer;
mod code;
mod erasure;
mod invitation;
mod joining;
mod link;
mod member;
mod redemption;
mod removal;
mod team;

use std::future::Future;

pub use addition::{Adding, Addition};
pub use answer::Answer;
pub(crate) use answer::find_invitation;
pub(crate) use code::open as open_codes;
pub use code::{CodeChange, CodeCreation, CodeRedemption, Coding};
pub use erasure::ErasureQuestion;
pub(crate) use erasure::{Traces, concerning};
pub use invitation::{InvitationChange, Inviting, Overdue};
pub(crate) use joining::holder;
pub use link::{LinkChange, LinkCreation};
pub use member::{MemberChange, Restoration};
pub(crate) use member::{by_person, by_user};
pub use redemption::{Entering, Redemption};
pub use removal::Removal;
use roster_domain::{Policy, Timestamp};
use sea_orm::ConnectionTrait;
pub use team::{Purge, TeamAlone, TeamChange, Transfer};

use crate::error::Result;
use crate::read::team::Team;

/// What a decision wants to know of a locked team.
pub trait Question: Send + Sync {
    /// The answer.
    type Facts: Send;

    /// Reads the answer. `policy` is the team's, none where it is not served; `now` is the time of the mutation.
    fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Self::Facts>> + Send;
}
