//! Rows as domain types. What cannot be converted names table, column and row.

use roster_domain::facts::{Invitation, InvitationState, TeamCode, TeamFacts};
use roster_domain::policy::{KindName, PolicyName, RoleName, TierName};
use roster_domain::{
    Access, CodeId, DisplayName, EmailAddress, Grant, GrantTarget, InvitationId, InviteLink, LinkId,
    MemberState, Membership, PersonKey, ResourceId, SecretRecord, Timestamp,
};
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use crate::entity::{invitation, invite_link, member, team_code};
use crate::error::{Error, Result};

pub(crate) const ACTIVE: i16 = 1;
pub(crate) const SUSPENDED: i16 = 2;

pub(crate) fn state_number(state: MemberState) -> i16 {
    match state {
        MemberState::Active => ACTIVE,
        MemberState::Suspended => SUSPENDED,
    }
}

pub(crate) fn state(number: i16) -> Option<MemberState> {
    match number {
        ACTIVE => Some(MemberState::Active),
        SUSPENDED => Some(MemberState::Suspended),
        _ => None,
    }
}

pub(crate) fn role_name(text: &str, table: &'static str, row: impl std::fmt::Display) -> Result<RoleName> {
    RoleName::parse(text).ok_or_else(|| Error::corrupt(table, "role", row))
}

pub(crate) fn policy_name(text: &str, row: impl std::fmt::Display) -> Result<PolicyName> {
    PolicyName::parse(text).ok_or_else(|| Error::corrupt("teams", "policy", row))
}

pub(crate) fn membership(row: &member::Model) -> Result<Membership> {
    let key = || format!("{}/{}", row.team_id, row.person);
    let email = row.email.as_deref().map(EmailAddress::parse).transpose();
    Ok(Membership {
        person: PersonKey(row.person),
        role: role_name(&row.role, "members", key())?,
        state: state(row.state).ok_or_else(|| Error::corrupt("members", "state", key()))?,
        email: email.map_err(|_| Error::corrupt("members", "email", key()))?,
        version: row.version,
    })
}

/// What a team's row says of the team itself.
pub(crate) fn team_facts(
    row: impl std::fmt::Display + Copy,
    (display_name, tier): (&str, Option<&str>),
    personal: Option<i64>,
    version: i64,
) -> Result<TeamFacts> {
    let tier = tier.map(|tier| TierName::parse(tier).ok_or_else(|| Error::corrupt("teams", "tier", row)));
    Ok(TeamFacts {
        display_name: DisplayName::stored(display_name.to_owned()),
        tier: tier.transpose()?,
        personal: personal.map(PersonKey),
        version,
    })
}

/// How a grant's target is stored.
pub(crate) fn resource_text(target: &GrantTarget) -> String {
    match target {
        GrantTarget::All => String::new(),
        GrantTarget::One(resource) => resource.as_str().to_owned(),
    }
}

pub(crate) fn grant(
    (kind, resource, role): (&str, &str, &str),
    table: &'static str,
    row: impl std::fmt::Display + Copy,
) -> Result<Grant> {
    let target = match resource {
        "" => GrantTarget::All,
        id => GrantTarget::One(ResourceId::parse(id).map_err(|_| Error::corrupt(table, "resource", row))?),
    };
    let kind = KindName::parse(kind).ok_or_else(|| Error::corrupt(table, "kind", row))?;
    Ok(Grant { kind, target, role: role_name(role, table, row)? })
}

/// How the kinds of a restriction are stored: a kind's name has no comma.
pub(crate) fn restricted_text(access: &Access) -> String {
    let kinds: Vec<&str> = access.restricted.iter().map(KindName::as_str).collect();
    kinds.join(",")
}

pub(crate) fn restricted(
    text: &str,
    table: &'static str,
    row: impl std::fmt::Display + Copy,
) -> Result<Vec<KindName>> {
    let kinds = text.split(',').filter(|kind| !kind.is_empty());
    kinds.map(|kind| KindName::parse(kind).ok_or_else(|| Error::corrupt(table, "restricted", row))).collect()
}

const INVITATION_STATES: [(i16, InvitationState); 5] = [
    (PENDING, InvitationState::Pending),
    (2, InvitationState::Accepted),
    (3, InvitationState::Declined),
    (4, InvitationState::Cancelled),
    (5, InvitationState::Expired),
];

