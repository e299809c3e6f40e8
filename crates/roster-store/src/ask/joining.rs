//! What joining a team needs, whatever the invite: the invite itself, whoever joins, whoever made it.

use roster_domain::facts::{
    AnswerFacts, CodeRedemptionFacts, Invitation, JoinFacts, RedemptionFacts, TeamCode,
};
use roster_domain::{
    Access, CodeId, CodeKey, Holder, InvitationId, InviteLink, LinkId, PersonKey, PolicySet, Timestamp,
    UserId,
};
use uuid::Uuid;

use super::{Columns, CountsSeats, Question, Rows, SeatsTaken, Sql, grants, membership};
use crate::convert::{self, restricted, role_name};
use crate::error::{Error, Result};
use crate::read::team::Team;

/// Asks about a person who may join, by an invite that the team may have.
pub struct Joining<'a, I> {
    /// The invite.
    pub invite: I,
    /// Who may join. They may be unknown yet.
    pub user: &'a UserId,
    /// The policies that count seats.
    pub seats: &'a CountsSeats,
    /// The policies that are served: under one without kinds what was granted does not count.
    pub policies: &'a PolicySet,
}

/// A person who may join, and what the decision needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Joiner<F> {
    /// The facts.
    pub facts: F,
    /// The user id of whoever made the invite; none if that person's data was erased.
    pub inviter_user_id: Option<String>,
}

/// An invite link, if the token's digest belongs to it.
pub struct LinkInvite {
    /// The link.
    pub link: LinkId,
    /// The token's digest.
    pub digest: [u8; 32],
}

/// An e-mail invitation, if the token's digest belongs to it.
pub struct MailInvite {
    /// The invitation.
    pub invitation: InvitationId,
    /// The token's digest. A token from before the invitation was sent again does not fit any more.
    pub digest: [u8; 32],
}

/// A team code, if the text belongs to it.
pub struct CodeInvite<'a> {
    /// The code.
    pub code: CodeId,
    /// The text as it is found.
    pub key: &'a CodeKey,
}

/// Something by which people join, as a row `i`.
pub trait Invite: Send + Sync {
    /// The invite as it is stored.
    type Stored: Send;
    /// What a decision needs.
    type Facts: Send;

    /// Adds the columns after the id and the inviter's key.
    fn columns(&self, sql: &mut Sql);

    /// Joins the row. The team not by `=`: that offers the team's index, along which a plan that is made for all teams may
    /// walk all rows of a large one, although the id names the row.
    fn join(&self, sql: &mut Sql);

    /// Reads the invite.
    fn read(&self, id: Uuid, inviter: PersonKey, columns: &mut Columns<'_>) -> Result<Option<Self::Stored>>;

    /// The facts.
    fn facts(stored: Self::Stored, joining: JoinFacts) -> Self::Facts;
}

impl<I: Invite> Question for Joining<'_, I> {
    /// None where the team has no such invite.
    type Answer = Option<Joiner<I::Facts>>;

    fn columns(&self, sql: &mut Sql) {
        sql.add(", i.id, i.maker, (SELECT user_id FROM people WHERE id = i.maker)");
        self.invite.columns(sql);
        membership::columns(sql, "j");
        sql.add(
            ", (SELECT revision FROM removals WHERE team_id = t.id AND person = (SELECT id FROM people WHERE user_id = ",
        );
        sql.bind(self.user.as_str()).add("))");
        membership::columns(sql, "h");
        membership::access_columns(sql, "h");
        SeatsTaken(self.seats).columns(sql);
    }

    fn joins(&self, sql: &mut Sql) {
        self.invite.join(sql);
        membership::join(sql, "j", self.user);
        sql.add(" LEFT JOIN members h ON h.team_id = t.id AND h.person = i.maker");
    }

    fn answer(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Answer> {
        let columns = rows.one();
        let (id, inviter): (Option<Uuid>, Option<i64>) = (columns.next()?, columns.next()?);
        let (Some(id), Some(inviter)) = (id, inviter) else { return Ok(None) };
        let inviter = PersonKey(inviter);
        let inviter_user_id = columns.next()?;
        let Some(stored) = self.invite.read(id, inviter, columns)? else { return Ok(None) };
        let membership = membership::read(columns, team)?;
        let removed_at = columns.next()?;
        let inviting = membership::read(columns, team)?;
        let mut access = membership::read_access(columns, Some(inviter))?;
        if self.policies.get(&team.policy).is_some_and(|policy| policy.kinds.is_empty()) {
            access = Access::default();
        }
        let maker = inviting.map(|membership| Holder { membership, access });
        let occupancy = SeatsTaken(self.seats).read(team, columns)?;
        let joining = JoinFacts { team: team.facts.clone(), membership, removed_at, maker, occupancy };
        Ok(Some(Joiner { facts: I::facts(stored, joining), inviter_user_id }))
    }
}

impl Invite for LinkInvite {
    type Stored = InviteLink;
    type Facts = RedemptionFacts;

