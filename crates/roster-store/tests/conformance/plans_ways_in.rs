//! The plans of what has to do with invitations, codes and mails.

use std::time::Duration;

use roster_domain::decide::{ShownInvitationState, TeamCodeState};
use roster_domain::{CodeKey, CodeText, TeamId, Timestamp};
use roster_store::{
    CodeCreation, CodeInvite, CodeQuery, ErasureQuestion, ExportQuery, Exported, InvitationChange,
    InvitationQuery, Inviting, Joining, Locked, MailInvite, MailOutcome, Overdue, ReceivedQuery, Store,
};

use crate::asks::{Asks, Invites, Onlooker};
use crate::plans::Watch;
use crate::plans_access::everything;
use crate::scene::{ask, choir, email, fresh, set, user};

/// When a third of the large team's pending invitations have run out.
const NOW: Timestamp = Timestamp::from_micros(1_000_000);

pub(crate) async fn run(watch: &Watch, store: &Store, team: TeamId) {
    lists(watch, store, team).await;
    received(watch, store).await;
    inviting(watch, store, team).await;
    overdue(watch, store, team).await;
    codes(watch, store, team).await;
    mails(watch, store).await;
    people(watch, store).await;
}

/// Everything of one person among all that there is of others.
async fn people(watch: &Watch, store: &Store) {
    let (policies, name) = (everything(), user("user-6001"));
    let emails = [email("user-6001@example.org")];
    let found = watch
        .cheap("the beginning of an erasure", async || {
            let question =
                ErasureQuestion { user: &name, emails: &emails, successors: &[], most_teams: 1_000 };
            let erasure =
                fresh(store.lock_erasure(None, &set(&policies), question).await.unwrap()).expect("few teams");
            let found = erasure.teams.len();
            erasure.tx.undo().await.unwrap();
            found
        })
        .await;
    assert!(found > 0, "it is a member");
    for (what, policies) in [("all", None), ("some", Some(vec![choir().name, policies[0].name.clone()]))] {
        let mut after = None;
        for page in ["first", "second"] {
            let what = format!("the {page} page of an export of {what}");
            let query = ExportQuery {
                user: &name,
                emails: &emails,
                policies: policies.clone(),
                person: true,
                after,
                limit: 3,
            };
            let found = watch.cheap(&what, async || store.export(&query).await.unwrap()).await;
            after = found.last().map(Exported::place).or(after);
        }
    }
}

async fn lists(watch: &Watch, store: &Store, team: TeamId) {
    let [policy] = &everything();
    let all = InvitationQuery { state: None, email: None, after: None, limit: 51 };
    let list = async |what: &str, index: &str, query: InvitationQuery<'_>| {
        let page = async || store.invitations(team, policy, &query).await.unwrap();
        watch.by(&format!("invitations, {what}"), index, page).await
    };
    let first = list("all", "invitations_team", all.clone()).await;
    let after = first.last().map(|one| (one.created_at, one.invitation.id.uuid()));
    assert_eq!(list("more", "invitations_team", InvitationQuery { after, ..all.clone() }).await.len(), 51);
    for (state, found, index) in [
        (ShownInvitationState::Pending, 40, None),
        (ShownInvitationState::MakerGone, 0, None),
        (ShownInvitationState::Accepted, 51, Some("invitations_state")),
        (ShownInvitationState::Declined, 51, Some("invitations_state")),
        (ShownInvitationState::Cancelled, 51, Some("invitations_state")),
        // A hundred that were marked, and those that nobody has marked yet.
        (ShownInvitationState::Expired, 51, Some("invitations_state")),
    ] {
        let list = async |query: &InvitationQuery<'_>| {
            let page = async || store.invitations(team, policy, query).await.unwrap();
            match index {
                Some(index) => watch.by(&format!("invitations, {state:?}"), index, page).await,
                // Few enough to be sorted.
                None => watch.cheap(&format!("invitations, {state:?}"), page).await,
            }
        };
        let query = InvitationQuery { state: Some(state), ..all.clone() };
        let page = list(&query).await;
        assert_eq!(page.len(), found, "{state:?}");
        let after = page.last().map(|one| (one.created_at, one.invitation.id.uuid()));
        list(&InvitationQuery { after, ..query }).await;
    }
    // The other was invited to 20,000 teams, and never to this one.
    for (address, found) in [("user-6001@example.org", 2), ("x@example.org", 0)] {
        let email = email(address);
        let query = InvitationQuery { email: Some(&email), ..all.clone() };
        let page = async || store.invitations(team, policy, &query).await.unwrap();
        assert_eq!(watch.cheap(&format!("invitations of {address}"), page).await.len(), found);
        let query = InvitationQuery { state: Some(ShownInvitationState::Pending), ..query.clone() };
        let page = async || store.invitations(team, policy, &query).await.unwrap();
        watch.cheap(&format!("pending invitations of {address}"), page).await;
    }
}

async fn received(watch: &Watch, store: &Store) {
    let [policy] = everything();
    let policies = [&policy, &choir()];
    let list = async |address: &str, after| {
        let email = &email(address);
        let query = ReceivedQuery { email, policies: &policies, now: NOW, after, limit: 51 };
        let page = async || store.received_invitations(&query).await.unwrap();
        watch.by(&format!("what {address} received"), "invitations_email", page).await
    };
    let first = list("often@example.org", None).await;
    let after = first.last().map(|one| (one.created_at, one.invitation.id.uuid()));
    assert_eq!((first.len(), list("often@example.org", after).await.len()), (51, 15));
    assert_eq!(list("user-6002@example.org", None).await.len(), 1);
    assert_eq!(list("nobody@example.org", None).await.len(), 0);
}

