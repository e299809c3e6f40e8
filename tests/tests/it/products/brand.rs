//! `brand`.

use roster_proto::v1::{ErrorReason, Grant};
use roster_testkit::{Server, assert_refused, both, on, on_all, row};

fn brands(role: &str) -> [Grant; 2] {
    [on("brand", "b1", role), on("brand", "b2", role)]
}

#[tokio::test]
async fn admins_and_owners_manage_members_and_their_brands() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let people = [("bob", "admin"), ("mia", "member"), ("gus", "guest")];
        let team = server.team_under("brand", "ada", &people).await;
        // "Members and Guests can view the team list but cannot invite, change roles, or remove anyone."
        for person in ["mia", "gus"] {
            assert_eq!(server.members(person, &team).await.len(), 4);
            let outcomes = [
                server.try_change_role(person, &team, "gus", "member").await.map(drop),
                server.try_remove(person, &team, "bob").await.map(drop),
                server.try_grant(person, &team, person, &brands("viewer")).await.map(drop),
            ];
            for outcome in outcomes {
                assert_refused(outcome, ErrorReason::RoleLacksPermission);
            }
        }
        // "no brands selected by default"; "Use Select All to grant every brand at once."
        assert!(server.member("mia", &team, "mia").await.grants.is_empty());
        server.grant("bob", &team, "mia", &brands("standard")).await;
        // "the per-brand role locked to Viewer"
        let outcome = server.try_grant("bob", &team, "gus", &brands("standard")).await;
        assert_refused(outcome, ErrorReason::GrantsNotAllowed);
        server.grant("bob", &team, "gus", &brands("viewer")).await;

        // "switch them between Admin, Member, and Guest" "You cannot change the Owner role from this control, and you
        // cannot change your own role."
        for role in ["admin", "guest", "member"] {
            server.change_role("bob", &team, "gus", role).await;
        }
        assert_refused(server.try_change_role("bob", &team, "ada", "member").await, ErrorReason::SoleRole);
        assert_refused(server.try_change_role("bob", &team, "gus", "owner").await, ErrorReason::SoleRole);
        for (person, role) in [("bob", "member"), ("ada", "admin")] {
            assert_refused(server.try_change_role(person, &team, person, role).await, ErrorReason::OwnRole);
        }

        // "They lose org membership and all brand access immediately. You cannot remove yourself or the Owner."
        let removed = server.remove("bob", &team, "mia").await.member.unwrap();
        assert_eq!(removed.grants.len(), 2);
        assert_refused(server.try_member("mia", &team, "mia").await, ErrorReason::TeamNotAccessible);
        assert!(server.add(&team, &[row("mia", "member")]).await[0].grants.is_empty(), "all brand access");
        assert_refused(server.try_remove("bob", &team, "bob").await, ErrorReason::OwnRemoval);
        assert_refused(server.try_remove("ada", &team, "ada").await, ErrorReason::OwnRemoval);
        assert_refused(server.try_remove("bob", &team, "ada").await, ErrorReason::SoleRole);
        server.remove("ada", &team, "bob").await;
    })
    .await;
}

#[tokio::test]
async fn brand_access_stays_separate_from_the_role() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("bob", "admin"), ("mia", "member")]).await;
        let own = [on("brand", "b1", "admin"), on("brand", "b2", "standard"), on("brand", "b3", "viewer")];
        let lowered = ["b1", "b2", "b3"].map(|brand| on("brand", brand, "viewer"));
        server.grant("ada", &team, "mia", &own).await;
        let walk = async |roles: &[&str]| {
            for role in roles {
                server.change_role("ada", &team, "mia", role).await;
            }
            server.member("mia", &team, "mia").await.grants
        };
        // "Demoting an Admin to Member keeps their explicit brand access intact".
        assert_eq!(walk(&["admin", "member", "admin"]).await, own);
        assert_eq!(walk(&["member"]).await, own);
        // "Demoting a Member to Guest downgrades all their brand roles to Viewer."
        assert_eq!(walk(&["guest"]).await, lowered);
        assert_eq!(walk(&["member", "admin", "member"]).await, lowered, "for good");
        server.grant("bob", &team, "mia", &[on_all("brand", "admin"), on("brand", "b1", "standard")]).await;
        assert_eq!(walk(&["admin", "guest"]).await, [on_all("brand", "viewer"), lowered[0].clone()]);
    })
    .await;
}
