//! What codes give, and who may make which.

use roster_proto::v1::{CreateTeamCodeRequest, ErrorReason, EventType, JoinMethod, TeamCodeState};
use roster_testkit::{Server, actor, assert_invalid, assert_refused, both, code_to, micros, on, on_all, row};

use super::{BRAND, club};

#[tokio::test]
async fn whoever_joins_by_a_code_gets_its_role_and_grants() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", BRAND).await;
        let grants = vec![on("brand", "one", "standard"), on("brand", "two", "admin")];
        let request = CreateTeamCodeRequest { grants: grants.clone(), ..code_to(&team, "member") };
        let made = server.try_create_code("ada", request).await.unwrap().into_inner();
        assert_eq!(made.revision, server.team("ada", &team).await.revision);
        let code = made.team_code.unwrap();
        assert_eq!((code.team_id.as_str(), code.role.as_str()), (team.as_str(), "member"));
        assert_eq!((&code.grants, code.restricted_kinds.len()), (&grants, 0));
        assert_eq!((code.maker_user_id.as_str(), code.use_count, code.max_uses), ("ada", 0, None));
        assert_eq!((code.state(), code.revoke_time, code.expire_time), (TeamCodeState::Live, None, None));
        assert!(micros(code.create_time) > 0);
        let listed = server.codes("ada", &team).await;
        assert!(listed == [code.clone()], "the list has it as it was answered");

        let joined = server.redeem_code(actor("bob").email("Bob@Example.org"), &code.code).await;
        assert!(!joined.already_member);
        let member = joined.member.unwrap();
        assert_eq!((member.user_id.as_str(), member.role.as_str()), ("bob", "member"));
        assert_eq!((&member.grants, member.email.as_str()), (&grants, "Bob@Example.org"));
        assert_eq!(member.join_method(), JoinMethod::TeamCode);
        assert_eq!(member.invited_by_user_id, "ada");
        let answered = joined.team.unwrap();
        assert_eq!(
            (answered.team_id.as_str(), answered.member_count, answered.revision),
            (team.as_str(), 2, 3)
        );
        assert_eq!(server.member("ada", &team, "bob").await.grants, grants, "and not in the answer alone");

        let event = server.events("ada", &team).await.remove(0);
        assert_eq!(event.r#type(), EventType::MemberJoined);
        let told = format!("{event:?}");
        assert!(told.contains(&code.code_id) && told.contains("standard"), "{told}");
    })
    .await;
}

#[tokio::test]
async fn a_code_restricts_newcomers_to_what_it_names() {
    both(async |kind| {
        let (_policy, server) = club(kind).await;
        let team = server.create_under("ada", "club").await;
        let grants = vec![on("room", "cellar", "visitor")];
        let request = CreateTeamCodeRequest { grants: grants.clone(), ..code_to(&team, "member") };
        let code = server.create_code_of("ada", request).await;
        assert_eq!((&code.grants, &code.restricted_kinds), (&grants, &vec!["room".to_owned()]));
        let member = server.redeem_code("bob", &code.code).await.member.unwrap();
        assert_eq!((&member.grants, &member.restricted_kinds), (&grants, &vec!["room".to_owned()]));

        let open = server.create_code("ada", &team, "member").await;
        let member = server.redeem_code("cyd", &open.code).await.member.unwrap();
        assert_eq!(
            (member.grants.len(), member.restricted_kinds.len()),
            (0, 0),
            "nothing named, no restriction"
        );
    })
    .await;
}

