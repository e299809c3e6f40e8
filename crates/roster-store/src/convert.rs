//! Rows as domain types. What cannot be converted names table, column and row.

use roster_domain::policy::{PolicyName, RoleName};
use roster_domain::{
    EmailAddress, InviteLink, LinkId, MemberState, Membership, PersonKey, SecretRecord, Timestamp,
};

use crate::entity::{invite_link, member};
use crate::error::{Error, Result};

pub(crate) const ACTIVE: i16 = 1;
pub(crate) const SUSPENDED: i16 = 2;

pub(crate) fn state_number(state: MemberState) -> i16 {
    match state {
        MemberState::Active => ACTIVE,
        MemberState::Suspended => SUSPENDED,
    }
}

fn state(number: i16) -> Option<MemberState> {
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

pub(crate) fn secret_record(row: &invite_link::Model) -> Result<SecretRecord> {
    let corrupt = |column| Error::corrupt("invite_links", column, row.id);
    Ok(SecretRecord {
        digest: row.digest.as_slice().try_into().map_err(|_| corrupt("digest"))?,
        salt: row.salt.as_slice().try_into().map_err(|_| corrupt("salt"))?,
        generation: u32::try_from(row.generation).map_err(|_| corrupt("generation"))?,
        key_id: row.key_id.clone(),
    })
}
