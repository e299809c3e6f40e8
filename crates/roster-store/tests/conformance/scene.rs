//! People and teams that the cases are about.

use roster_domain::decide::{TeamCap, TeamRequest, create_team};
use roster_domain::{
    CallerName, Change, DisplayName, EmailAddress, ExternalId, NewInvitation, NewInviteLink, NewTeamCode,
    PersonKey, Policy, PolicyName, PolicySet, ResourceId, Revision, RoleName, TeamId, Timestamp, UserId,
};
use roster_store::{
    Claim, Context, Creation, CreationQuestion, Event, EventFilter, Loaded, Locked, Member, Question, Result,
    Store, Tx,
};
use uuid::Uuid;

use crate::asks::Asks;
use crate::database::Database;
pub(crate) use crate::making::{
    access, access_changed, joined, joined_as, left, new_code, new_invitation, new_link, newcomer, removed,
    role_changed, suspended,
};
pub(crate) use crate::policies::{choir, club, crew, guild};

/// An hour in microseconds.
pub(crate) const HOUR: i64 = 3600 * 1_000_000;

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

pub(crate) fn external_id(text: &str) -> ExternalId {
    ExternalId::parse(text).unwrap()
}

pub(crate) fn resource(id: &str) -> ResourceId {
    ResourceId::parse(id).unwrap()
}

pub(crate) fn caller() -> CallerName {
    CallerName::parse("front-end").unwrap()
}

pub(crate) fn context(actor: PersonKey) -> Context {
    Context { actor: Some(actor), caller: Some(caller()), request_id: None }
}

/// A calling service that acts by itself.
pub(crate) fn service() -> Context {
    Context { actor: None, caller: Some(caller()), request_id: None }
}

/// What a begun mutation gives when nothing is in its way.
pub(crate) fn fresh<T>(loaded: Loaded<T>) -> T {
    match loaded {
        Loaded::Fresh(fresh) => fresh,
        Loaded::Replay(_) => panic!("a replay"),
        Loaded::Absent => panic!("no such team"),
    }
}

/// Locks a team.
pub(crate) async fn lock(store: &Store, team: TeamId) -> Locked<()> {
    fresh(store.lock_and_load(team, None, &set(&[]), |_| true, ()).await.unwrap())
}

/// The policies that are served.
pub(crate) fn set(policies: &[Policy]) -> PolicySet {
    policies.iter().cloned().collect()
}

/// The answer to a question about a team where these policies are served, and nothing else comes of it.
pub(crate) async fn ask<Q: Question>(
    store: &Store,
    team: TeamId,
    policies: &[Policy],
    question: Q,
) -> Q::Facts {
    let loaded = store.lock_and_load(team, None, &set(policies), |_| true, question).await.unwrap();
    let Locked { tx, facts, .. } = fresh(loaded);
    tx.undo().await.unwrap();
    facts
}

/// Begins a mutation of a team that may have been sent before.
pub(crate) async fn claim(store: &Store, team: TeamId, claim: Claim) -> Result<Loaded<Locked<()>>> {
    store.lock_and_load(team, Some(claim), &set(&[]), |_| true, ()).await
}

/// Begins the creation of a team.
pub(crate) async fn begin(store: &Store, creator: &str, claim: Option<Claim>) -> Result<Loaded<Creation>> {
    store.lock_creator(&user(creator), claim, CreationQuestion::default()).await
}

/// Commits, and keeps the answer where there is a claim. Nobody watches.
pub(crate) async fn finish(tx: Tx, answer: &[u8]) {
    let _ = tx.finish(answer).await.unwrap();
}

/// A person's key; the person becomes known.
pub(crate) async fn person(store: &Store, name: &str) -> PersonKey {
    let Creation { tx, facts } = fresh(begin(store, name, None).await.unwrap());
    finish(tx, b"").await;
    facts.creator
}

/// A team with a founder.
pub(crate) async fn team(store: &Store, policy: &Policy, founder: &str) -> TeamId {
    let team = TeamId::from_uuid(Uuid::now_v7());
    let Creation { mut tx, facts } = fresh(begin(store, founder, None).await.unwrap());
    let changes = creation(policy, "Chess", facts.creator, None);
    tx.apply(&context(facts.creator), team, &changes).await.unwrap();
    finish(tx, b"").await;
    team
}

/// What creates a team that nothing speaks against.
pub(crate) fn creation(
    policy: &Policy,
    name: &str,
    creator: PersonKey,
    email: Option<EmailAddress>,
) -> Vec<Change> {
    let display_name = DisplayName::parse(name).unwrap();
    let request = TeamRequest { display_name, tier: None, external_id: None, external_id_taken_by: None };
    create_team(policy, request, creator, email, TeamCap { limit: 1, used: 0 }).unwrap()
}

/// Applies changes and writes them, or tells what the database has against it.
pub(crate) async fn write(tx: &mut Tx, by: &Context, team: TeamId, changes: &[Change]) -> Result<Revision> {
    let revision = tx.apply(by, team, changes).await?;
    tx.flush().await?;
    Ok(revision)
}

/// Commits changes of a team.
pub(crate) async fn change(store: &Store, team: TeamId, actor: PersonKey, changes: &[Change]) -> Revision {
    let Locked { mut tx, .. } = lock(store, team).await;
    let revision = tx.apply(&context(actor), team, changes).await.unwrap();
    finish(tx, b"").await;
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

/// Makes an invitation.
pub(crate) async fn invite(
    store: &Store,
    team: TeamId,
    maker: PersonKey,
    (address, expires_at): (&str, Timestamp),
) -> NewInvitation {
    let invitation = new_invitation(maker, address, expires_at);
    change(store, team, maker, &[Change::InvitationCreated(invitation.clone())]).await;
    invitation
}

/// Makes a code.
pub(crate) async fn code(store: &Store, team: TeamId, code: NewTeamCode) -> NewTeamCode {
    change(store, team, code.maker, &[Change::TeamCodeCreated(code.clone())]).await;
    code
}

/// A member as it is shown.
pub(crate) async fn shown(store: &Store, team: TeamId, name: &str) -> Member {
    store.member(team, &user(name)).await.unwrap().unwrap_or_else(|| panic!("{name} is no member"))
}

/// The last event of a team, which must be the only one of its commit.
pub(crate) async fn last_event(db: &Database, team: TeamId) -> Event {
    let mut events = db.store.events(team, &EventFilter { limit: 2, ..Default::default() }).await.unwrap();
    let last = events.remove(0);
    let (team, _) = db.store.team(team, |_| true).await.unwrap().unwrap();
    assert_eq!((last.revision, last.position), (team.revision, 0));
    assert_eq!(events[0].revision, last.revision - 1);
    last
}

/// A request that is told from others by a number.
pub(crate) fn request(number: u8, body: u8) -> Claim {
    Claim { key: [number; 32], request: [body; 32] }
}

/// So many microseconds after a time, or before it.
pub(crate) fn after(time: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(time.micros() + micros)
}
