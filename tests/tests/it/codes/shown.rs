//! Who sees a code: those who manage codes, and nobody and nothing else.

use roster_proto::v1::{ErrorReason, ListTeamCodesRequest};
use roster_testkit::{Options, Server, actor, assert_refused, both, row};

use super::{BRAND, club};

#[tokio::test]
async fn a_code_is_shown_to_those_who_manage_codes_alone() {
    both(async |kind| {
        let (_policy, server) = club(kind).await;
        let people = [("sue", "steward"), ("wes", "warden"), ("mel", "member"), ("sid", "steward")];
        let team = server.team_under("club", "ada", &people).await;
        let code = server.create_code("ada", &team, "member").await;
        for manager in ["ada", "sue", "sid"] {
            assert!(server.codes(manager, &team).await == [code.clone()], "{manager} sees it");
        }
        let list = async |who: &str| {
            let request = ListTeamCodesRequest { team_id: team.clone(), ..ListTeamCodesRequest::default() };
            server.invites_as(who).list_team_codes(request).await
        };
        for other in ["wes", "mel"] {
            let refused = assert_refused(list(other).await, ErrorReason::RoleLacksPermission);
            assert_eq!(refused.metadata.get("permission").map(String::as_str), Some("codes.manage"));
        }
        server.suspend("ada", &team, "sid").await;
        assert_refused(list("sid").await, ErrorReason::ActorSuspended);
        assert_refused(list("eve").await, ErrorReason::TeamNotAccessible);
        // Of one that it could not make itself it sees everything but the code: it could get more by it than it has.
        let higher = server.create_code("ada", &team, "owner").await;
        let seen = server.code("sue", &team, &higher.code_id).await;
        assert_eq!((seen.code.as_str(), seen.role.as_str()), ("", "owner"));
        assert_eq!(server.code("ada", &team, &higher.code_id).await.code, higher.code);
    })
    .await;
}

#[tokio::test]
async fn no_code_is_in_an_event_an_answer_to_others_or_the_log() {
    both(async |kind| {
        let options = Options::default().variable("ROSTER_LOG__FILTER", "debug");
        let server = Server::start_with(kind, options).await;
        let team = server.create_under("ada", BRAND).await;
        server.add(&team, &[row("ben", "admin"), row("mel", "member")]).await;
        let code = server.create_code("ben", &team, "guest").await;
        let bob = actor("bob").email("bob@example.org");
        let mut told = vec![format!("{:?}", server.preview_code(&bob, &code.code).await)];
        told.push(format!("{:?}", server.redeem_code(&bob, &code.code).await));
        told.push(format!("{:?}", server.redeem_code(&bob, &code.code.to_lowercase()).await));
        told.push(format!("{:?}", server.member("bob", &team, "bob").await));
        told.push(format!("{:?}", server.remove("ada", &team, "ben").await));
        told.push(format!("{:?}", server.try_redeem_code("eve", &code.code).await));
        told.push(format!("{:?}", server.try_preview_code("eve", &code.code).await));
        told.push(format!("{:?}", server.try_delete_code("mel", &team, &code.code_id).await));
        server.revoke_code("ada", &team, &code.code_id).await;
        told.push(format!("{:?}", server.try_redeem_code("eve", &code.code).await));
        server.delete_code("ada", &team, &code.code_id).await;
        told.push(format!("{:?}", server.try_redeem_code("eve", &code.code).await));
        let events = server.events("ada", &team).await;
        assert!(events.iter().filter(|event| format!("{event:?}").contains(&code.code_id)).count() >= 4);
        told.push(format!("{events:?}"));
        told.push(format!("{:?}", server.members("mel", &team).await));
        let logs = server.stop().await.output;
        assert!(logs.contains("RedeemTeamCode"), "there is something in the log");
        told.push(logs);
        let key = code.code.replace('-', "");
        for secret in [code.code.to_lowercase(), key.to_lowercase()] {
            for (number, text) in told.iter().enumerate() {
                assert!(!text.to_lowercase().contains(&secret), "the code is in text {number}");
            }
        }
    })
    .await;
}
