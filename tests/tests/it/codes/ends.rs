//! Codes that are revoked and deleted, and listed in every state.

use std::collections::BTreeSet;
use std::time::Duration;

use roster_proto::v1::list_team_codes_request::Filter;
use roster_proto::v1::{
    CreateTeamCodeRequest, ErrorReason, EventType, ListTeamCodesRequest, TeamCode, TeamCodeState,
};
use roster_testkit::{OwnPolicy, Server, assert_invalid, assert_refused, both, code_to, micros, on};

use super::{CLUB, club};

const HOURS_36: Duration = Duration::from_hours(36);

/// Every way in which a code admits nobody.
const INACTIVE: [TeamCodeState; 4] =
    [TeamCodeState::Revoked, TeamCodeState::Expired, TeamCodeState::Exhausted, TeamCodeState::MakerGone];

#[tokio::test]
async fn revoking_ends_a_code_at_once_and_keeps_its_record() {
    both(async |kind| {
        let (_policy, server) = club(kind).await;
        let team = server.team_under("club", "ada", &[("sue", "steward"), ("mel", "member")]).await;
        let code = server.create_code("ada", &team, "member").await;
        server.redeem_code("bob", &code.code).await;
        let refused = server.try_revoke_code("mel", &team, &code.code_id).await;
        assert_refused(refused, ErrorReason::RoleLacksPermission);
        server.redeem_code("cyd", &code.code).await;

        let first = server.revoke_code("sue", &team, &code.code_id).await;
        let revision = server.team("ada", &team).await.revision;
        let second = server.revoke_code("ada", &team, &code.code_id).await;
        assert!(first == second, "the second changes nothing");
        assert_eq!((first.revision, server.team("ada", &team).await.revision), (revision, revision));
        let mut revoked = first.team_code.unwrap();
        assert_eq!(revoked.state(), TeamCodeState::Revoked);
        assert!(micros(revoked.revoke_time) >= micros(revoked.create_time), "{:?}", revoked.revoke_time);
        assert_eq!((revoked.code.as_str(), revoked.use_count), ("", 2), "its record stays");
        revoked.code.clone_from(&code.code);
        assert!(server.codes("sue", &team).await == [revoked], "the list has it like that, with its text");
        server.assert_code_refused("eve", &code.code, ErrorReason::Revoked).await;
        let events = server.events("ada", &team).await;
        assert_eq!(events.iter().filter(|event| event.r#type() == EventType::TeamCodeRevoked).count(), 1);
        assert_eq!(server.members("ada", &team).await.len(), 5, "who joined by it stays");

        let other = server.create_under("ada", "club").await;
        let nowhere = server.try_revoke_code("ada", &other, &code.code_id).await;
        assert_refused(nowhere, ErrorReason::TeamCodeNotFound);
    })
    .await;
}

#[tokio::test]
async fn a_code_is_deleted_once_it_admits_nobody_whatever_ended_it() {
    both(async |kind| {
        let policy = OwnPolicy::of(CLUB);
        let server = Server::start_with(kind, policy.options()).await;
        let (team, ended) = one_of_each(&server).await;
        let live = server.create_code("ada", &team, "member").await;
        assert_refused(server.try_delete_code("ada", &team, &live.code_id).await, ErrorReason::StillActive);
        // Only time can expire one, and it expires none of the others.
        let expiring = &ended[1];
        let refused = server.try_delete_code("ada", &team, &expiring.code_id).await;
        assert_refused(refused, ErrorReason::StillActive);
        let server = server.restart(policy.options().clock_offset(HOURS_36)).await;

        for (state, code) in INACTIVE.into_iter().zip(&ended) {
            assert_eq!(server.code("ada", &team, &code.code_id).await.state(), state);
            let refused = server.try_delete_code("mel", &team, &code.code_id).await;
            assert_refused(refused, ErrorReason::RoleLacksPermission);
            let revision = server.delete_code("ada", &team, &code.code_id).await.revision;
            assert_eq!(revision, server.team("ada", &team).await.revision);
            for listed in [TeamCodeState::Unspecified, state] {
                let left = server.codes_in("ada", &team, listed).await;
                assert!(
                    left.iter().all(|left| left.code_id != code.code_id),
                    "{state:?} is gone from the lists"
                );
            }
            let newcomer = format!("newcomer-{state:?}");
            server.assert_code_refused(&newcomer, &code.code, ErrorReason::InviteNotFound).await;
            server.assert_code_refused("ada", &code.code, ErrorReason::InviteNotFound).await;
            for outcome in [
                server.try_delete_code("ada", &team, &code.code_id).await.map(drop),
                server.try_revoke_code("ada", &team, &code.code_id).await.map(drop),
            ] {
                assert_refused(outcome, ErrorReason::TeamCodeNotFound);
            }
        }
        assert!(server.codes("ada", &team).await == [live], "nothing else is gone");
        let deleted: BTreeSet<_> = ended.iter().map(|code| code.code_id.clone()).collect();
        let events = server.events("ada", &team).await;
        let told: Vec<_> =
            events.iter().filter(|event| event.r#type() == EventType::TeamCodeDeleted).collect();
        assert_eq!(told.len(), 4);
        assert!(deleted.iter().all(|id| told.iter().any(|event| format!("{event:?}").contains(id))));
        assert_eq!(
            server.member("ada", &team, "uma").await.join_method().as_str_name(),
            "JOIN_METHOD_TEAM_CODE"
        );
    })
    .await;
}

#[tokio::test]
async fn codes_are_listed_in_every_state_the_newest_first_page_by_page() {
    both(async |kind| {
        let policy = OwnPolicy::of(CLUB);
        let server = Server::start_with(kind, policy.options()).await;
        let (team, ended) = one_of_each(&server).await;
        let mut live = Vec::new();
        for _ in 0..3 {
            live.push(server.create_code("ada", &team, "member").await);
        }
        let server = server.restart(policy.options().clock_offset(HOURS_36)).await;
        let ids =
            |codes: &[TeamCode]| codes.iter().rev().map(|code| code.code_id.clone()).collect::<Vec<_>>();
        let all: Vec<_> = ids(&live).into_iter().chain(ids(&ended)).collect();
        let mut wanted = vec![(TeamCodeState::Unspecified, all), (TeamCodeState::Live, ids(&live))];
        wanted.extend(INACTIVE.into_iter().zip(ended.chunks(1).map(ids)));
        for (state, wanted) in wanted {
            assert_eq!(pages(&server, &team, state, 2).await, wanted, "{state:?}");
            assert_eq!(pages(&server, &team, state, 1).await, wanted, "{state:?}, one by one");
        }

        let request = |state| ListTeamCodesRequest {
            team_id: team.clone(),
            page_size: 1,
            filter: Some(Filter { state }),
            ..ListTeamCodesRequest::default()
        };
        let unknown = server.invites_as("ada").list_team_codes(request(99)).await;
        assert_invalid("an unknown state", unknown, &["filter.state"]);
        let negative = ListTeamCodesRequest { page_size: -1, ..request(0) };
        assert_invalid("negative", server.invites_as("ada").list_team_codes(negative).await, &["page_size"]);
        let page = server.invites_as("ada").list_team_codes(request(0)).await.unwrap().into_inner();
        let other = ListTeamCodesRequest { page_token: page.next_page_token, ..request(1) };
        let other = server.invites_as("ada").list_team_codes(other).await;
        assert_refused(other, ErrorReason::PageTokenInvalid);
    })
    .await;
}

/// A team with a code that is revoked, one that expires within 36 hours, one that is used up by somebody and one whose
/// maker is gone: in this order.
async fn one_of_each(server: &Server) -> (String, Vec<TeamCode>) {
    let team = server.team_under("club", "ada", &[("mel", "steward")]).await;
    let request = |life: &str, most| CreateTeamCodeRequest {
        lifetime: life.into(),
        max_uses: most,
        grants: vec![on("room", "cellar", "visitor")],
        ..code_to(&team, "member")
    };
    let revoked = server.create_code_of("ada", request("never", None)).await;
    let expiring = server.create_code_of("ada", request("PT36H", Some(9))).await;
    let used = server.create_code_of("ada", request("never", Some(1))).await;
    let orphan = server.create_code_of("mel", request("never", None)).await;
    server.revoke_code("ada", &team, &revoked.code_id).await;
    server.redeem_code("uma", &used.code).await;
    server.change_role("ada", &team, "mel", "member").await;
    (team, vec![revoked, expiring, used, orphan])
}

/// The ids of the codes in that state, read in pages of that size.
async fn pages(server: &Server, team: &str, state: TeamCodeState, size: i32) -> Vec<String> {
    let mut request = ListTeamCodesRequest {
        team_id: team.into(),
        page_size: size,
        filter: Some(Filter { state: state.into() }),
        ..ListTeamCodesRequest::default()
    };
    let mut listed = Vec::new();
    loop {
        let page = server.invites_as("ada").list_team_codes(request.clone()).await;
        let page = page.expect("codes are listed").into_inner();
        assert!(i32::try_from(page.team_codes.len()).is_ok_and(|count| count <= size), "a page of {size}");
        listed.extend(page.team_codes.into_iter().map(|code| code.code_id));
        if page.next_page_token.is_empty() {
            return listed;
        }
        request.page_token = page.next_page_token;
    }
}
