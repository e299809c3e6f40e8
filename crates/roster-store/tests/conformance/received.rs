//! What somebody was invited to, over all teams.

use roster_domain::{Change, InvitationId, NewInvitation, Policy, TeamId, Timestamp};
use roster_store::{Received, ReceivedQuery, Store};

use crate::asks::Invites;
use crate::database::on_both;
use crate::scene::{
    HOUR, access, after, change, choir, club, crew, email, guild, invite, new_invitation, person, team,
};

const ADDRESS: &str = "eve@example.org";

/// What the address has received, page by page.
async fn pages(store: &Store, query: &ReceivedQuery<'_>) -> Vec<Received> {
    let mut query = query.clone();
    let mut found = Vec::new();
    loop {
        let page = store.received_invitations(&query).await.unwrap();
        let full = u64::try_from(page.len()).unwrap() == query.limit;
        query.after = page.last().map(|one| (one.created_at, one.invitation.id.uuid()));
        found.extend(page);
        if !full {
            return found;
        }
    }
}

fn ids(list: &[Received]) -> Vec<InvitationId> {
    list.iter().map(|one| one.invitation.id).collect()
}

/// A team under a policy, and an invitation to it.
async fn invited(store: &Store, policy: &Policy, ends: Timestamp) -> (TeamId, InvitationId) {
    let team = team(store, policy, "ada").await;
    let ada = person(store, "ada").await;
    (team, invite(store, team, ada, (ADDRESS, ends)).await.id)
}

#[tokio::test]
async fn pending_ones_of_teams_that_are_there() {
    on_both(async |db| {
        let store = &db.store;
        let now = store.now().await.unwrap();
        let soon = after(now, HOUR);
        let ada = person(store, "ada").await;
        let (guild_team, in_guild) = invited(store, &guild(), soon).await;
        let (_, in_crew) = invited(store, &crew(), soon).await;
        let (_, in_choir) = invited(store, &choir(), soon).await;
        invited(store, &guild(), now).await;
        let (ended, over) = invited(store, &guild(), soon).await;
        change(store, ended, ada, &[Change::InvitationCancelled { invitation: over }]).await;
        let (deleted, left_behind) = invited(store, &guild(), soon).await;
        change(store, deleted, ada, &[Change::TeamDeleted]).await;
        invite(store, guild_team, ada, ("zed@example.org", soon)).await;

        let (guild, crew, choir, club) = (guild(), crew(), choir(), club());
        let list = async |policies: &[&Policy], now: Timestamp| {
            let email = &email("EVE@Example.org");
            let query = ReceivedQuery { email, policies, now, after: None, limit: 10 };
            ids(&pages(store, &query).await)
        };
        assert_eq!(list(&[&guild, &crew, &choir, &club], now).await, [in_choir, in_crew, in_guild]);
        assert_eq!(list(&[&crew, &guild], now).await, [in_crew, in_guild]);
        assert_eq!(list(&[&club], now).await, []);
        assert_eq!(list(&[], now).await, []);
        assert_eq!(list(&[&guild], after(now, -1)).await.len(), 2, "a microsecond before one of them ended");
        assert_eq!(list(&[&guild], soon).await, []);
        // Even one that was not cancelled with its team.
        let id = db.uuid(left_behind.uuid());
        db.execute(&format!("UPDATE invitations SET state = 1 WHERE id = {id}")).await;
        assert_eq!(list(&[&guild], now).await, [in_guild]);
    })
    .await;
}

#[tokio::test]
async fn with_what_they_give_and_who_made_them() {
    on_both(async |db| {
        let store = &db.store;
        let soon = after(store.now().await.unwrap(), HOUR);
        let policies = [&guild(), &club()];
        let team = team(store, policies[0], "ada").await;
        let ada = person(store, "ada").await;
        let given = access(&[("brand", "acme", "viewer"), ("shelf", "*", "reader")], &["brand"]);
        let new = NewInvitation { access: given.clone(), ..new_invitation(ada, "Eve@example.org", soon) };
        change(store, team, ada, &[Change::InvitationCreated(new.clone())]).await;
        let elsewhere = crate::scene::team(store, policies[1], "bob").await;
        // Its maker is a member of the other team only.
        let stray = invite(store, elsewhere, ada, (ADDRESS, soon)).await;

        let address = email(ADDRESS);
        let query = ReceivedQuery {
            email: &address,
            policies: &policies,
            now: after(soon, -1),
            after: None,
            limit: 9,
        };
        let [second, first] = pages(store, &query).await.try_into().unwrap();
        assert_eq!((first.team, first.team_name.as_str()), (team, "Chess"));
        assert_eq!((&first.policy, first.invitation.id), (&policies[0].name, new.id));
        assert_eq!((first.invitation.access, first.invitation.version), (given, 2));
        let maker = first.maker.unwrap();
        assert_eq!((maker.membership.person, maker.membership.role.as_str()), (ada, "owner"));
        assert_eq!(first.maker_user_id.as_deref(), Some("ada"));
        let stored = store.invitation(team, policies[0], new.id).await.unwrap().unwrap();
        assert_eq!(first.created_at, stored.created_at);
        assert_eq!((second.invitation.id, second.maker), (stray.id, None));
        assert_eq!((second.team, second.maker_user_id.as_deref()), (elsewhere, Some("ada")));
    })
    .await;
}

#[tokio::test]
async fn page_by_page_across_equal_times() {
    on_both(async |db| {
        let store = &db.store;
        let soon = after(store.now().await.unwrap(), HOUR);
        let policy = guild();
        let mut whole = Vec::new();
        for _ in 0..7 {
            whole.insert(0, invited(store, &policy, soon).await.1);
        }
        let address = email(ADDRESS);
        let (now, policies) = (after(soon, -1), [&policy]);
        for times in ["7", "revision", "9"] {
            db.execute(&format!("UPDATE invitations SET created_at = {times}")).await;
            for limit in [1, 2, 3, 7, 8] {
                let query = ReceivedQuery { email: &address, policies: &policies, now, after: None, limit };
                assert_eq!(ids(&pages(store, &query).await), whole, "pages of {limit}");
            }
        }
        // The newest first, whatever the ids.
        let oldest = db.uuid(whole[0].uuid());
        db.execute(&format!("UPDATE invitations SET created_at = 1 WHERE id = {oldest}")).await;
        whole.rotate_left(1);
        let query = ReceivedQuery { email: &address, policies: &policies, now, after: None, limit: 2 };
        assert_eq!(ids(&pages(store, &query).await), whole);
    })
    .await;
}
