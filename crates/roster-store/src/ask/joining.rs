//! What joining a team needs, whatever the invite: the invite itself, the person who joins, the inviter.

use roster_domain::facts::{
    AnswerFacts, CodeRedemptionFacts, Holder, Invitation, JoinFacts, RedemptionFacts, TeamCode,
};
use roster_domain::{CodeId, CodeKey, InvitationId, InviteLink, LinkId, PersonKey, UserId};

use super::invites::{self, Codes, Invitations, Kind, Links};
use super::{Question, Rows, SeatsTaken, Sql, Values, membership};
use crate::error::{Error, Result};
use crate::read::team::Team;

/// Asks about a person who may join, by an invite that the team may have.
pub struct Joining<'a, I> {
    /// The invite.
    pub invite: I,
    /// Who may join. Without the lock they may be unknown.
    pub user: &'a UserId,
}

/// A person who may join.
#[derive(Clone, Debug, PartialEq)]
pub struct Joiner<F> {
    /// None where they are unknown.
    person: Option<PersonKey>,
    /// What the decision needs.
    pub facts: F,
    /// The inviter's user id; none if their data was erased.
    pub inviter_user_id: Option<String>,
}

impl<F> Joiner<F> {
    /// The person's key. Under the team's lock there is one: it was given then if there was none.
    pub fn person(&self) -> Result<PersonKey> {
        self.person.ok_or_else(|| Error::internal("somebody joins without the lock"))
    }
}

/// An invite link, if the token's digest belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct LinkInvite {
    /// The link.
    pub link: LinkId,
    /// The token's digest.
    pub digest: [u8; 32],
}

/// An e-mail invitation.
#[derive(Clone, Copy, Debug)]
pub struct MailInvite {
    /// The invitation.
    pub invitation: InvitationId,
    /// The token's digest, where a token was presented: the invitation is found only if both belong together. A token from
    /// before the invitation was sent again does not fit any more.
    pub digest: Option<[u8; 32]>,
}

/// A team code, if the text belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct CodeInvite<'a> {
    /// The code.
    pub code: CodeId,
    /// The text as it is found.
    pub key: &'a CodeKey,
}

/// Something by which people join.
pub trait Invite: Send + Sync {
    /// What a decision needs.
    type Facts: Send;

    /// Adds the columns of the row `i`.
    fn columns(sql: &mut Sql<'_>);

    /// Joins the row `i`.
    fn join(&self, sql: &mut Sql<'_>);

    /// Reads the facts, out of the columns of the row and then those of the joining. None where there is no such invite.
    fn facts(
        rows: &mut Rows<'_>,
        joining: impl FnOnce(&mut Rows<'_>) -> Result<JoinFacts>,
    ) -> Result<Option<Self::Facts>>;
}

impl<I: Invite> Question for Joining<'_, I> {
    /// None where the team has no such invite.
    type Facts = Option<Joiner<I::Facts>>;

    fn people(&self) -> &[UserId] {
        std::slice::from_ref(self.user)
    }

    fn columns(&self, sql: &mut Sql<'_>) {
        sql.add(", (SELECT user_id FROM people WHERE id = i.maker)");
        I::columns(sql);
        membership::columns(sql, "j");
        sql.add(", (SELECT revision FROM removals WHERE team_id = t.id AND person = ")
            .person(self.user)
            .add(")");
        membership::holder_columns(sql, "h");
        SeatsTaken.columns(sql);
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        self.invite.join(sql);
        membership::join(sql, "j", self.user);
        sql.add(" LEFT JOIN members h ON h.team_id = t.id AND h.person = i.maker");
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        let inviter_user_id = rows.one().next()?;
        let facts = I::facts(rows, |rows| {
            let membership = membership::read(team, rows)?;
            let removed_at = rows.one().next()?;
            let (maker, access) = membership::read_holder(team, rows)?;
            let maker = maker.map(|membership| Holder { membership, access });
            let occupancy = SeatsTaken.facts(team, rows)?;
            Ok(JoinFacts { team: team.facts.clone(), membership, removed_at, maker, occupancy })
        })?;
        let person = rows.people().first().copied();
        Ok(facts.map(|facts| Joiner { person, facts, inviter_user_id }))
    }
}

impl Invite for LinkInvite {
    type Facts = RedemptionFacts;

    fn columns(sql: &mut Sql<'_>) {
        invites::one::<Links>(sql);
    }

    fn join(&self, sql: &mut Sql<'_>) {
        invites::join::<Links>(sql, self.link.uuid());
        sql.add(" AND i.digest = ").bind(self.digest.to_vec());
    }

    fn facts(
        rows: &mut Rows<'_>,
        joining: impl FnOnce(&mut Rows<'_>) -> Result<JoinFacts>,
    ) -> Result<Option<RedemptionFacts>> {
        let facts = |link: InviteLink, joining| RedemptionFacts { link, joining };
        found::<Links, _>(rows, joining, facts)
    }
}

impl Invite for CodeInvite<'_> {
    type Facts = CodeRedemptionFacts;

    fn columns(sql: &mut Sql<'_>) {
        invites::one::<Codes>(sql);
    }

    fn join(&self, sql: &mut Sql<'_>) {
        invites::join::<Codes>(sql, self.code.uuid());
        sql.add(" AND i.code_key = ").bind(self.key.reveal());
    }

    fn facts(
        rows: &mut Rows<'_>,
        joining: impl FnOnce(&mut Rows<'_>) -> Result<JoinFacts>,
    ) -> Result<Option<CodeRedemptionFacts>> {
        let facts = |code: TeamCode, joining| CodeRedemptionFacts { code, joining };
        found::<Codes, _>(rows, joining, facts)
    }
}

impl Invite for MailInvite {
    type Facts = AnswerFacts;

    fn columns(sql: &mut Sql<'_>) {
        invites::one::<Invitations>(sql);
    }

    fn join(&self, sql: &mut Sql<'_>) {
        invites::join::<Invitations>(sql, self.invitation.uuid());
        if let Some(digest) = self.digest {
            sql.add(" AND i.digest = ").bind(digest.to_vec());
        }
    }

    fn facts(
        rows: &mut Rows<'_>,
        joining: impl FnOnce(&mut Rows<'_>) -> Result<JoinFacts>,
    ) -> Result<Option<AnswerFacts>> {
        let facts = |invitation: Invitation, joining| AnswerFacts { invitation, joining };
        found::<Invitations, _>(rows, joining, facts)
    }
}

fn found<K: Kind, F>(
    rows: &mut Rows<'_>,
    joining: impl FnOnce(&mut Rows<'_>) -> Result<JoinFacts>,
    facts: impl FnOnce(K::Invite, JoinFacts) -> F,
) -> Result<Option<F>> {
    let invite = invites::read_one::<K>(rows.one())?;
    // Also where there is no invite: what is read after it begins at the right column.
    let joining = joining(rows)?;
    Ok(invite.map(|invite| facts(invite, joining)))
}
