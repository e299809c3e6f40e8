//! A team's invitations, by state, by address, page by page.

use roster_domain::decide::{ShownInvitationState, shown_invitation_state};
use roster_domain::{Change, InvitationId, NewInvitation, PersonKey, Policy, TeamId, Timestamp};
use roster_store::{InvitationQuery, Store, StoredInvitation};

use crate::asks::Invites;
use crate::database::{Database, on_both};
use crate::scene::{
    HOUR, access, after, change, email, guild, invite, member, new_invitation, person, removed, role_changed,
    suspended, team,
};

const STATES: [ShownInvitationState; 6] = [
    ShownInvitationState::Pending,
    ShownInvitationState::Accepted,
    ShownInvitationState::Declined,
    ShownInvitationState::Cancelled,
    ShownInvitationState::Expired,
    ShownInvitationState::MakerGone,
];

const ALL: InvitationQuery<'_> = InvitationQuery { state: None, email: None, after: None, limit: 100 };

/// A team's invitations, page by page.
async fn pages(
    store: &Store,
    (team, policy): (TeamId, &Policy),
    query: &InvitationQuery<'_>,
) -> Vec<StoredInvitation> {
    let mut query = query.clone();
    let mut found = Vec::new();
    loop {
        let page = store.invitations(team, policy, &query).await.unwrap();
        assert!(u64::try_from(page.len()).unwrap() <= query.limit);
        let full = u64::try_from(page.len()).unwrap() == query.limit;
        query.after = page.last().map(|one| (one.created_at, one.invitation.id.uuid()));
        found.extend(page);
        if !full {
            return found;
        }
    }
}

fn ids(list: &[StoredInvitation]) -> Vec<InvitationId> {
    list.iter().map(|one| one.invitation.id).collect()
}

/// Invitations of every state by makers of every standing, the newest first. The one of each maker whose time is over
/// this very microsecond is marked as expired for every third maker.
async fn collection(db: &Database, team: TeamId, now: Timestamp) -> Vec<InvitationId> {
    let store = &db.store;
    let ada = person(store, "ada").await;
    let mut makers = vec![ada, PersonKey(999)];
    for name in ["stays", "demoted", "gone", "away"] {
        makers.push(member(store, team, name, "owner").await);
    }
    makers.push(member(store, team, "guest", "guest").await);
    let mut ids = Vec::new();
    for (n, maker) in makers.iter().enumerate() {
        for (kind, expires_at) in [HOUR, 0, -HOUR, 1, 2, 3].into_iter().enumerate() {
            let address = format!("p{n}.{kind}@example.org");
            let invitation = invite(store, team, *maker, (&address, after(now, expires_at))).await.id;
            ids.push(invitation);
            let end = match kind {
                1 if n % 3 == 0 => Change::InvitationExpired { invitation },
                3 => Change::InvitationAccepted { invitation, person: ada },
                4 => Change::InvitationDeclined { invitation, person: ada },
                5 => Change::InvitationCancelled { invitation },
                _ => continue,
            };
            change(store, team, ada, &[end]).await;
        }
    }
    let ends = [
        role_changed(makers[3], "owner", "steward"),
        removed(makers[4], "owner"),
        suspended(makers[5], "owner"),
    ];
    change(store, team, ada, &ends).await;
    ids.reverse();
    ids
}

#[tokio::test]
async fn states_are_those_of_the_rules() {
    on_both(async |db| {
        let store = &db.store;
        let (policy, without) = (guild(), Policy { invitations: None, ..guild() });
        let team = team(store, &policy, "ada").await;
        let other = crate::scene::team(store, &policy, "ada").await;
        let now = store.now().await.unwrap();
        let whole = collection(db, team, now).await;
        let ada = person(store, "ada").await;
        invite(store, other, ada, ("p0.0@example.org", after(now, HOUR))).await;
        // Many of the same microsecond: the ids tell them apart.
        db.execute("UPDATE invitations SET created_at = 1 + revision / 9").await;

        assert_eq!(ids(&pages(store, (team, &policy), &ALL).await), whole);
        for (policy, expected) in [(&policy, [2, 7, 7, 7, 14, 5]), (&without, [0, 7, 7, 7, 14, 7])] {
            let mut sizes = Vec::new();
            for state in STATES {
                let query = InvitationQuery { state: Some(state), ..ALL };
                let list = pages(store, (team, policy), &query).await;
                for one in &list {
                    let shown = shown_invitation_state(policy, &one.invitation, one.maker.as_ref(), now);
                    assert_eq!(shown, state);
                    let answered =
                        matches!(state, ShownInvitationState::Accepted | ShownInvitationState::Declined);
                    assert_eq!(one.answered_by_user_id.as_deref(), answered.then_some("ada"));
                    assert_eq!(one.answered_at.is_some(), answered);
                }
                // Each is in exactly one list, in the order of the list of all.
                let place = |id: &InvitationId| whole.iter().position(|one| one == id).unwrap();
                assert!(ids(&list).iter().map(place).is_sorted(), "{state:?}");
                for limit in [1, 3, 7] {
                    let query = InvitationQuery { limit, ..query.clone() };
                    let paged = pages(store, (team, policy), &query).await;
                    assert_eq!(paged, list, "{state:?}, pages of {limit}");
                }
                sizes.push(list.len());
            }
            assert_eq!(sizes, expected);
            assert_eq!(sizes.iter().sum::<usize>(), whole.len());
        }
    })
    .await;
}

