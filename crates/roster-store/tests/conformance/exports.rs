//! What is held about a person, as far as those who ask may know of it.

use std::collections::BTreeSet;

use roster_domain::{Change, PolicyName, TeamId};
use roster_store::{ExportPlace, ExportQuery, Exported, Store};

use crate::database::on_both;
use crate::scene::{
    HOUR, after, change, choir, club, code, email, guild, invite, joined_as, link, member, new_code, person,
    removed, team, user,
};

/// All pages of that size, each of them full but the last.
async fn all(store: &Store, policies: Option<&[PolicyName]>, emails: &[&str], limit: u64) -> Vec<Exported> {
    let emails: Vec<_> = emails.iter().map(|address| email(address)).collect();
    let user = user("bob");
    let mut found: Vec<Exported> = Vec::new();
    loop {
        let after = found.last().map(Exported::place);
        let policies = policies.map(<[_]>::to_vec);
        let person = policies.is_none();
        let query = ExportQuery { user: &user, emails: &emails, policies, person, after, limit };
        let page = store.export(&query).await.unwrap();
        let last = (page.len() as u64) < limit;
        found.extend(page);
        if last {
            let places: BTreeSet<ExportPlace> = found.iter().map(Exported::place).collect();
            assert!(
                places.len() == found.len() && places.iter().copied().eq(found.iter().map(Exported::place))
            );
            return found;
        }
    }
}

/// The team of a record; none for the person itself.
fn team_of(exported: &Exported) -> Option<TeamId> {
    match exported {
        Exported::Person(..) => None,
        Exported::Membership(team, _) => Some(team.id),
        Exported::Removal(team, _) | Exported::InviteLink(team, _) | Exported::TeamCode(team, ..) => {
            Some(*team)
        }
        Exported::Invitation(one) => Some(one.team),
        Exported::Event(event) => Some(event.team),
    }
}

#[tokio::test]
async fn only_what_lies_under_the_callers_policies_is_shown() {
    on_both(async |db| {
        let store = &db.store;
        let (ada, bob) = (person(store, "ada").await, person(store, "bob").await);
        let later = after(store.now().await.unwrap(), HOUR);
        let mut teams = Vec::new();
        for (place, policy) in [club(), choir()].iter().enumerate() {
            let id = team(store, policy, "ada").await;
            change(store, id, ada, &[joined_as(bob, "guest", &format!("bob@{place}.example"))]).await;
            invite(store, id, ada, (&format!("bob@{place}.example"), later)).await;
            invite(store, id, bob, (&format!("cleo@{place}.example"), later)).await;
            link(store, id, bob, later).await;
            code(store, id, new_code(bob, &format!("GD-{place}"))).await;
            let old = team(store, policy, "ada").await;
            member(store, old, "bob", "guest").await;
            change(store, old, ada, &[removed(bob, "guest")]).await;
            let deleted = team(store, policy, "ada").await;
            member(store, deleted, "bob", "guest").await;
            change(store, deleted, ada, &[Change::TeamDeleted]).await;
            teams.push(BTreeSet::from([id, old, deleted].map(|team| team.uuid())));
        }
        // An address that only the other product has seen leads nowhere here.
        let here = team(store, &club(), "ada").await;
        let hidden = invite(store, here, ada, ("bob@1.example", later)).await;

        let everything = all(store, None, &[], 100).await;
        assert!(matches!(&everything[0], Exported::Person(user, _) if user == "bob"));
        let in_teams = |found: &[Exported]| -> BTreeSet<_> {
            found.iter().filter_map(team_of).map(|team| team.uuid()).collect()
        };
        let both: BTreeSet<_> = teams.iter().flatten().copied().chain([here.uuid()]).collect();
        assert_eq!(in_teams(&everything), both);
        for limit in 1..8 {
            assert_eq!(all(store, None, &[], limit).await, everything, "by pages of {limit}");
        }
        for (policy, expected) in [(club(), &teams[0]), (choir(), &teams[1])] {
            let found = all(store, Some(std::slice::from_ref(&policy.name)), &[], 100).await;
            assert_eq!(in_teams(&found), *expected, "{}", policy.name);
            assert_eq!(found.iter().filter(|one| team_of(one).is_none()).count(), 0, "not since when");
            let pages = all(store, Some(std::slice::from_ref(&policy.name)), &[], 2).await;
            assert_eq!(pages, found);
        }
        let asked = all(store, Some(&[club().name]), &["bob@1.example"], 100).await;
        let is_it = |one: &Exported| one.place() == ExportPlace::Invitation(hidden.id.uuid());
        assert!(asked.iter().any(is_it), "to whoever knows the address it is shown");
        assert_eq!(all(store, Some(&[guild().name]), &[], 100).await, []);
        assert_eq!(all(store, Some(&[]), &["bob@1.example"], 100).await, []);
    })
    .await;
}
