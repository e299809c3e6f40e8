//! What joining a team needs, whatever the invite: the invite itself, the person who joins, the inviter.

use roster_domain::facts::{
    AnswerFacts, CodeRedemptionFacts, Holder, Invitation, JoinFacts, RedemptionFacts, TeamCode,
};
use roster_domain::{CodeKey, InvitationId, InviteLink, LinkId, PersonKey, Timestamp, UserId};

use super::invites::{self, Codes, Invitations, Kind, Links};
use super::{Question, Rows, SeatsTaken, Sql, Values, membership};
use crate::error::{Error, Result};
use crate::read::member::{self, Member};
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
    /// When the invite was made.
    pub created_at: Timestamp,
}

impl<F> Joiner<F> {
    /// The person's key. Under the team's lock there is one: it was given then if there was none.
    pub fn person(&self) -> Result<PersonKey> {
        self.person.ok_or_else(|| Error::internal("somebody joins without the lock"))
    }
}

/// Asks beside [`Joining`] for the person as they are shown, if they are a member: of the row that it has joined.
pub struct JoinerAsMember;

impl Question for JoinerAsMember {
    type Facts = Option<Member>;

    fn columns(&self, sql: &mut Sql<'_>) {
        member::columns(sql, "j");
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        Ok(member::read_one(team, rows.one())?.map(|(_, member)| member))
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
pub enum MailInvite {
    /// That of this id.
    Id(InvitationId),
    /// That whose token has this digest. A token from before the invitation was sent again does not fit any more.
    Token([u8; 32]),
}

/// The team code with that text, as it is found.
#[derive(Clone, Copy, Debug)]
pub struct CodeInvite<'a>(pub &'a CodeKey);

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
        sql.add(", i.created_at, (SELECT user_id FROM people WHERE id = i.maker)");
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
        let created_at: Option<i64> = rows.one().next()?;
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
        Ok(facts.zip(created_at).map(|(facts, created_at)| {
            let created_at = Timestamp::from_micros(created_at);
            Joiner { person, facts, inviter_user_id, created_at }
        }))
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
        invites::join_by::<Codes>(sql, |sql| self.names(sql));
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
        invites::join_by::<Invitations>(sql, |sql| self.names(sql));
    }

    fn facts(
        rows: &mut Rows<'_>,
        joining: impl FnOnce(&mut Rows<'_>) -> Result<JoinFacts>,
    ) -> Result<Option<AnswerFacts>> {
        let facts = |invitation: Invitation, joining| AnswerFacts { invitation, joining };
        found::<Invitations, _>(rows, joining, facts)
    }
}

/// An invite by which its team is found.
pub trait Named: Send + Sync {
    /// The table.
    fn table(&self) -> &'static str;

    /// Adds the condition of its row, which is one at most, whatever the team.
    fn names(&self, sql: &mut Sql<'_>);
}

impl Named for CodeInvite<'_> {
    fn table(&self) -> &'static str {
        Codes::TABLE
    }

    fn names(&self, sql: &mut Sql<'_>) {
        sql.add("code_key = ").bind(self.0.reveal());
    }
}

impl Named for MailInvite {
    fn table(&self) -> &'static str {
        Invitations::TABLE
    }

    fn names(&self, sql: &mut Sql<'_>) {
        match self {
            Self::Id(id) => sql.add("id = ").bind(id.uuid()),
            Self::Token(digest) => sql.add("digest = ").bind(digest.to_vec()),
        };
    }
}

/// Adds the table of the invite, and the condition that names it.
pub(crate) fn named(sql: &mut Sql<'_>, invite: &dyn Named) {
    sql.add(invite.table()).add(" WHERE ");
    invite.names(sql);
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
