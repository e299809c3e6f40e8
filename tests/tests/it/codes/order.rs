//! Which of several reasons somebody is told who cannot join by a code: the contract says in which order they come.

use std::time::Duration;

use roster_proto::v1::{CreateTeamCodeRequest, ErrorReason};
use roster_testkit::{Server, both, code_to};

use super::club;

#[tokio::test]
async fn reasons_against_a_code_come_in_the_order_of_the_contract() {
    both(async |kind| {
        let (policy, server) = club(kind).await;
        let people = [("mel", "steward"), ("rex", "member"), ("sid", "member")];
        let team = server.team_under("club", "ada", &people).await;
        let request =
            CreateTeamCodeRequest { lifetime: "PT36H".into(), max_uses: Some(2), ..code_to(&team, "member") };
        let code = server.create_code_of("mel", request).await;
        let text = code.code.as_str();
        server.redeem_code("one", text).await;
        server.remove("ada", &team, "rex").await;
        server.suspend("ada", &team, "sid").await;
        // These are told the same, whatever else would be against them.
        let unmoved = async |server: &Server| {
            assert!(server.preview_code("one", text).await.already_member, "a member is told so");
            assert!(server.redeem_code("one", text).await.already_member, "a member is told so");
            server.assert_code_refused("rex", text, ErrorReason::Removed).await;
            server.assert_code_refused("sid", text, ErrorReason::Suspended).await;
        };
        unmoved(&server).await;
        server.preview_code("eve", text).await;

        // Each reason stays as the next comes: no seat, ...
        server.change_tier(&team, "small").await;
        server.assert_code_refused("eve", text, ErrorReason::NoSeat).await;
        unmoved(&server).await;

        // ... the maker gone, ...
        server.change_role("ada", &team, "mel", "member").await;
        server.assert_code_refused("eve", text, ErrorReason::MakerGone).await;
        unmoved(&server).await;

        // ... used up (for which the first two have to go for a moment), ...
        server.change_tier(&team, "large").await;
        server.change_role("ada", &team, "mel", "steward").await;
        server.redeem_code("two", text).await;
        server.change_role("ada", &team, "mel", "member").await;
        server.change_tier(&team, "small").await;
        server.assert_code_refused("eve", text, ErrorReason::Exhausted).await;
        unmoved(&server).await;

        // ... expired, ...
        let late = policy.options().clock_offset(Duration::from_hours(36));
        let server = server.restart(late.clone()).await;
        server.assert_code_refused("eve", text, ErrorReason::Expired).await;
        unmoved(&server).await;

        // ... revoked.
        server.revoke_code("ada", &team, &code.code_id).await;
        server.assert_code_refused("eve", text, ErrorReason::Revoked).await;
        unmoved(&server).await;

        // Where the team's policy does not exist for the caller, and where the team does not, nothing does.
        let nowhere = async |server: &Server| {
            for (person, code) in [("eve", text), ("one", text), ("rex", text), ("sid", text), ("ada", text)]
            {
                server.assert_code_refused(person, code, ErrorReason::InviteNotFound).await;
            }
            server.assert_code_refused("eve", "CLUB-00000000", ErrorReason::InviteNotFound).await;
        };
        let brands = late.clone().variable("ROSTER_ENABLED_POLICIES", r#"["brand"]"#);
        let server = server.restart(brands).await;
        nowhere(&server).await;
        let server = server.restart(late).await;
        unmoved(&server).await;
        server.delete("ada", &team).await;
        nowhere(&server).await;
    })
    .await;
}