#[tokio::test]
async fn those_of_one_address() {
    on_both(async |db| {
        let store = &db.store;
        let policy = guild();
        let team = team(store, &policy, "ada").await;
        let other = crate::scene::team(store, &policy, "ada").await;
        let ada = person(store, "ada").await;
        let soon = after(store.now().await.unwrap(), HOUR);
        let mut hers = Vec::new();
        for address in ["Eve@example.org", "EVE@EXAMPLE.ORG", "eve@example.org"] {
            let id = invite(store, team, ada, (address, soon)).await.id;
            change(store, team, ada, &[Change::InvitationCancelled { invitation: id }]).await;
            hers.insert(0, id);
            invite(store, team, ada, (&format!("{}@example.org", hers.len()), soon)).await;
        }
        hers.insert(0, invite(store, team, ada, ("eve@example.org", soon)).await.id);
        invite(store, other, ada, ("eve@example.org", soon)).await;
        db.execute("UPDATE invitations SET created_at = 7").await;

        let address = email("eVe@Example.org");
        let query = InvitationQuery { email: Some(&address), ..ALL };
        for limit in [1, 2, 4, 100] {
            let query = InvitationQuery { limit, ..query.clone() };
            assert_eq!(ids(&pages(store, (team, &policy), &query).await), hers, "pages of {limit}");
        }
        let cancelled = Some(ShownInvitationState::Cancelled);
        let query = InvitationQuery { state: cancelled, ..query };
        assert_eq!(ids(&pages(store, (team, &policy), &query).await), hers[1..]);
        let nobody = email("nobody@example.org");
        let query = InvitationQuery { email: Some(&nobody), ..query };
        assert_eq!(pages(store, (team, &policy), &query).await, []);
    })
    .await;
}

#[tokio::test]
async fn those_that_are_pending_are_listed_the_newest_first() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let mut ids = Vec::new();
        for n in 0..6 {
            let id = format!("b{n}");
            let access = access(
                &[("brand", id.as_str(), "viewer"), ("shelf", "*", "reader")][..n % 3],
                &["shelf"][..n % 2],
            );
            let expires_at = Timestamp::from_micros(if n == 4 { 1_000 } else { 2_000 });
            let new =
                NewInvitation { access, ..new_invitation(ada, &format!("p{n}@example.org"), expires_at) };
            change(store, team, ada, &[Change::InvitationCreated(new.clone())]).await;
            ids.push(new);
        }
        invite(store, other, ada, ("p0@example.org", Timestamp::from_micros(i64::MAX))).await;
        change(store, team, ada, &[Change::InvitationCancelled { invitation: ids[1].id }]).await;
        // Made in the same microsecond: the ids, which are in the order of time, tell them apart.
        db.execute("UPDATE invitations SET created_at = 7").await;
        let at = async |now: i64, limit| {
            let list =
                store.pending_invitations(team, &guild(), Timestamp::from_micros(now), limit).await.unwrap();
            list.iter()
                .map(|one| {
                    let place = ids.iter().position(|new| new.id == one.invitation.id).unwrap();
                    assert_eq!(one.invitation.access, ids[place].access, "p{place}");
                    place
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(at(999, 10).await, [5, 4, 3, 2, 0]);
        assert_eq!(at(999, 2).await, [5, 4]);
        assert_eq!(at(1_000, 10).await, [5, 3, 2, 0], "at the very microsecond of the end");
        assert_eq!(at(1_999, 10).await.len(), 4);
        assert_eq!(at(2_000, 10).await, [0; 0]);
        // As they were made.
        db.execute("UPDATE invitations SET created_at = revision").await;
        assert_eq!(at(999, 10).await, [5, 4, 3, 2, 0]);
        db.execute("UPDATE invitations SET created_at = 100 - revision").await;
        assert_eq!(at(999, 10).await, [0, 2, 3, 4, 5]);
    })
    .await;
}

/// Somebody whose data was erased is no one's maker any more and has answered nothing.
#[tokio::test]
async fn an_erased_person_has_no_name() {
    on_both(async |db| {
        let store = &db.store;
        let policy = guild();
        let team = team(store, &policy, "ada").await;
        let soon = after(store.now().await.unwrap(), HOUR);
        let invitation = invite(store, team, PersonKey(999), ("eve@example.org", soon)).await.id;
        let answered = Change::InvitationDeclined { invitation, person: PersonKey(998) };
        change(store, team, PersonKey(1), &[answered]).await;
        let found = store.invitation(team, &policy, invitation).await.unwrap().unwrap();
        assert_eq!((found.maker, found.maker_user_id), (None, None));
        assert_eq!((found.answered_by_user_id, found.answered_at.is_some()), (None, true));
        assert_eq!(found.invitation.answered_by, Some(PersonKey(998)));
    })
    .await;
}
