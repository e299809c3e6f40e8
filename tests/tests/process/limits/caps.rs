//! How many pending invitations and live codes a team may have: what admits nobody is not counted.

use std::time::Duration;

use roster_proto::v1::{CreateTeamCodeRequest, ErrorReason};
use roster_testkit::{
    Server, address_of, assert_invitation_refused, assert_refused, both, code_to, invitation_row, known,
};

use crate::limits::{HOUR, counting, counting_later};

const DAYS_8: Duration = Duration::from_hours(8 * 24);

#[tokio::test]
async fn a_team_has_so_many_pending_invitations() {
    const LIMITS: [(&str, u32); 1] = [("pending_invitations_per_team", 2)];
    both(async |kind| {
        let server = Server::start_with(kind, counting(&LIMITS)).await;
        let team = server.team_under("studio", "ada", &[("amy", "owner")]).await;
        let one = server.invite("ada", &team, &address_of("one"), "viewer").await;
        server.invite("amy", &team, &address_of("two"), "viewer").await;
        let full = async || {
            let email = address_of("more");
            let refused = assert_refused(
                server.try_invite("ada", &team, &email, "viewer").await,
                ErrorReason::CapReached,
            );
            assert_eq!(refused.metadata["cap"], "pending_invitations_per_team");
            assert_eq!(refused.metadata["limit"], "2");
            assert!(!refused.retry, "waiting does not help");
            let rows = [invitation_row(&email, "viewer")];
            let batch = server.try_invite_all("ada", &team, &rows).await.expect("a batch").into_inner();
            assert_invitation_refused(&batch.results[0], ErrorReason::CapReached);
        };
        full().await;
        // A pending one is sent again without being one more.
        let one = server.resend("ada", &team, &one.id).await;

        server.accept(known("one"), &one).await;
        let three = server.invite("ada", &team, &address_of("three"), "viewer").await;
        full().await;
        server.decline(known("three"), &three).await;
        let four = server.invite("ada", &team, &address_of("four"), "viewer").await;
        full().await;
        server.cancel("ada", &team, &four.id).await;
        let five = server.invite("ada", &team, &address_of("five"), "viewer").await;
        full().await;
        // Amy's counts while she could make it.
        server.suspend("ada", &team, "amy").await;
        server.invite("ada", &team, &address_of("six"), "viewer").await;
        full().await;
        server.restore("ada", &team, "amy").await;
        full().await;

        let server = server.restart(counting_later(&LIMITS, DAYS_8)).await;
        for name in ["seven", "eight"] {
            server.invite("ada", &team, &address_of(name), "viewer").await;
        }
        let refused = server.try_resend("ada", &team, &five.id).await;
        assert_refused(refused, ErrorReason::CapReached);
    })
    .await;
}

#[tokio::test]
async fn a_team_has_so_many_live_codes() {
    const LIMITS: [(&str, u32); 1] = [("live_codes_per_team", 2)];
    both(async |kind| {
        let server = Server::start_with(kind, counting(&LIMITS)).await;
        let team = server.team_under("brand", "ada", &[("amy", "admin")]).await;
        let make = async |server: &Server, lifetime: &str, max_uses| {
            let request =
                CreateTeamCodeRequest { lifetime: lifetime.into(), max_uses, ..code_to(&team, "guest") };
            server.create_code_of("ada", request).await
        };
        let full = async |server: &Server| {
            let refused = server.try_create_code("ada", code_to(&team, "guest")).await;
            let refused = assert_refused(refused, ErrorReason::CapReached);
            assert_eq!(refused.metadata["cap"], "live_codes_per_team");
            assert!(!refused.retry);
        };
        let revoked = make(&server, "never", None).await;
        let exhausted = make(&server, "never", Some(1)).await;
        full(&server).await;
        server.revoke_code("ada", &team, &revoked.code_id).await;
        make(&server, "P1D", None).await;
        full(&server).await;
        server.redeem_code("bob", &exhausted.code).await;
        server.create_code("amy", &team, "guest").await;
        full(&server).await;
        server.change_role("ada", &team, "amy", "guest").await;
        let last = make(&server, "never", None).await;
        full(&server).await;

        let server = server.restart(counting_later(&LIMITS, HOUR * 25)).await;
        make(&server, "never", None).await;
        full(&server).await;
        server.revoke_code("ada", &team, &last.code_id).await;
        server.delete_code("ada", &team, &last.code_id).await;
        make(&server, "never", None).await;
        full(&server).await;
    })
    .await;
}
