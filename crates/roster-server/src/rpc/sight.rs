//! The beginning of every read of a team: the team, the actor's place in it, and what it may.

use roster_domain::decide::{Standing, standing};
use roster_domain::{Policy, Refusal, TeamId};
use roster_store::Seen;

use super::error::Error;
use crate::app::App;
use crate::authn::Call;

/// A team that the actor may know of, and the policy that it follows.
pub(super) struct Sight<'a> {
    /// The team and the actor's membership.
    pub(super) seen: Seen,
    /// The policy.
    pub(super) policy: &'a Policy,
}

impl<'a> Sight<'a> {
    /// Sees a team. One that does not exist, one that the actor is no member of, and one of another product get the
    /// same answer.
    pub(super) async fn of(app: &'a App, call: &Call, team: TeamId) -> Result<Self, Error> {
        let actor = call.actor()?;
        let seen = app.store.see(team, &actor.user_id, |policy| app.has_policy_for(call, policy)).await?;
        let seen = seen.filter(|seen| seen.membership.is_some()).ok_or(Refusal::TeamNotAccessible)?;
        let policy = app.policy_of_team(&seen.team.policy)?;
        Ok(Self { seen, policy })
    }

    /// The actor's standing in the team.
    pub(super) fn standing(&self) -> Result<Standing<'_>, Error> {
        Ok(standing(self.policy, self.seen.membership.as_ref())?)
    }
}
