//! Changes, and what they make.

use roster_domain::policy::KindName;
use roster_domain::{
    Access, Change, CodeId, CodeText, Delivery, Grant, GrantTarget, InvitationId, JoinedBy, LinkId, Locale,
    MemberState, NewInvitation, NewInviteLink, NewMember, NewTeamCode, PersonKey, SecretRecord, Timestamp,
};
use uuid::Uuid;

use crate::scene::{email, resource, role};

/// Somebody who joins, with nothing but a role.
pub(crate) fn newcomer(person: PersonKey, name: &str) -> NewMember {
    NewMember {
        person,
        role: role(name),
        access: Access::default(),
        by: JoinedBy::Founding,
        email: None,
        joined_at: None,
    }
}

pub(crate) fn joined(person: PersonKey, name: &str) -> Change {
    Change::MemberJoined(newcomer(person, name))
}

pub(crate) fn joined_as(person: PersonKey, name: &str, address: &str) -> Change {
    Change::MemberJoined(NewMember { email: Some(email(address)), ..newcomer(person, name) })
}

pub(crate) fn role_changed(person: PersonKey, old: &str, new: &str) -> Change {
    let (state, lowered) = (MemberState::Active, false);
    Change::MemberRoleChanged { person, state, old_role: role(old), new_role: role(new), lowered }
}

pub(crate) fn access_changed(person: PersonKey, before: &Access, after: &Access) -> Change {
    let (before, after) = (before.clone(), after.clone());
    Change::MemberAccessChanged { person, before, after, lowered: false }
}

pub(crate) fn suspended(person: PersonKey, name: &str) -> Change {
    Change::MemberSuspended { person, role: role(name) }
}

pub(crate) fn removed(person: PersonKey, name: &str) -> Change {
    Change::MemberRemoved { person, state: MemberState::Active, role: role(name), access: Access::default() }
}

pub(crate) fn left(person: PersonKey, name: &str) -> Change {
    Change::MemberLeft { person, role: role(name), access: Access::default() }
}

/// Grants as kind, resource (`*` for all of the kind) and role, and the kinds in which there is a restriction.
pub(crate) fn access(grants: &[(&str, &str, &str)], restricted: &[&str]) -> Access {
    let grants = grants.iter().map(|(kind, id, name)| Grant {
        kind: KindName::parse(kind).unwrap(),
        target: if *id == "*" { GrantTarget::All } else { GrantTarget::One(resource(id)) },
        role: role(name),
    });
    let restricted = restricted.iter().map(|kind| KindName::parse(kind).unwrap());
    Access { grants: grants.collect(), restricted: restricted.collect() }
}

/// A link to guests with a secret of its own.
pub(crate) fn new_link(maker: PersonKey, expires_at: Timestamp) -> NewInviteLink {
    let id = Uuid::now_v7();
    NewInviteLink { id: LinkId::from_uuid(id), role: role("guest"), maker, expires_at, secret: secret(id) }
}

/// An invitation to guests with a secret of its own.
pub(crate) fn new_invitation(maker: PersonKey, address: &str, expires_at: Timestamp) -> NewInvitation {
    let id = Uuid::now_v7();
    NewInvitation {
        id: InvitationId::from_uuid(id),
        email: email(address),
        role: role("guest"),
        access: Access::default(),
        maker,
        expires_at,
        secret: secret(id),
        delivery: Delivery::Token,
    }
}

/// The same, with its secret in a mail of that language, or of the deployment's.
pub(crate) fn mailed(new: NewInvitation, language: Option<&str>) -> NewInvitation {
    NewInvitation { delivery: by_mail(language), ..new }
}

/// A mail of that language, or of the deployment's.
pub(crate) fn by_mail(language: Option<&str>) -> Delivery {
    Delivery::Mail { locale: language.map(|language| Locale::parse(language).unwrap()) }
}

/// Sends an invitation again: with another secret, of that generation.
pub(crate) fn resent(
    invitation: InvitationId,
    (maker, expires_at): (PersonKey, Timestamp),
    generation: u32,
    delivery: Delivery,
) -> (Change, SecretRecord) {
    let secret = SecretRecord { generation, ..secret(Uuid::now_v7()) };
    let change = Change::InvitationResent { invitation, maker, expires_at, secret: secret.clone(), delivery };
    (change, secret)
}

/// A code to guests that is good for ever and for any number of people.
pub(crate) fn new_code(maker: PersonKey, text: &str) -> NewTeamCode {
    NewTeamCode {
        id: CodeId::from_uuid(Uuid::now_v7()),
        text: CodeText::new(text.to_owned()),
        role: role("guest"),
        access: Access::default(),
        maker,
        expires_at: None,
        max_uses: None,
    }
}

/// A secret that no other has.
pub(crate) fn secret(id: Uuid) -> SecretRecord {
    let mut digest = [7; 32];
    digest[..16].copy_from_slice(id.as_bytes());
    SecretRecord { digest, salt: id.as_bytes().map(|byte| !byte), generation: 3, key_id: "first".into() }
}
