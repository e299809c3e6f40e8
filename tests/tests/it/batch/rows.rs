//! What comes of one row: a member, or a refusal as a call of its own would get it, at the row's place in the answer.

use prost_types::Timestamp;
use roster_proto::v1::batch_add_members_request::Row;
use roster_proto::v1::{BatchAddMembersResponse, ErrorReason, Grant, MemberState};
use roster_testkit::{
    Options, POLICY, Server, VIEWER, assert_row_refused, both, micros, on, on_all, row, row_member,
};

use super::evening;

fn granted(user: &str, role: &str, grants: &[Grant]) -> Row {
    Row { grants: grants.to_vec(), ..row(user, role) }
}

async fn results(server: &Server, team: &str, rows: &[Row]) -> BatchAddMembersResponse {
    let answer = server.try_add(team, rows).await.expect("the batch is taken").into_inner();
    assert_eq!(answer.results.len(), rows.len(), "a result for each row");
    answer
}

#[tokio::test]
async fn each_row_that_is_refused_says_why_and_loses_no_other() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("bob", "member")]).await;
        let b1 = || on("brand", "b1", "viewer");
        let twice = [b1(), on("brand", "b1", "admin")];
        let no_target = Grant { kind: "brand".into(), role: "viewer".into(), target: None };
        let at = |seconds, nanos| Some(Timestamp { seconds, nanos });
        let rows = [
            row("good-1", "member"),
            row("x", ""),
            row("", "Not A Role"),
            row("x", "editor"),
            row("x", "owner"),
            granted("x", "member", &[b1(), no_target, on("brand", "", "viewer")]),
            granted("x", "member", &twice),
            granted("x", "member", &[on("project", "p1", "viewer")]),
            granted("x", "member", &[on("brand", "b1", "manager")]),
            granted("x", "guest", &[on("brand", "b1", "standard")]),
            granted("x", "guest", &[on_all("brand", "admin")]),
            Row { email: "no address".into(), join_time: at(0, -1), ..row("x", "member") },
            Row { join_time: at(4_000_000_000, 0), ..row("x", "member") },
            row("bob", "admin"),
            Row { join_time: Some(evening(0)), ..row("good-2", "guest") },
        ];
        let answer = results(&server, &team, &rows).await;
        let fields = |place: usize, expected: &[&str]| {
            let mut refused = assert_row_refused(&answer.results[place], ErrorReason::FieldInvalid);
            refused.fields.sort();
            assert_eq!(refused.fields, expected, "{}", refused.message);
        };
        let info = |place: usize, reason: ErrorReason, expected: &[(&str, &str)]| {
            let refused = assert_row_refused(&answer.results[place], reason);
            for (key, value) in expected {
                assert_eq!(refused.metadata.get(*key).map(String::as_str), Some(*value), "{refused:?}");
            }
        };
        fields(1, &["members[1].role"]);
        fields(2, &["members[2].role", "members[2].user_id"]);
        info(3, ErrorReason::RoleUnknown, &[("policy", "brand"), ("role", "editor")]);
        info(4, ErrorReason::SoleRole, &[("role", "owner")]);
        fields(5, &["members[5].grants[1]", "members[5].grants[2].resource_id"]);
        fields(6, &["members[6].grants[1]"]);
        info(7, ErrorReason::KindUnknown, &[("policy", "brand"), ("kind", "project")]);
        info(8, ErrorReason::RoleUnknown, &[("kind", "brand"), ("role", "manager")]);
        info(9, ErrorReason::GrantsNotAllowed, &[("role", "guest"), ("kind", "brand")]);
        info(10, ErrorReason::GrantsNotAllowed, &[("role", "guest"), ("kind", "brand")]);
        fields(11, &["members[11].email", "members[11].join_time"]);
        fields(12, &["members[12].join_time"]);
        info(13, ErrorReason::AlreadyMember, &[]);
        for (place, user) in [(0, "good-1"), (14, "good-2")] {
            assert_eq!(row_member(&answer.results[place]).user_id, user);
        }
        let listed: Vec<_> = server.members("ada", &team).await.into_iter().map(|one| one.user_id).collect();
        assert_eq!(listed, ["good-2", "ada", "bob", "good-1"]);
        assert_eq!(server.member("ada", &team, "bob").await.role, "member", "untouched");
    })
    .await;
}

