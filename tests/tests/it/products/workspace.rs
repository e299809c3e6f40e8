//! `workspace`.

use roster_proto::v1::{ErrorReason, TransferOwnershipRequest};
use roster_testkit::{Server, assert_refused, assert_row_refused, both, micros, numbers, row};

#[tokio::test]
async fn the_creator_manages_all_and_admins_promote_and_remove_users_only() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let people = [("bob", "admin"), ("cem", "admin"), ("dan", "user"), ("eve", "user")];
        let team = server.team_under("workspace", "ada", &people).await;
        // "Limits: Member invitations are limited by your workspace's member limit."
        assert_eq!(numbers(server.team("ada", &team).await.seats), [5, 5, 0, 0]);
        let results = server.try_add(&team, &[row("fay", "user")]).await.unwrap().into_inner().results;
        assert_row_refused(&results[0], ErrorReason::NoSeat);
        assert_eq!(numbers(Some(server.set_tier(&team, "team").await)), [25, 5, 20, 0]);

        // "Email address", "Role", "Join date", "Who invited them"
        let dan = server.member("ada", &team, "dan").await;
        assert!(
            micros(dan.join_time) > 0 && dan.invited_by_user_id.is_empty(),
            "added by the service: {dan:?}"
        );

        // "Admins - Can only promote Users to Admin"
        server.change_role("bob", &team, "dan", "admin").await;
        for admin in ["cem", "dan"] {
            let refused = assert_refused(
                server.try_change_role("bob", &team, admin, "user").await,
                ErrorReason::RoleNotManageable,
            );
            assert_eq!(refused.metadata.get("target_role").map(String::as_str), Some("admin"));
            // "Admins can only remove Users"
            assert_refused(server.try_remove("bob", &team, admin).await, ErrorReason::RoleNotManageable);
        }
        server.remove("bob", &team, "eve").await;
        // "Member loses workspace access immediately"
        assert_refused(server.try_member("eve", &team, "eve").await, ErrorReason::TeamNotAccessible);

        // "Creators - Can change any member's role" "Creator role cannot be changed" "Cannot remove the creator"
        for role in ["user", "admin", "user"] {
            server.change_role("ada", &team, "dan", role).await;
        }
        assert_refused(server.try_change_role("bob", &team, "ada", "user").await, ErrorReason::SoleRole);
        assert_refused(server.try_change_role("bob", &team, "dan", "creator").await, ErrorReason::SoleRole);
        assert_refused(server.try_remove("bob", &team, "ada").await, ErrorReason::SoleRole);
        let request = TransferOwnershipRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            ..TransferOwnershipRequest::default()
        };
        let outcome = server.team_as("ada").transfer_ownership(request).await;
        assert_refused(outcome, ErrorReason::NotTransferable);

        // "Cannot remove yourself"
        for (person, reason) in [
            ("ada", ErrorReason::OwnRemoval),
            ("bob", ErrorReason::OwnRemoval),
            ("dan", ErrorReason::RoleLacksPermission),
        ] {
            assert_refused(server.try_remove(person, &team, person).await, reason);
        }
        for (person, reason) in [("ada", ErrorReason::OwnRole), ("bob", ErrorReason::OwnRole)] {
            assert_refused(server.try_change_role(person, &team, person, "user").await, reason);
        }

        // "Edit workspace settings"; "Can delete workspace"; a user has "Read only access".
        server.rename("bob", &team, "Ours").await;
        assert_refused(server.try_rename("dan", &team, "Mine").await, ErrorReason::RoleLacksPermission);
        assert_refused(server.try_delete("bob", &team).await, ErrorReason::RoleLacksPermission);
        assert_eq!(server.members("dan", &team).await.len(), 4);
        server.remove("ada", &team, "cem").await;
        server.delete("ada", &team).await;
    })
    .await;
}
