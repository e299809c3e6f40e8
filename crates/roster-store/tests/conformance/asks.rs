//! Questions asked by themselves, one at a time.

use roster_domain::facts::{AnswerFacts, CodeRedemptionFacts, Occupancy, RedemptionFacts};
use roster_domain::{
    CodeId, CodeKey, Holder, InvitationId, LinkId, MemberState, Membership, Policy, PolicyName, PolicySet,
    RoleName, TeamId, Timestamp, UserId,
};
use roster_store::ask::{Invite, Named};
use roster_store::{
    Asked, CodeInvite, CodeQuery, Event, EventFilter, HolderOf, InvitationQuery, InviteOf, InvitesOf,
    Joining, LinkInvite, LinkPlace, LinkQuery, MailInvite, Member, MemberCount, MemberOf, MemberQuery,
    MembershipOf, PendingInvitations, Question, Result, SeatsTaken, Store, StoredCode, StoredInvitation,
    StoredLink, Team, TeamQuery,
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
        team: TeamId,
        digest: [u8; 32],
        onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<Preview<AnswerFacts>>>;
    async fn preview_code(
        &self,
        team: TeamId,
        key: &CodeKey,
        onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<Preview<CodeRedemptionFacts>>>;
}

/// The answer to a question about a team where that policy is served.
async fn asked<Q: Question>(store: &Store, team: TeamId, policy: &Policy, question: &Q) -> Result<Q::Facts> {
    let policies = PolicySet::from_iter([policy.clone()]);
    Ok(store
        .ask_even_deleted(team, &policies, |_| true, question)
        .await?
        .expect("there is such a team")
        .facts)
}

/// Invites as they are shown.
pub(crate) trait Invites {
    async fn link(&self, team: TeamId, policy: &Policy, link: LinkId) -> Result<Option<StoredLink>>;
    async fn links(&self, team: TeamId, policy: &Policy, query: &LinkQuery) -> Result<Vec<StoredLink>>;
    async fn code(&self, team: TeamId, policy: &Policy, code: CodeId) -> Result<Option<StoredCode>>;
    async fn codes(&self, team: TeamId, policy: &Policy, query: &CodeQuery) -> Result<Vec<StoredCode>>;
    async fn invitation(
        &self,
        team: TeamId,
        policy: &Policy,
        invitation: InvitationId,
    ) -> Result<Option<StoredInvitation>>;
    async fn invitations_by_id(
        &self,
        team: TeamId,
        policy: &Policy,
        invitations: &[InvitationId],
    ) -> Result<Vec<StoredInvitation>>;
    async fn invitations(
        &self,
        team: TeamId,
        policy: &Policy,
        query: &InvitationQuery<'_>,
    ) -> Result<Vec<StoredInvitation>>;
    async fn pending_invitations(
        &self,
        team: TeamId,
        policy: &Policy,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<StoredInvitation>>;
}

impl Invites for Store {
    async fn pending_invitations(
        &self,
        team: TeamId,
        policy: &Policy,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<StoredInvitation>> {
        asked(self, team, policy, &PendingInvitations { now, limit }).await
    }

    async fn link(&self, team: TeamId, policy: &Policy, link: LinkId) -> Result<Option<StoredLink>> {
        asked(self, team, policy, &InviteOf(link)).await
    }

    async fn links(&self, team: TeamId, policy: &Policy, query: &LinkQuery) -> Result<Vec<StoredLink>> {
        asked(self, team, policy, query).await
    }

    async fn code(&self, team: TeamId, policy: &Policy, code: CodeId) -> Result<Option<StoredCode>> {
        asked(self, team, policy, &InviteOf(code)).await
    }

    async fn codes(&self, team: TeamId, policy: &Policy, query: &CodeQuery) -> Result<Vec<StoredCode>> {
        asked(self, team, policy, query).await
    }

    async fn invitation(
        &self,
        team: TeamId,
        policy: &Policy,
        invitation: InvitationId,
    ) -> Result<Option<StoredInvitation>> {
        asked(self, team, policy, &InviteOf(invitation)).await
    }

    async fn invitations_by_id(
        &self,
        team: TeamId,
        policy: &Policy,
        invitations: &[InvitationId],
    ) -> Result<Vec<StoredInvitation>> {
        asked(self, team, policy, &InvitesOf(invitations)).await
    }

    async fn invitations(
        &self,
        team: TeamId,
        policy: &Policy,
        query: &InvitationQuery<'_>,
    ) -> Result<Vec<StoredInvitation>> {
        asked(self, team, policy, query).await
    }
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

/// The same where the invite itself tells the team, which must be that one.
async fn by_invite<I: Invite + Named + Copy>(
    store: &Store,
    team: TeamId,
    invite: I,
    Onlooker { user, policies, visible }: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
) -> Result<Option<Preview<I::Facts>>> {
    let asked = store.ask_by_invite(policies, visible, &Joining { invite, user }).await?;
    Ok(asked.filter(|asked| asked.team.id == team).map(|Asked { team, facts: joiner, now }| Preview {
        team,
        facts: joiner.facts,
        maker_user_id: joiner.inviter_user_id,
        now,
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
        team: TeamId,
        digest: [u8; 32],
        onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<Preview<AnswerFacts>>> {
        by_invite(self, team, MailInvite::Token(digest), onlooker).await
    }

    async fn preview_code(
        &self,
        team: TeamId,
        key: &CodeKey,
        onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<Preview<CodeRedemptionFacts>>> {
        by_invite(self, team, CodeInvite(key), onlooker).await
    }
}
