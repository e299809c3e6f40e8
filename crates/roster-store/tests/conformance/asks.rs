//! Questions asked by themselves, one at a time.

use roster_domain::facts::{AnswerFacts, CodeRedemptionFacts, Occupancy, RedemptionFacts};
use roster_domain::{
    CodeId, CodeKey, Holder, InvitationId, MemberState, Membership, Policy, PolicyName, PolicySet, RoleName,
    TeamId, Timestamp, UserId,
};
use roster_store::ask::Invite;
use roster_store::{
    Asked, CodeInvite, Event, EventFilter, HolderOf, Joining, LinkInvite, LinkPlace, MailInvite, Member,
    MemberCount, MemberOf, MemberQuery, MembershipOf, Result, SeatsTaken, Store, Team, TeamQuery,
};

/// What somebody sees before they join.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Preview<F> {
    pub(crate) team: Team,
    pub(crate) facts: F,
    pub(crate) maker_user_id: Option<String>,
    pub(crate) now: Timestamp,
}

/// Who looks, and what there is for them.
pub(crate) struct Onlooker<'a, V> {
    pub(crate) user: &'a UserId,
    pub(crate) policies: &'a PolicySet,
    pub(crate) visible: V,
}

/// A team as one person sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) team: Team,
    pub(crate) membership: Option<Membership>,
    pub(crate) now: Timestamp,
}

/// One question a call. Where there is no such team, there is nobody in it.
pub(crate) trait Asks {
    async fn see(
        &self,
        team: TeamId,
        user: &UserId,
        visible: impl Fn(&PolicyName) -> bool,
    ) -> Result<Option<Seen>>;
    async fn team(
        &self,
        team: TeamId,
        visible: impl Fn(&PolicyName) -> bool,
    ) -> Result<Option<(Team, Timestamp)>>;
    async fn holder(&self, team: TeamId, user: &UserId) -> Result<Option<Holder>>;
    async fn member(&self, team: TeamId, user: &UserId) -> Result<Option<Member>>;
    async fn members(&self, team: TeamId, query: &MemberQuery) -> Result<Vec<Member>>;
    async fn count_members(&self, team: TeamId, state: MemberState, role: Option<&RoleName>) -> Result<i64>;
    async fn events(&self, team: TeamId, filter: &EventFilter) -> Result<Vec<Event>>;
    async fn list_teams(&self, user: &UserId, query: &TeamQuery) -> Result<Vec<Team>>;
    async fn occupancy(&self, team: TeamId, policy: &Policy) -> Result<Occupancy>;
    async fn preview_link(
        &self,
        place: LinkPlace,
        digest: [u8; 32],
        onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<Preview<RedemptionFacts>>>;
    async fn preview_invitation(
        &self,
        place: (TeamId, InvitationId),
        digest: [u8; 32],
        onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<Preview<AnswerFacts>>>;
    async fn preview_code(
        &self,
        place: (TeamId, CodeId),
        key: &CodeKey,
        onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<Preview<CodeRedemptionFacts>>>;
}

async fn preview<I: Invite>(
    store: &Store,
    team: TeamId,
    invite: I,
    Onlooker { user, policies, visible }: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
) -> Result<Option<Preview<I::Facts>>> {
    let asked = store.ask(team, policies, visible, &Joining { invite, user }).await?;
    Ok(asked.and_then(|Asked { team, facts, now }| {
        let joiner = facts?;
        Some(Preview { team, facts: joiner.facts, maker_user_id: joiner.inviter_user_id, now })
    }))
}

impl Asks for Store {
    async fn see(
        &self,
        team: TeamId,
        user: &UserId,
        visible: impl Fn(&PolicyName) -> bool,
    ) -> Result<Option<Seen>> {
        let asked = self.ask(team, &PolicySet::default(), visible, &MembershipOf(user)).await?;
        Ok(asked.map(|Asked { team, facts: membership, now }| Seen { team, membership, now }))
    }

    async fn team(
        &self,
        team: TeamId,
        visible: impl Fn(&PolicyName) -> bool,
    ) -> Result<Option<(Team, Timestamp)>> {
        let asked = self.ask_even_deleted(team, &PolicySet::default(), visible, &()).await?;
        Ok(asked.map(|asked| (asked.team, asked.now)))
    }

    async fn holder(&self, team: TeamId, user: &UserId) -> Result<Option<Holder>> {
        Ok(self
            .ask_even_deleted(team, &PolicySet::default(), |_| true, &HolderOf(user))
            .await?
            .and_then(|asked| asked.facts))
    }

    async fn member(&self, team: TeamId, user: &UserId) -> Result<Option<Member>> {
        Ok(self
            .ask_even_deleted(team, &PolicySet::default(), |_| true, &MemberOf(user))
            .await?
            .and_then(|asked| asked.facts))
    }

    async fn members(&self, team: TeamId, query: &MemberQuery) -> Result<Vec<Member>> {
        let asked = self.ask_even_deleted(team, &PolicySet::default(), |_| true, query).await?;
        Ok(asked.map(|asked| asked.facts).unwrap_or_default())
    }

    async fn count_members(&self, team: TeamId, state: MemberState, role: Option<&RoleName>) -> Result<i64> {
        let asked = self
            .ask_even_deleted(team, &PolicySet::default(), |_| true, &MemberCount { state, role })
            .await?;
        Ok(asked.map(|asked| asked.facts).unwrap_or_default())
    }

    async fn events(&self, team: TeamId, filter: &EventFilter) -> Result<Vec<Event>> {
        let asked = self.ask_even_deleted(team, &PolicySet::default(), |_| true, filter).await?;
        Ok(asked.map(|asked| asked.facts).unwrap_or_default())
    }

    async fn list_teams(&self, user: &UserId, query: &TeamQuery) -> Result<Vec<Team>> {
        let listed = self.teams_of(user, query, &PolicySet::default()).await?;
        Ok(listed.into_iter().map(|(team, _)| team).collect())
    }

    async fn occupancy(&self, team: TeamId, policy: &Policy) -> Result<Occupancy> {
        let asked = self.ask(team, &PolicySet::from_iter([policy.clone()]), |_| true, &SeatsTaken).await?;
        Ok(asked.unwrap().facts)
    }

    async fn preview_link(
        &self,
        place: LinkPlace,
        digest: [u8; 32],
        onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<Preview<RedemptionFacts>>> {
        preview(self, place.team, LinkInvite { link: place.link, digest }, onlooker).await
    }

    async fn preview_invitation(
        &self,
        (team, invitation): (TeamId, InvitationId),
        digest: [u8; 32],
        onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<Preview<AnswerFacts>>> {
        preview(self, team, MailInvite { invitation, digest: Some(digest) }, onlooker).await
    }

    async fn preview_code(
        &self,
        (team, code): (TeamId, CodeId),
        key: &CodeKey,
        onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<Preview<CodeRedemptionFacts>>> {
        preview(self, team, CodeInvite { code, key }, onlooker).await
    }
}
