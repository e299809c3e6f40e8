//! `organization`.

use roster_proto::v1::{ErrorReason, InviteLinkState};
use roster_testkit::{Server, assert_refused, both, micros};

#[tokio::test]
async fn people_join_by_a_link_as_viewers_and_admins_do_the_rest() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "organization").await;
        // "Only a team member with the Admin role can generate an invite link and copy it for sending."
        let link = server.create_link("ada", &team).await;
        let (copied, token) = server.link("ada", &team, &link.id).await;
        assert!(token == link.token, "it is copied as often as one likes");
        // "The invite link is valid for 72 hours and can be used by multiple people"
        assert_eq!(micros(copied.expire_time) - micros(copied.create_time), 72 * 3_600 * 1_000_000);
        // "they are greeted with a prompt to accept your organization's invitation"
        let prompt = server.preview("bob", &link.token).await;
        assert_eq!((prompt.team_display_name.as_str(), prompt.already_member), ("Team", false));
        assert_eq!(server.team("ada", &team).await.member_count, 1, "a look is no acceptance");
        for person in ["bob", "cem", "dan"] {
            // "they automatically become part of the organization" "with the Viewer role"
            assert_eq!(server.redeem(person, &link.token).await.member.unwrap().role, "viewer");
        }
        assert_refused(server.try_create_link("bob", &team).await, ErrorReason::RoleLacksPermission);

        // "If you are the only Admin, you cannot change your role."
        assert_refused(server.try_change_role("ada", &team, "ada", "viewer").await, ErrorReason::LastHolder);
        // "You can change the role of a member at any time." "Only a team member with the Admin role"
        for role in ["editor", "admin", "viewer", "admin"] {
            server.change_role("ada", &team, "bob", role).await;
        }
        assert_refused(
            server.try_change_role("cem", &team, "cem", "admin").await,
            ErrorReason::RoleLacksPermission,
        );
        server.change_role("ada", &team, "ada", "viewer").await;
        assert_eq!(server.link("bob", &team, &link.id).await.0.state(), InviteLinkState::MakerGone);

        // "Only a team member with the Admin role can remove a member" "no longer has access to the organization"
        assert_refused(server.try_remove("ada", &team, "cem").await, ErrorReason::RoleLacksPermission);
        server.remove("bob", &team, "cem").await;
        assert_refused(server.try_member("cem", &team, "cem").await, ErrorReason::TeamNotAccessible);
        assert_refused(server.try_redeem("cem", &link.token).await, ErrorReason::Removed);
    })
    .await;
}
