//! `account`.

use prost_types::Timestamp;
use roster_proto::v1::batch_add_members_request::Row;
use roster_proto::v1::list_members_request::Filter;
use roster_proto::v1::{ErrorReason, TransferOwnershipRequest};
use roster_testkit::{Server, actor, assert_refused, assert_row_refused, both, numbers, on, row, row_member};

#[tokio::test]
async fn seats_come_with_the_tier_and_members_take_them() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let ada = actor("ada").email("ada@example.org");
        // "Free: 1 (owner only)", "Pro: 1 (owner only)", "Agency: 3", "Enterprise: 10"
        let team = server.create_under(&ada, "account").await;
        let created = server.team("ada", &team).await;
        assert_eq!((created.tier.as_str(), numbers(created.seats)), ("free", [1, 1, 0, 0]));
        for tier in ["free", "pro"] {
            server.set_tier(&team, tier).await;
            let results = server.try_add(&team, &[row("eve", "editor")]).await.unwrap().into_inner().results;
            assert_row_refused(&results[0], ErrorReason::NoSeat);
        }
        assert_eq!(numbers(Some(server.set_tier(&team, "agency").await)), [3, 1, 2, 0]);
        let eve = Row {
            email: "eve@example.org".into(),
            join_time: Some(Timestamp { seconds: 1_739_610_000, nanos: 0 }),
            ..row("eve", "editor")
        };
        server.add(&team, &[eve]).await;

        // "List Team Members": id, email, role, joined_at; "seats_available": 1
        let page = server.page("ada", &team, Filter::default()).await;
        let shown: Vec<_> = page
            .members
            .iter()
            .map(|one| (one.user_id.as_str(), one.email.as_str(), one.role.as_str()))
            .collect();
        let expected = [("eve", "eve@example.org", "editor"), ("ada", "ada@example.org", "owner")];
        assert_eq!((shown.as_slice(), numbers(page.seats)), (&expected[..], [3, 2, 1, 0]));

        // "Enterprise: 10"; a smaller tier removes nobody, and lets nobody in.
        server.set_tier(&team, "enterprise").await;
        let rows: Vec<_> = (0..9).map(|i| row(&format!("v{i}"), "viewer")).collect();
        let results = server.try_add(&team, &rows).await.unwrap().into_inner().results;
        assert!(results[..8].iter().all(|result| row_member(result).role == "viewer"));
        assert_row_refused(&results[8], ErrorReason::NoSeat);
        assert_eq!(numbers(Some(server.set_tier(&team, "agency").await)), [3, 10, 0, 0]);
        assert_eq!(server.members("ada", &team).await.len(), 10);
        // "Immediate removal. User loses all access."
        for i in 0..8 {
            server.remove("ada", &team, &format!("v{i}")).await;
        }
        assert_eq!(numbers(server.team("ada", &team).await.seats), [3, 2, 1, 0]);
        assert_refused(server.try_member("v0", &team, "v0").await, ErrorReason::TeamNotAccessible);
        server.add(&team, &[row("v0", "viewer")]).await;
    })
    .await;
}

#[tokio::test]
async fn an_admin_has_full_access_and_a_viewer_is_scoped_to_projects() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "enterprise").await;
        server.add(&team, &[row("abe", "admin"), row("eve", "editor"), row("vic", "viewer")]).await;
        // "Viewer: Read-only access (optionally scoped to specific projects)"
        let p1 = [on("project", "p1", "viewer")];
        let vic = server.grant("abe", &team, "vic", &p1).await;
        assert_eq!(vic.restricted_kinds, ["project"]);
        assert_refused(server.try_grant("abe", &team, "eve", &p1).await, ErrorReason::GrantsNotAllowed);
        // "Change roles anytime or remove members."
        for role in ["editor", "admin", "viewer"] {
            server.change_role("abe", &team, "vic", role).await;
        }
        assert_eq!(server.member("vic", &team, "vic").await.grants, p1, "scoped as before");
        for member in ["eve", "vic"] {
            assert_refused(server.try_remove(member, &team, "abe").await, ErrorReason::RoleLacksPermission);
        }
        server.rename("abe", &team, "Renamed").await;
        assert_refused(server.try_remove("abe", &team, "ada").await, ErrorReason::SoleRole);
        assert_refused(server.try_change_role("abe", &team, "eve", "owner").await, ErrorReason::SoleRole);
        assert_refused(server.try_change_role("abe", &team, "abe", "viewer").await, ErrorReason::OwnRole);

        // There is one owner, who hands the account on and is an admin then.
        let request = TransferOwnershipRequest {
            team_id: team.clone(),
            user_id: "eve".into(),
            ..TransferOwnershipRequest::default()
        };
        server.team_as("ada").transfer_ownership(request).await.unwrap();
        assert_eq!(server.member("ada", &team, "eve").await.role, "owner");
        assert_eq!(server.member("ada", &team, "ada").await.role, "admin");
        server.leave("ada", &team).await;
        server.remove("eve", &team, "abe").await;
        assert_eq!(server.team("eve", &team).await.member_count, 2);
    })
    .await;
}