#[tokio::test]
async fn a_person_that_is_in_a_batch_twice_is_added_once() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let (b1, b2) = (on("brand", "b1", "viewer"), on("brand", "b2", "viewer"));
        let rows = [
            row("bob", "nothing"),
            granted("bob", "member", &[b1.clone(), b2.clone()]),
            granted("bob", "member", &[b2.clone(), b1.clone()]),
            granted("bob", "member", &[b1]),
            row("bob", "guest"),
        ];
        let answer = results(&server, &team, &rows).await;
        assert_row_refused(&answer.results[0], ErrorReason::RoleUnknown);
        let bob = row_member(&answer.results[1]);
        assert!(!answer.results[1].already_member);
        assert!(answer.results[2].already_member, "the very same, in another order");
        assert_eq!(row_member(&answer.results[2]), bob);
        assert_row_refused(&answer.results[3], ErrorReason::AlreadyMember);
        assert_row_refused(&answer.results[4], ErrorReason::AlreadyMember);
        assert_eq!(server.member("ada", &team, "bob").await, bob);
        assert_eq!(server.team("ada", &team).await.member_count, 2);
    })
    .await;
}

#[tokio::test]
async fn a_suspended_member_is_not_added_again() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("studio", "ada", &[("bob", "editor")]).await;
        server.suspend("ada", &team, "bob").await;
        for role in ["editor", "viewer"] {
            let answer = results(&server, &team, &[row("bob", role)]).await;
            assert_row_refused(&answer.results[0], ErrorReason::AlreadyMember);
        }
        assert_eq!(server.member("ada", &team, "bob").await.state(), MemberState::Suspended);
    })
    .await;
}

#[tokio::test]
async fn a_removed_person_is_added_again_as_a_new_member() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under(POLICY, "ada", &[("bob", "editor")]).await;
        let link = server.create_link("ada", &team).await;
        server.remove("ada", &team, "bob").await;
        let bob = server.add(&team, &[row("bob", VIEWER)]).await.remove(0);
        assert_eq!(bob.role, VIEWER);
        assert_eq!(server.member("bob", &team, "bob").await, bob);
        assert!(server.redeem("bob", &link.token).await.already_member);
    })
    .await;
}

#[tokio::test]
async fn projects_restrict_a_viewer_and_none_leave_it_unrestricted() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "enterprise").await;
        let p1 = || on("project", "p1", "viewer");
        let rows = [
            granted("vic", "viewer", &[p1()]),
            row("wim", "viewer"),
            granted("eve", "editor", &[p1()]),
            granted("abe", "admin", &[p1()]),
            granted("max", "viewer", &[on("project", "p1", "manager")]),
            granted("zoe", "viewer", &[on_all("project", "viewer")]),
        ];
        let answer = results(&server, &team, &rows).await;
        let vic = row_member(&answer.results[0]);
        assert_eq!((vic.grants, vic.restricted_kinds), (vec![p1()], vec!["project".to_owned()]));
        let wim = row_member(&answer.results[1]);
        assert!(wim.grants.is_empty() && wim.restricted_kinds.is_empty(), "{wim:?}");
        for refused in [2, 3, 4] {
            assert_row_refused(&answer.results[refused], ErrorReason::GrantsNotAllowed);
        }
        let zoe = row_member(&answer.results[5]);
        assert_eq!(
            (zoe.grants, zoe.restricted_kinds),
            (vec![on_all("project", "viewer")], vec!["project".into()])
        );
    })
    .await;
}

#[tokio::test]
async fn a_row_has_no_more_grants_than_a_member_may() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let grants: Vec<_> = (0..201).map(|i| on("brand", &format!("b{i:03}"), "viewer")).collect();
        let rows = [granted("bob", "member", &grants), granted("cem", "member", &grants[1..])];
        let answer = results(&server, &team, &rows).await;
        let refused = assert_row_refused(&answer.results[0], ErrorReason::CapReached);
        assert_eq!(refused.metadata.get("cap").map(String::as_str), Some("grants_per_member"));
        assert_eq!(row_member(&answer.results[1]).grants, grants[1..]);
    })
    .await;
}

#[tokio::test]
async fn a_join_time_may_be_as_late_as_the_services_own_clock() {
    both(async |kind| {
        let hour = Options::default().clock_offset(std::time::Duration::from_hours(1));
        let server = Server::start_with(kind, hour).await;
        let team = server.create_under("ada", POLICY).await;
        let founded = server.team("ada", &team).await.create_time;
        let later = founded.map(|time| Timestamp { seconds: time.seconds + 3_600, ..time });
        let rows = [
            Row { join_time: founded, ..row("bob", VIEWER) },
            Row { join_time: later, ..row("cem", VIEWER) },
        ];
        let answer = results(&server, &team, &rows).await;
        assert_eq!(micros(row_member(&answer.results[0]).join_time), micros(founded));
        assert_row_refused(&answer.results[1], ErrorReason::FieldInvalid);
    })
    .await;
}
