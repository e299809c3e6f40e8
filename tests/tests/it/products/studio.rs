//! `studio`.

use roster_proto::v1::list_members_request::Filter;
use roster_proto::v1::{EnsurePersonalTeamRequest, ErrorReason, JoinMethod, MemberState};
use roster_testkit::{Server, assert_refused, both, row};

#[tokio::test]
async fn a_team_of_one_gets_helpers_suspends_one_and_restores_it() {
    both(async |kind| {
        let server = Server::start(kind).await;
        // "Every Valise account is part of a team, even if it's a team of one."
        let request = EnsurePersonalTeamRequest {
            policy: "studio".into(),
            display_name: "Ada's works".into(),
            ..EnsurePersonalTeamRequest::default()
        };
        let made = server.team_as("ada").ensure_personal_team(request).await.unwrap().into_inner();
        let (team, ada) = (made.team.unwrap(), made.member.unwrap());
        assert_eq!((team.member_count, team.personal_user_id.as_str()), (1, "ada"));
        assert_eq!((ada.role.as_str(), ada.join_method()), ("owner", JoinMethod::Founder));
        let team = team.team_id;

        // "There are three roles": "Owner", "Editor", "Viewer".
        server.add(&team, &[row("eve", "editor"), row("vic", "viewer"), row("wim", "viewer")]).await;
        // "They cannot edit team settings or invite/remove team members."
        for helper in ["eve", "vic"] {
            let outcomes = [
                server.try_rename(helper, &team, "Mine").await.map(drop),
                server.try_remove(helper, &team, "wim").await.map(drop),
                server.try_change_role(helper, &team, helper, "owner").await.map(drop),
                server.try_suspend(helper, &team, "wim").await.map(drop),
            ];
            for outcome in outcomes {
                assert_refused(outcome, ErrorReason::RoleLacksPermission);
            }
            assert_eq!(server.members(helper, &team).await.len(), 4);
        }

        // "To revoke a team member's access, you can 'suspend' their account. This prevents them from accessing".
        server.suspend("ada", &team, "eve").await;
        assert_refused(server.try_member("eve", &team, "eve").await, ErrorReason::ActorSuspended);
        // "press the 'Show (number) suspended members' button"
        let shown = Filter { state: MemberState::Suspended.into(), ..Filter::default() };
        let shown = server.page("ada", &team, shown).await;
        assert_eq!((shown.total_size, shown.members[0].user_id.as_str()), (Some(1), "eve"));
        // "press the Restore button": "This will immediately restore their access".
        server.restore("ada", &team, "eve").await;
        assert_eq!(server.member("eve", &team, "eve").await.role, "editor");
        assert_eq!(server.team("eve", &team).await.member_count, 4);

        // "remove team members"
        server.remove("ada", &team, "wim").await;
        assert_refused(server.try_member("wim", &team, "wim").await, ErrorReason::TeamNotAccessible);
    })
    .await;
}