    fn columns(&self, sql: &mut Sql) {
        sql.add(", i.role, i.revision, i.created_at, i.expires_at, i.revoked_at, i.uses");
    }

    fn join(&self, sql: &mut Sql) {
        sql.add(" LEFT JOIN invite_links i ON i.id = ").bind(self.link.uuid());
        sql.add(" AND i.team_id IS NOT DISTINCT FROM t.id AND i.digest = ").bind(self.digest.to_vec());
    }

    fn read(&self, id: Uuid, maker: PersonKey, columns: &mut Columns<'_>) -> Result<Option<InviteLink>> {
        let role: String = columns.next()?;
        Ok(Some(InviteLink {
            id: LinkId::from_uuid(id),
            role: role_name(&role, "invite_links", id)?,
            maker,
            revision: columns.next()?,
            created_at: Timestamp::from_micros(columns.next()?),
            expires_at: Timestamp::from_micros(columns.next()?),
            revoked_at: columns.next::<Option<i64>>()?.map(Timestamp::from_micros),
            uses: columns.next()?,
        }))
    }

    fn facts(link: InviteLink, joining: JoinFacts) -> RedemptionFacts {
        RedemptionFacts { link, joining }
    }
}

impl Invite for CodeInvite<'_> {
    type Stored = TeamCode;
    type Facts = CodeRedemptionFacts;

    fn columns(&self, sql: &mut Sql) {
        sql.add(", i.role, i.revision, i.expires_at, i.revoked_at, i.uses, i.max_uses, i.restricted");
        grants::column(sql, "offered_grants", "offer_id = i.id");
    }

    fn join(&self, sql: &mut Sql) {
        sql.add(" LEFT JOIN team_codes i ON i.id = ").bind(self.code.uuid());
        sql.add(" AND i.team_id IS NOT DISTINCT FROM t.id AND i.code_key = ").bind(self.key.reveal());
    }

    fn read(&self, id: Uuid, maker: PersonKey, columns: &mut Columns<'_>) -> Result<Option<TeamCode>> {
        let role: String = columns.next()?;
        let revision = columns.next()?;
        let expires_at = columns.next::<Option<i64>>()?.map(Timestamp::from_micros);
        let revoked_at = columns.next::<Option<i64>>()?.map(Timestamp::from_micros);
        let (uses, max_uses) = (columns.next()?, columns.next()?);
        let kinds: String = columns.next()?;
        let grants = grants::read(columns, "offered_grants", id)?;
        Ok(Some(TeamCode {
            id: CodeId::from_uuid(id),
            role: role_name(&role, "team_codes", id)?,
            access: Access { grants, restricted: restricted(&kinds, "team_codes", id)? },
            maker,
            revision,
            expires_at,
            revoked_at,
            uses,
            max_uses,
        }))
    }

    fn facts(code: TeamCode, joining: JoinFacts) -> CodeRedemptionFacts {
        CodeRedemptionFacts { code, joining }
    }
}

impl Invite for MailInvite {
    type Stored = Invitation;
    type Facts = AnswerFacts;

    fn columns(&self, sql: &mut Sql) {
        sql.add(
            ", i.email, i.role, i.restricted, i.revision, i.version, i.generation, i.expires_at, i.state, i.answered_by",
        );
        grants::column(sql, "offered_grants", "offer_id = i.id");
    }

    fn join(&self, sql: &mut Sql) {
        sql.add(" LEFT JOIN invitations i ON i.id = ").bind(self.invitation.uuid());
        sql.add(" AND i.team_id IS NOT DISTINCT FROM t.id AND i.digest = ").bind(self.digest.to_vec());
    }

    fn read(&self, id: Uuid, maker: PersonKey, columns: &mut Columns<'_>) -> Result<Option<Invitation>> {
        let corrupt = |column| Error::corrupt("invitations", column, id);
        let email: String = columns.next()?;
        let role: String = columns.next()?;
        let kinds: String = columns.next()?;
        let (revision, version) = (columns.next()?, columns.next()?);
        let generation: i32 = columns.next()?;
        let expires_at = Timestamp::from_micros(columns.next()?);
        let state: i16 = columns.next()?;
        let answered_by = columns.next::<Option<i64>>()?.map(PersonKey);
        let grants = grants::read(columns, "offered_grants", id)?;
        Ok(Some(Invitation {
            id: InvitationId::from_uuid(id),
            email: convert::invited_address(&email, id)?,
            role: role_name(&role, "invitations", id)?,
            access: Access { grants, restricted: restricted(&kinds, "invitations", id)? },
            maker,
            revision,
            version,
            generation: u32::try_from(generation).map_err(|_| corrupt("generation"))?,
            expires_at,
            state: convert::invitation_state(state).ok_or_else(|| corrupt("state"))?,
            answered_by,
        }))
    }

    fn facts(invitation: Invitation, joining: JoinFacts) -> AnswerFacts {
        AnswerFacts { invitation, joining }
    }
}
