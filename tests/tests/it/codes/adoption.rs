//! What becomes of the codes of somebody who is removed.

use std::time::Duration;

use roster_proto::v1::{
    CreateTeamCodeRequest, ErrorReason, EventType, RemoveMemberRequest, TeamCode, TeamCodeState,
};
use roster_testkit::{OwnPolicy, Server, both, code_to};

use super::{CLUB, club};

#[tokio::test]
async fn whoever_removes_a_maker_may_take_its_live_codes_over() {
    both(async |kind| {
        let policy = OwnPolicy::of(CLUB);
        let server = Server::start_with(kind, policy.options()).await;
        let people = [("sue", "steward"), ("sam", "steward"), ("own", "owner")];
        let team = server.team_under("club", "ada", &people).await;
        let expired = server
            .create_code_of(
                "sue",
                CreateTeamCodeRequest { lifetime: "PT36H".into(), ..code_to(&team, "member") },
            )
            .await;
        let server = server.restart(policy.options().clock_offset(Duration::from_hours(36))).await;
        let live = server.create_code_of("sue", code_to(&team, "member")).await;
        let limited = CreateTeamCodeRequest { max_uses: Some(2), ..code_to(&team, "member") };
        let limited = server.create_code_of("sue", limited).await;
        let used = CreateTeamCodeRequest { max_uses: Some(1), ..code_to(&team, "member") };
        let used = server.create_code_of("sue", used).await;
        let revoked = server.create_code_of("sue", code_to(&team, "member")).await;
        let others = server.create_code("sam", &team, "member").await;
        server.revoke_code("ada", &team, &revoked.code_id).await;
        server.redeem_code("uma", &used.code).await;
        server.redeem_code("una", &limited.code).await;

        remove(&server, "ada", &team, "sue", true).await;
        let state = async |code: &TeamCode| {
            let read = server.code("ada", &team, &code.code_id).await;
            (read.state(), read.maker_user_id, read.use_count)
        };
        assert_eq!(state(&live).await, (TeamCodeState::Live, "ada".into(), 0));
        assert_eq!(state(&limited).await, (TeamCodeState::Live, "ada".into(), 1), "with the uses it had");
        assert_eq!(state(&expired).await, (TeamCodeState::Expired, "sue".into(), 0));
        assert_eq!(state(&used).await, (TeamCodeState::Exhausted, "sue".into(), 1));
        assert_eq!(state(&revoked).await, (TeamCodeState::Revoked, "sue".into(), 0));
        assert_eq!(state(&others).await, (TeamCodeState::Live, "sam".into(), 0), "nobody else's");

        let events = server.events("ada", &team).await;
        let adopted: Vec<_> = events.iter().filter(|e| e.r#type() == EventType::TeamCodeAdopted).collect();
        assert_eq!(adopted.len(), 2);
        assert!(adopted.iter().all(|event| event.revision == events[0].revision), "in the same commit");
        assert_eq!(server.preview_code("bob", &live.code).await.inviter_user_id, "ada");
        let joined = server.redeem_code("bob", &live.code).await.member.unwrap();
        assert_eq!(joined.invited_by_user_id, "ada", "the new maker");
        server.assert_code_refused("sue", &live.code, ErrorReason::Removed).await;

        // From now on it lives as long as its new maker may make it.
        server.change_role("own", &team, "ada", "member").await;
        let code = server.code("own", &team, &live.code_id).await;
        assert_eq!((code.state(), code.maker_user_id.as_str()), (TeamCodeState::MakerGone, "ada"));
    })
    .await;
}

#[tokio::test]
async fn codes_are_left_behind_unless_they_are_taken_over_by_somebody_who_could_make_them() {
    both(async |kind| {
        let (_policy, server) = club(kind).await;
        let people = [("sue", "steward"), ("sam", "steward"), ("wes", "warden")];
        let team = server.team_under("club", "ada", &people).await;
        let sues = server.create_code("sue", &team, "member").await;
        let sams = server.create_code("sam", &team, "member").await;
        remove(&server, "ada", &team, "sue", false).await;
        // A warden removes people and makes no codes.
        remove(&server, "wes", &team, "sam", true).await;
        for (code, maker) in [(&sues, "sue"), (&sams, "sam")] {
            let read = server.code("ada", &team, &code.code_id).await;
            assert_eq!((read.state(), read.maker_user_id.as_str()), (TeamCodeState::MakerGone, maker));
            server.assert_code_refused("eve", &code.code, ErrorReason::MakerGone).await;
        }
        let events = server.events("ada", &team).await;
        assert!(events.iter().all(|event| event.r#type() != EventType::TeamCodeAdopted), "{events:?}");
    })
    .await;
}

async fn remove(server: &Server, actor: &str, team: &str, user: &str, adopt_invites: bool) {
    let request = RemoveMemberRequest {
        team_id: team.into(),
        user_id: user.into(),
        adopt_invites,
        ..RemoveMemberRequest::default()
    };
    server.team_as(actor).remove_member(request).await.expect("the member is removed");
}