async fn inviting(watch: &Watch, store: &Store, team: TeamId) {
    let (actor, policies) = (&user("user-1"), &everything());
    let emails: Vec<_> = (5_950..6_050).map(|n| email(&format!("user-{n}@example.org"))).collect();
    let facts =
        async || ask(store, team, policies, Inviting { actor, emails: &emails, pending_cap: 0 }).await;
    let facts = watch.cheap("facts of inviting a hundred", facts).await;
    assert_eq!((facts.pending.len(), facts.member_addresses.len()), (50, 100));
    assert_eq!(facts.occupancy.pending, facts.live_invitations);

    let found = &facts.pending[0];
    let change = async || ask(store, team, policies, InvitationChange { actor, invitation: found.id }).await;
    let (loaded, _) = watch.cheap("facts of a change of an invitation", change).await;
    assert_eq!(loaded.invitation, loaded.pending);
    let stored = store.invitation(team, &policies[0], found.id).await.unwrap().unwrap();
    let digest = stored.secret.digest;
    let find = async || store.team_of(&MailInvite::Token(digest)).await.unwrap();
    assert_eq!(watch.cheap("an invitation's digest", find).await, Some(team));
    let answer = async || {
        let user = &user("user-30000");
        let question = Joining { invite: MailInvite::Token(digest), user };
        let policies = &set(policies);
        let loaded = store.lock_by_invite(question.invite, None, policies, |_| true, question);
        let Locked { tx, facts, .. } = fresh(loaded.await.unwrap());
        tx.undo().await.unwrap();
        facts.unwrap()
    };
    assert_eq!(watch.cheap("facts of an answer", answer).await.facts.invitation.id, found.id);
    let look = async || {
        let onlooker = Onlooker { user: &user("user-9"), policies: &set(policies), visible: |_: &_| true };
        store.preview_invitation(team, digest, onlooker).await.unwrap().unwrap()
    };
    watch.cheap("a preview of an invitation", look).await;
    let ids: Vec<_> = facts.pending.iter().map(|one| one.id).collect();
    let several = async || store.invitations_by_id(team, &policies[0], &ids).await.unwrap();
    assert_eq!(watch.cheap("fifty invitations", several).await.len(), 50);
}

async fn overdue(watch: &Watch, store: &Store, team: TeamId) {
    let teams = async || store.teams_with_overdue_invitations(None, 50).await.unwrap().teams;
    assert_eq!(watch.by("teams with overdue invitations", "invitations_overdue", teams).await, [team]);
    let of_team = async || ask(store, team, &[], Overdue { limit: 50 }).await;
    assert_eq!(watch.cheap("overdue invitations", of_team).await.len(), 20);
}

async fn codes(watch: &Watch, store: &Store, team: TeamId) {
    let policies = &everything();
    let key = CodeKey::of(&CodeText::new("GD-2999".into()));
    let find = async || store.team_of(&CodeInvite(&key)).await.unwrap();
    assert_eq!(watch.by("a code", "team_codes_key", find).await, Some(team));
    let redeem = async || {
        let user = &user("user-30000");
        let question = Joining { invite: CodeInvite(&key), user };
        let policies = &set(policies);
        let loaded = store.lock_by_invite(question.invite, None, policies, |_| true, question);
        let Locked { tx, facts, .. } = fresh(loaded.await.unwrap());
        tx.undo().await.unwrap();
        facts.unwrap()
    };
    assert_eq!(watch.cheap("facts of redeeming a code", redeem).await.facts.code.revision, 2_999);
    let look = async || {
        let onlooker = Onlooker { user: &user("user-9"), policies: &set(policies), visible: |_: &_| true };
        store.preview_code(team, &key, onlooker).await.unwrap().unwrap()
    };
    watch.cheap("a preview of a code", look).await;
    let make = async || {
        let (actor, random) = (&user("user-1"), &[[1; 32], [2; 32]]);
        ask(store, team, policies, CodeCreation { actor, random }).await
    };
    // Made by stewards and guests, who may not.
    assert_eq!(watch.by("facts of making a code", "team_codes_key", make).await.facts.live_codes, 0);
    for (state, after, found) in [
        (None, None, 51),
        (None, Some(1_500), 51),
        (Some(TeamCodeState::Revoked), None, 51),
        (Some(TeamCodeState::Live), None, 0),
        (Some(TeamCodeState::MakerGone), None, 10),
        (Some(TeamCodeState::Expired), None, 0),
        (Some(TeamCodeState::Exhausted), None, 0),
    ] {
        let query = CodeQuery { state, after, limit: 51 };
        let list = async || store.codes(team, &policies[0], &query).await.unwrap();
        assert_eq!(watch.cheap(&format!("codes, {state:?}"), list).await.len(), found, "{state:?}");
    }
}

async fn mails(watch: &Watch, store: &Store) {
    let next = async || store.next_mail().await.unwrap();
    assert_eq!(watch.by("the next mail", "mails_due", next).await, Some(Timestamp::from_micros(300)));
    let take = async || {
        let claimed = store.claim_mails(5, Duration::from_hours(1)).await.unwrap();
        assert_eq!(claimed.len(), 5);
        assert!(claimed.iter().all(|mail| mail.letter.is_some()));
        for mail in &claimed {
            store.settle_mail(mail, MailOutcome::Sent).await.unwrap();
        }
    };
    watch.by("mails that are due", "mails_due", take).await;
}
