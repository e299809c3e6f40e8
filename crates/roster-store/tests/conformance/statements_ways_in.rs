//! How many statements invitations and codes cost: as many in a team of a thousand as in one of ten.

use std::time::Duration;

use roster_domain::decide::{
    Answerer, InvitationRequest, Presented, ResendRequest, accept_invitation, create_invitation, redeem_code,
    resend_invitation,
};
use roster_domain::{
    Change, CodeKey, CodeText, InvitationId, NewInvitation, PersonKey, Policy, SecretRecord, TeamId,
};
use roster_store::{
    Claim, CodeInvite, CodeQuery, InvitationChange, InvitationQuery, Inviting, Joining, Locked, MailInvite,
    MailOutcome, ReceivedQuery, Store,
};
use uuid::Uuid;

use crate::asks::Invites;
use crate::database::{Database, on_both};
use crate::listen::Listening;
use crate::making::{by_mail, secret};
use crate::scene::{code, context, email, finish, fresh, guild, new_code, person, role, set, user};
use crate::statements::crowd;

/// How many statements each of these sends.
#[derive(Debug, PartialEq)]
struct Sent {
    create: usize,
    resend: usize,
    accept: usize,
    redeem: usize,
    page: (usize, usize),
    received: usize,
    codes: usize,
    mails: (usize, usize),
}

/// The rules to decide by: the crowd is larger than any tier.
fn unlimited(policy: &Policy) -> Policy {
    Policy { seats: None, ..policy.clone() }
}

fn claim(number: u8) -> Claim {
    Claim { key: Uuid::now_v7().into_bytes().repeat(2).try_into().unwrap(), request: [number; 32] }
}

/// Invites so many as the service does.
async fn create(store: &Store, policy: &Policy, team: TeamId, rows: usize) -> Vec<NewInvitation> {
    let emails: Vec<_> = (0..rows).map(|_| email(&format!("{}@example.org", Uuid::now_v7()))).collect();
    let question = Inviting { actor: &user("user-1"), emails: &emails, pending_cap: 0 };
    let loaded = store
        .lock_and_load(team, Some(claim(1)), &set(std::slice::from_ref(policy)), |_| true, question)
        .await
        .unwrap();
    let Locked { mut tx, mut facts, .. } = fresh(loaded);
    let (guest, mut changes) = (role("guest"), Vec::new());
    for email in &emails {
        let request = InvitationRequest {
            email,
            role: &guest,
            grants: &[],
            delivery: by_mail(None),
            grant_cap: 1,
            pending_cap: 100,
        };
        let id = Uuid::now_v7();
        let new = (InvitationId::from_uuid(id), SecretRecord { generation: 0, ..secret(id) });
        let decided =
            create_invitation(&unlimited(policy), &facts.of(email), &request, new, tx.now()).unwrap();
        facts.note(&decided);
        changes.extend(decided);
    }
    tx.apply(&context(PersonKey(1)), team, &changes).await.unwrap();
    let made = changes.into_iter().filter_map(|change| match change {
        Change::InvitationCreated(new) => Some(new),
        _ => None,
    });
    let made: Vec<_> = made.collect();
    finish(tx, b"answer").await;
    made
}

async fn resend(store: &Store, policy: &Policy, team: TeamId, invitation: InvitationId) {
    let policies = std::slice::from_ref(policy);
    let question = InvitationChange { actor: &user("user-1"), invitation };
    let loaded = store.lock_and_load(team, Some(claim(2)), &set(policies), |_| true, question).await.unwrap();
    let Locked { mut tx, facts: (facts, _), .. } = fresh(loaded);
    let request = ResendRequest { expected: None, delivery: by_mail(None), pending_cap: 100 };
    let again = SecretRecord { generation: 1, ..secret(Uuid::now_v7()) };
    let changes = resend_invitation(policy, &facts, &request, again, tx.now()).unwrap();
    tx.apply(&context(PersonKey(1)), team, &changes).await.unwrap();
    finish(tx, b"answer").await;
}

/// The member and the team, as who joins is shown them.
async fn accept(store: &Store, policy: &Policy, team: TeamId, (new, name): (&NewInvitation, &str)) {
    let (invite, policies) = (MailInvite::Token(new.secret.digest), set(std::slice::from_ref(policy)));
    let question = Joining { invite, user: &user(name) };
    let loaded = store.lock_by_invite(invite, Some(claim(3)), &policies, |_| true, question).await.unwrap();
    let Locked { mut tx, facts, .. } = fresh(loaded);
    let found = facts.unwrap();
    let answerer =
        Answerer { person: found.person().unwrap(), email: Some(&new.email), presented: Presented::ByToken };
    let changes = accept_invitation(&unlimited(policy), &found.facts, answerer, tx.now()).unwrap();
    tx.apply(&context(found.person().unwrap()), team, &changes).await.unwrap();
    finish(tx, b"answer").await;
}