/// How a pending invitation is stored.
pub(crate) const PENDING: i16 = 1;

/// How a mail is stored that is to be sent.
pub(crate) const QUEUED: i16 = 1;

/// A condition of a partial index, with its number as a literal of SQL: SQLite finds such an index by literals alone, and
/// so does a plan of Postgres that is made for all values.
pub(crate) fn is_literally(column: impl ColumnTrait, number: i16) -> Expr {
    column.into_expr().eq(Expr::Constant(number.into()))
}

pub(crate) fn invitation_state_number(state: InvitationState) -> i16 {
    INVITATION_STATES.iter().find(|(_, one)| *one == state).map_or(0, |(number, _)| *number)
}

pub(crate) fn invitation(row: &invitation::Model, grants: Vec<Grant>) -> Result<Invitation> {
    let corrupt = |column| Error::corrupt("invitations", column, row.id);
    Ok(Invitation {
        id: InvitationId::from_uuid(row.id),
        email: invited(row)?,
        role: role_name(&row.role, "invitations", row.id)?,
        access: Access { grants, restricted: restricted(&row.restricted, "invitations", row.id)? },
        maker: PersonKey(row.maker),
        revision: row.revision,
        version: row.version,
        generation: u32::try_from(row.generation).map_err(|_| corrupt("generation"))?,
        expires_at: Timestamp::from_micros(row.expires_at),
        state: invitation_state(row.state).ok_or_else(|| corrupt("state"))?,
        answered_by: row.answered_by.map(PersonKey),
    })
}

/// Whom an invitation is for; an address that was erased is stored as an empty text.
pub(crate) fn invited(row: &invitation::Model) -> Result<EmailAddress> {
    invited_address(&row.email, row.id)
}

/// The address of the invitation of that id.
pub(crate) fn invited_address(email: &str, id: Uuid) -> Result<EmailAddress> {
    if email.is_empty() {
        return Ok(EmailAddress::erased());
    }
    EmailAddress::parse(email).map_err(|_| Error::corrupt("invitations", "email", id))
}

/// What is stored by that number.
pub(crate) fn invitation_state(number: i16) -> Option<InvitationState> {
    INVITATION_STATES.iter().find(|(one, _)| *one == number).map(|(_, state)| *state)
}

pub(crate) fn team_code(row: &team_code::Model, grants: Vec<Grant>) -> Result<TeamCode> {
    Ok(TeamCode {
        id: CodeId::from_uuid(row.id),
        role: role_name(&row.role, "team_codes", row.id)?,
        access: Access { grants, restricted: restricted(&row.restricted, "team_codes", row.id)? },
        maker: PersonKey(row.maker),
        revision: row.revision,
        expires_at: row.expires_at.map(Timestamp::from_micros),
        revoked_at: row.revoked_at.map(Timestamp::from_micros),
        uses: row.uses,
        max_uses: row.max_uses,
    })
}

pub(crate) fn invite_link(row: &invite_link::Model) -> Result<InviteLink> {
    Ok(InviteLink {
        id: LinkId::from_uuid(row.id),
        role: role_name(&row.role, "invite_links", row.id)?,
        maker: PersonKey(row.maker),
        revision: row.revision,
        created_at: Timestamp::from_micros(row.created_at),
        expires_at: Timestamp::from_micros(row.expires_at),
        revoked_at: row.revoked_at.map(Timestamp::from_micros),
        uses: row.uses,
    })
}

pub(crate) fn invitation_secret(row: &invitation::Model) -> Result<SecretRecord> {
    secret((&row.digest, &row.salt), row.generation, &row.key_id, ("invitations", row.id))
}

fn secret(
    (digest, salt): (&[u8], &[u8]),
    generation: i32,
    key_id: &str,
    (table, row): (&'static str, uuid::Uuid),
) -> Result<SecretRecord> {
    let corrupt = |column| Error::corrupt(table, column, row);
    Ok(SecretRecord {
        digest: digest.try_into().map_err(|_| corrupt("digest"))?,
        salt: salt.try_into().map_err(|_| corrupt("salt"))?,
        generation: u32::try_from(generation).map_err(|_| corrupt("generation"))?,
        key_id: key_id.to_owned(),
    })
}
