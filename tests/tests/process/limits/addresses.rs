//! Codes that are guessed wrong from one network address, by whomever.

use roster_proto::v1::ErrorReason;
use roster_testkit::{Actor, Server, actor, assert_refused, both};

use crate::limits::{HOUR, assert_limited, counting, guess_wrong, with_code};

const BUDGET: &str = "code_guesses_of_address";
const SETTING: &str = "code_failures_per_address_and_hour";

fn at(user: &str, address: &str) -> Actor {
    actor(user).header("x-actor-address", address)
}

#[tokio::test]
async fn an_address_from_which_too_many_guess_is_refused() {
    both(async |kind| {
        let server = Server::start_with(kind, counting(&[(SETTING, 4)])).await;
        let (_, code) = with_code(&server).await;
        for user in ["eve", "eva", "evi", "evo"] {
            guess_wrong(&server, at(user, "192.0.2.7"), 1).await;
        }
        for address in ["192.0.2.7", "::ffff:192.0.2.7"] {
            // Somebody else at the same place, even with a right code.
            assert_limited(server.try_redeem_code(at("bob", address), &code.code).await, BUDGET, 4, HOUR);
        }
        assert!(!server.redeem_code(at("bob", "192.0.2.8"), &code.code).await.already_member);
        assert!(!server.redeem_code("eve", &code.code).await.already_member, "only the place is refused");
    })
    .await;
}

#[tokio::test]
async fn addresses_of_one_network_are_one() {
    both(async |kind| {
        let server = Server::start_with(kind, counting(&[(SETTING, 2)])).await;
        let (_, code) = with_code(&server).await;
        guess_wrong(&server, at("eve", "2001:db8:0:1::1"), 1).await;
        guess_wrong(&server, at("eva", "2001:db8:0:1:ffff::2"), 1).await;
        let refused = server.try_preview_code(at("bob", "2001:DB8:0:1:abcd::9"), &code.code).await;
        assert_limited(refused, BUDGET, 2, HOUR);
        server.preview_code(at("bob", "2001:db8:0:2::1"), &code.code).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_no_address_is_refused_before_anything_is_counted() {
    both(async |kind| {
        let server = Server::start_with(kind, counting(&[(SETTING, 1)])).await;
        let (_, code) = with_code(&server).await;
        for wrong in ["192.0.2.7:443", "192.0.2.7, 192.0.2.8", "unknown", ""] {
            let outcome = server.try_redeem_code(at("bob", wrong), &code.code).await;
            let refused = assert_refused(outcome, ErrorReason::CredentialsInvalid);
            assert_eq!(refused.metadata["header"], "x-actor-address");
        }
        let twice = at("bob", "192.0.2.7").header("x-actor-address", "192.0.2.8");
        let refused = server.try_redeem_code(twice, &code.code).await;
        assert_refused(refused, ErrorReason::CredentialsMissing);
        server.redeem_code(at("bob", "192.0.2.7"), &code.code).await;
    })
    .await;
}
