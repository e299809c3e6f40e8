//! Policies, people and teams that the cases are about.

use roster_domain::decide::{TeamCap, create_team};
use roster_domain::{
    CallerName, Change, DisplayName, EmailAddress, JoinedBy, LinkId, MemberState, NewInviteLink, PersonKey,
    Policy, PolicyName, Revision, RoleName, SecretRecord, TeamId, Timestamp, UserId, policy,
};
use roster_store::{Claim, Context, Creation, Loaded, Locked, Question, Result, Store, Team};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

/// An hour in microseconds.
pub(crate) const HOUR: i64 = 3600 * 1_000_000;

/// Owners give all roles; stewards make links, to guests only.
const CLUB: &str = r#"
name = "club"
title = "Club"
description = "A club."
self_role = "unless_last"
self_leave = "unless_last"

[[roles]]
name = "owner"
founder = true
at_least_one = true
permissions = ["*"]
assigns = ["owner", "steward", "guest"]
manages = ["owner", "steward", "guest"]

[[roles]]
name = "steward"
permissions = ["team.read", "members.read", "links.manage"]
assigns = ["guest"]

[[roles]]
name = "guest"
permissions = ["team.read"]

[invite_links]
lifetime = "PT72H"
role = "guest"
"#;

/// The policy of every team here, unless a case says otherwise.
pub(crate) fn club() -> Policy {
    policy::parse("club.toml", CLUB).unwrap()
}

/// Another policy, with the same roles.
pub(crate) fn choir() -> Policy {
    policy::parse("choir.toml", &CLUB.replace("\"club\"", "\"choir\"")).unwrap()
}

pub(crate) fn policy_name(name: &str) -> PolicyName {
    PolicyName::parse(name).unwrap()
}

pub(crate) fn role(name: &str) -> RoleName {
    RoleName::parse(name).unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub(crate) fn email(address: &str) -> EmailAddress {
    EmailAddress::parse(address).unwrap()
}

pub(crate) fn context(actor: PersonKey) -> Context {
    Context { actor, caller: CallerName::parse("front-end").unwrap(), request_id: None }
}

/// What a begun mutation gives when nothing is in its way.
pub(crate) fn fresh<T>(loaded: Loaded<T>) -> T {
    match loaded {
        Loaded::Fresh(fresh) => fresh,
        Loaded::Replay(_) => panic!("a replay"),
        Loaded::Absent => panic!("no such team"),
    }
}

/// Asks nothing.
pub(crate) struct Nothing;

impl Question for Nothing {
    type Facts = ();

    async fn load<C: ConnectionTrait>(&self, _: &C, _: &Team, _: Timestamp) -> Result<()> {
        Ok(())
    }
}

/// Locks a team.
pub(crate) async fn lock(store: &Store, team: TeamId) -> Locked<()> {
    fresh(store.lock_and_load(team, None, |_| true, Nothing).await.unwrap())
}

/// Begins a mutation of a team that may have been sent before.
pub(crate) async fn claim(store: &Store, team: TeamId, claim: Claim) -> Result<Loaded<Locked<()>>> {
    store.lock_and_load(team, Some(claim), |_| true, Nothing).await
}

/// A person's key; the person becomes known.
pub(crate) async fn person(store: &Store, name: &str) -> PersonKey {
    let Creation { tx, facts } = fresh(store.lock_creator(&user(name), None).await.unwrap());
    tx.finish(b"").await.unwrap();
    facts.creator
}

/// A team with a founder.
pub(crate) async fn team(store: &Store, policy: &Policy, founder: &str) -> TeamId {
    let team = TeamId::from_uuid(Uuid::now_v7());
    let Creation { mut tx, facts } = fresh(store.lock_creator(&user(founder), None).await.unwrap());
    let name = DisplayName::parse("Chess").unwrap();
    let cap = TeamCap { limit: 1, used: 0 };
    let changes = create_team(policy, name, facts.creator, None, cap).unwrap();
    tx.apply(&context(facts.creator), team, &changes).await.unwrap();
    tx.finish(b"").await.unwrap();
    team
}

/// Commits changes of a team.
pub(crate) async fn change(store: &Store, team: TeamId, actor: PersonKey, changes: &[Change]) -> Revision {
    let Locked { mut tx, .. } = lock(store, team).await;
    let revision = tx.apply(&context(actor), team, changes).await.unwrap();
    tx.finish(b"").await.unwrap();
    revision
}

/// Adds a person as a member.
pub(crate) async fn member(store: &Store, team: TeamId, name: &str, role: &str) -> PersonKey {
    let person = person(store, name).await;
    change(store, team, person, &[joined(person, role)]).await;
    person
}

/// Makes a link; the team's revision is the answer's second part.
pub(crate) async fn link(
    store: &Store,
    team: TeamId,
    maker: PersonKey,
    expires_at: Timestamp,
) -> NewInviteLink {
    let link = new_link(maker, expires_at);
    change(store, team, maker, &[Change::InviteLinkCreated(link.clone())]).await;
    link
}

pub(crate) fn joined(person: PersonKey, name: &str) -> Change {
    Change::MemberJoined { person, role: role(name), by: JoinedBy::Founding, email: None }
}

pub(crate) fn joined_as(person: PersonKey, name: &str, address: &str) -> Change {
    Change::MemberJoined { person, role: role(name), by: JoinedBy::Founding, email: Some(email(address)) }
}

pub(crate) fn role_changed(person: PersonKey, old: &str, new: &str) -> Change {
    let state = MemberState::Active;
    Change::MemberRoleChanged { person, state, old_role: role(old), new_role: role(new) }
}

pub(crate) fn removed(person: PersonKey, name: &str) -> Change {
    Change::MemberRemoved { person, state: MemberState::Active, role: role(name) }
}

/// A link to guests with a secret of its own.
pub(crate) fn new_link(maker: PersonKey, expires_at: Timestamp) -> NewInviteLink {
    let id = Uuid::now_v7();
    let mut digest = [7; 32];
    digest[..16].copy_from_slice(id.as_bytes());
    let secret = SecretRecord { digest, salt: *id.as_bytes(), generation: 3, key_id: "first".into() };
    NewInviteLink { id: LinkId::from_uuid(id), role: role("guest"), maker, expires_at, secret }
}

/// A request that is told from others by a number.
pub(crate) fn request(number: u8, body: u8) -> Claim {
    Claim { key: [number; 32], request: [body; 32] }
}

/// So many microseconds after a time, or before it.
pub(crate) fn after(time: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(time.micros() + micros)
}
