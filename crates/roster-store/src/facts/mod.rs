//! The facts that each decision needs, as questions to a locked team.
//!
//! A question never loads all members of a team: what it costs does not grow with the team.

mod link;
mod member;
mod redemption;

use std::future::Future;

pub use link::{LinkChange, LinkCreation};
pub use member::MemberChange;
pub(crate) use member::{by_person, by_user};
pub use redemption::{Redeeming, Redemption};
pub(crate) use redemption::{find_link, load as load_redemption};
use roster_domain::Timestamp;
use sea_orm::ConnectionTrait;

use crate::error::Result;
use crate::read::team::Team;

/// What a decision wants to know of a locked team.
pub trait Question: Send + Sync {
    /// The answer.
    type Facts: Send;

    /// Reads the answer. `now` is the time of the mutation.
    fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        now: Timestamp,
    ) -> impl Future<Output = Result<Self::Facts>> + Send;
}