#[tokio::test]
async fn a_code_gives_no_grants_that_its_role_does_not_take() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", BRAND).await;
        let with = |role: &str, grants: &[_]| CreateTeamCodeRequest {
            grants: grants.to_vec(),
            ..code_to(&team, role)
        };
        for (role, grant) in [
            ("admin", on("brand", "one", "viewer")),
            ("admin", on_all("brand", "admin")),
            ("guest", on("brand", "one", "standard")),
            ("guest", on("brand", "one", "admin")),
        ] {
            let refused = server.try_create_code("ada", with(role, &[grant])).await;
            assert_refused(refused, ErrorReason::GrantsNotAllowed);
        }
        let unknown = server.try_create_code("ada", with("member", &[on("shop", "one", "viewer")])).await;
        assert_refused(unknown, ErrorReason::KindUnknown);
        let unknown = server.try_create_code("ada", with("member", &[on("brand", "one", "boss")])).await;
        assert_refused(unknown, ErrorReason::RoleUnknown);
        let twice = [on("brand", "one", "viewer"), on("brand", "one", "admin")];
        assert_invalid("twice", server.try_create_code("ada", with("member", &twice)).await, &["grants[1]"]);
        assert!(server.codes("ada", &team).await.is_empty(), "nothing was made");

        let admin = server.create_code_of("ada", with("admin", &[])).await;
        assert_eq!(server.redeem_code("bob", &admin.code).await.member.unwrap().role, "admin");
        let guest = server.create_code_of("ada", with("guest", &[on("brand", "one", "viewer")])).await;
        let member = server.redeem_code("cyd", &guest.code).await.member.unwrap();
        assert_eq!((member.role.as_str(), &member.grants), ("guest", &vec![on("brand", "one", "viewer")]));
    })
    .await;
}

#[tokio::test]
async fn codes_are_made_by_those_who_manage_them_and_assign_their_role() {
    both(async |kind| {
        let (_policy, server) = club(kind).await;
        let people = [("sue", "steward"), ("wes", "warden"), ("mel", "member")];
        let team = server.team_under("club", "ada", &people).await;
        for other in ["wes", "mel"] {
            let refused = server.try_create_code(other, code_to(&team, "member")).await;
            let refused = assert_refused(refused, ErrorReason::RoleLacksPermission);
            assert_eq!(refused.metadata.get("permission").map(String::as_str), Some("codes.manage"));
        }
        let above = server.try_create_code("sue", code_to(&team, "steward")).await;
        assert_refused(above, ErrorReason::RoleNotAssignable);
        assert_refused(
            server.try_create_code("eve", code_to(&team, "member")).await,
            ErrorReason::TeamNotAccessible,
        );
        assert_refused(server.try_create_code("ada", code_to(&team, "king")).await, ErrorReason::RoleUnknown);
        server.create_code("sue", &team, "member").await;

        let brand = server.create_under("ada", BRAND).await;
        assert_refused(server.try_create_code("ada", code_to(&brand, "owner")).await, ErrorReason::SoleRole);
        // Admins assign their own role.
        server.add(&brand, &[row("ben", "admin")]).await;
        server.create_code("ben", &brand, "admin").await;
        let without_codes = server.create_team("ada").await;
        let refused = server.try_create_code("ada", code_to(&without_codes, "viewer")).await;
        let refused = assert_refused(refused, ErrorReason::MethodNotInPolicy);
        assert_eq!(refused.metadata.get("method").map(String::as_str), Some("team_codes"));
    })
    .await;
}

#[tokio::test]
async fn a_code_of_a_life_or_count_that_is_not_on_offer_is_not_made() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", BRAND).await;
        let living = |life: &str| CreateTeamCodeRequest { lifetime: life.into(), ..code_to(&team, "member") };
        for life in ["P2D", "PT24H", "P1M", "P30Y", "", "NEVER", "p7d", "7 days", "P-1D", "P0D"] {
            assert_invalid(life, server.try_create_code("ada", living(life)).await, &["lifetime"]);
        }
        let used = |most| CreateTeamCodeRequest { max_uses: Some(most), ..code_to(&team, "member") };
        for most in [0, -1, 1_000_000_001, i64::MIN, i64::MAX] {
            assert_invalid("uses", server.try_create_code("ada", used(most)).await, &["max_uses"]);
        }
        let wrong = CreateTeamCodeRequest {
            role: "No Role".into(),
            lifetime: "soon".into(),
            max_uses: Some(0),
            request_id: "once".into(),
            ..code_to("team_nowhere", "member")
        };
        let all = ["lifetime", "max_uses", "request_id", "role", "team_id"];
        assert_invalid("all at once", server.try_create_code("ada", wrong).await, &all);
        assert!(server.codes("ada", &team).await.is_empty(), "nothing was made");
        for most in [1, 1_000_000_000] {
            assert_eq!(server.create_code_of("ada", used(most)).await.max_uses, Some(most));
        }
    })
    .await;
}