async fn redeem(store: &Store, policy: &Policy, team: TeamId, (text, name): (&CodeText, &str)) {
    let key = CodeKey::of(text);
    let (invite, policies) = (CodeInvite(&key), set(std::slice::from_ref(policy)));
    let question = Joining { invite, user: &user(name) };
    let loaded = store.lock_by_invite(invite, Some(claim(4)), &policies, |_| true, question).await.unwrap();
    let Locked { mut tx, facts, .. } = fresh(loaded);
    let found = facts.unwrap();
    let changes =
        redeem_code(&unlimited(policy), &found.facts, found.person().unwrap(), None, tx.now()).unwrap();
    tx.apply(&context(found.person().unwrap()), team, &changes).await.unwrap();
    finish(tx, b"answer").await;
}

async fn sent(db: &Database, policy: &Policy, team: TeamId) -> Sent {
    let store = &db.store;
    let names = [Uuid::now_v7().to_string(), Uuid::now_v7().to_string()];
    for name in &names {
        person(store, name).await;
    }
    let text = format!("GD-{}", Uuid::now_v7().simple());
    let made = code(store, team, new_code(PersonKey(1), &text)).await;
    // As many statements for three as for one: what is more are rows.
    let listening = Listening::begin();
    let invited = create(store, policy, team, 1).await;
    let one = listening.take().statements;
    let three = create(store, policy, team, 3).await;
    assert_eq!(listening.take().statements, one, "two rows more, each with its mail");
    resend(store, policy, team, three[0].id).await;
    let resending = listening.take().statements;
    accept(store, policy, team, (&invited[0], &names[0])).await;
    let accepting = listening.take().statements;
    redeem(store, policy, team, (&made.text, &names[1])).await;
    let redeeming = listening.take().statements;
    let now = store.now().await.unwrap();
    let query = InvitationQuery { state: None, email: None, after: None, limit: 3 };
    listening.take();
    assert_eq!(store.invitations(team, policy, &query).await.unwrap().len(), 3);
    let page = listening.take().statements;
    let expired = Some(roster_domain::decide::ShownInvitationState::Expired);
    let query = InvitationQuery { state: expired, ..query };
    assert_eq!(store.invitations(team, policy, &query).await.unwrap().len(), 0);
    let none = listening.take().statements;
    let received = ReceivedQuery { email: &three[1].email, policies: &[policy], now, after: None, limit: 9 };
    assert_eq!(store.received_invitations(&received).await.unwrap().len(), 1);
    let receiving = listening.take().statements;
    let query = CodeQuery { state: None, after: None, limit: 9 };
    assert!(!store.codes(team, policy, &query).await.unwrap().is_empty());
    let codes = listening.take().statements;
    db.execute("DELETE FROM mails WHERE state <> 1").await;
    let over = format!("DELETE FROM mails WHERE invitation_id = {}", db.uuid(invited[0].id.uuid()));
    db.execute(&over).await;
    listening.take();
    let claimed = store.claim_mails(3, Duration::from_mins(1)).await.unwrap();
    assert_eq!(claimed.iter().filter(|mail| mail.letter.is_some()).count(), 3);
    let claiming = listening.take().statements;
    store.settle_mail(&claimed[0], MailOutcome::Sent).await.unwrap();
    let settling = listening.take().statements;
    for mail in &claimed[1..] {
        store.settle_mail(mail, MailOutcome::Sent).await.unwrap();
    }
    Sent {
        create: one,
        resend: resending,
        accept: accepting,
        redeem: redeeming,
        page: (page, none),
        received: receiving,
        codes,
        mails: (claiming, settling),
    }
}

#[tokio::test]
async fn a_way_in_costs_as_many_whatever_the_size_of_the_team() {
    on_both(async |db| {
        let (small, large) = (crowd(db, 10).await, crowd(db, 1_000).await);
        db.execute("UPDATE teams SET policy = 'guild'").await;
        let bare = Policy { seats: None, kinds: Vec::new(), ..guild() };
        for policy in [bare, guild()] {
            let few = sent(db, &policy, small).await;
            let many = sent(db, &policy, large).await;
            assert_eq!(few, many, "on {}", db.kind);
        }
    })
    .await;
}
