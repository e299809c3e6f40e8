//! A team as a read shows it: the team, the actor's membership and what else was asked, as of one moment.

use roster_domain::decide::{Standing, standing};
use roster_domain::{Membership, Policy, PolicyName, Refusal, TeamId, Timestamp};
use roster_store::ask::Question;
use roster_store::{ActorIn, Team};

use super::error::Error;
use crate::app::App;
use crate::authn::Call;

/// A team that the actor may know of.
pub(super) struct Sight<'a, A = ()> {
    /// The team.
    pub(super) team: Team,
    /// The policy that it follows.
    pub(super) policy: &'a Policy,
    /// The actor's membership.
    pub(super) membership: Membership,
    /// The answer to what else was asked. It is not for the actor before their standing was looked at.
    pub(super) answer: A,
    /// The time of the reading.
    pub(super) now: Timestamp,
}

impl<'a> Sight<'a> {
    /// Loads a team and the actor's membership.
    pub(super) async fn of(app: &'a App, call: &Call, team: TeamId) -> Result<Self, Error> {
        Self::with(app, call, team, &()).await
    }
}

impl<'a, A> Sight<'a, A> {
    /// Loads a team, the actor's membership, and what else is asked. A team that does not exist, one that the actor is no
    /// member of, and one of another product get the same answer.
    pub(super) async fn with<'q, Q>(
        app: &'a App,
        call: &'q Call,
        team: TeamId,
        question: &'q Q,
    ) -> Result<Self, Error>
    where
        Q: Question<Facts = A>,
    {
        let question = (ActorIn(&call.actor()?.user_id), question);
        let visible = |policy: &PolicyName| app.has_policy_for(call, policy);
        let asked = app.store.ask(team, &app.policies, visible, &question).await?;
        let asked = asked.ok_or(Refusal::TeamNotAccessible)?;
        let (membership, answer) = asked.facts;
        let policy = app.policy_of_team(&asked.team.policy)?;
        Ok(Self { team: asked.team, policy, membership, answer, now: asked.now })
    }

    /// The actor's standing in the team.
    pub(super) fn standing(&self) -> Result<Standing<'_>, Error> {
        Ok(standing(self.policy, Some(&self.membership))?)
    }
}
