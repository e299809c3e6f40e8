//! Streams that are begun and taken back, and streams that the service must take back.

use roster_testkit::frames::{
    END_HEADERS, ENHANCE_YOUR_CALM, Foe, HEADERS, call, call_headers, frame, reset,
};
use roster_testkit::{Kind, Server};

use crate::endured;

const LIST_TEAMS: &str = "roster.v1.TeamService/ListTeams";
const LIST_POLICIES: &str = "roster.v1.TeamService/ListPolicies";

/// A call that is taken back as soon as it was sent.
fn taken_back(stream: u32, headers: &[u8]) -> Vec<u8> {
    [call(stream, headers, &[]), reset(stream)].concat()
}

/// The streams of a connection, in order.
fn streams(from: usize, count: usize) -> impl Iterator<Item = u32> {
    (from..from + count).map(|number| u32::try_from(number * 2 + 1).expect("streams are few"))
}

#[tokio::test]
async fn who_takes_back_calls_by_the_thousand_is_sent_away() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        let headers = call_headers(LIST_TEAMS, &[("x-actor-user-id", "eve"), ("x-caller", "greedy")]);
        for _ in 0..20 {
            let mut foe = Foe::connect(server.address()).await;
            let calls: Vec<u8> = streams(0, 2_000).flat_map(|stream| taken_back(stream, &headers)).collect();
            foe.say(&calls).await;
            let heard = foe.hear_goaway().await;
            assert_eq!(heard.goaway.expect("it").0, ENHANCE_YOUR_CALM);
        }
    })
    .await;
}

/// Calls that are taken back, forty at a time. The service has let each of them in before the next ones come, so that
/// nothing of HTTP/2 forbids it.
async fn paced(server: &Server, method: &str, more: &[(&str, &str)], rounds: usize) {
    let headers = call_headers(method, more);
    let mut foe = Foe::connect(server.address()).await;
    for round in 0..rounds {
        let first = round * 41;
        let calls: Vec<u8> = streams(first, 40).flat_map(|stream| taken_back(stream, &headers)).collect();
        let last = streams(first + 40, 1).next().expect("one");
        assert!(foe.say(&calls).await && foe.settle(last).await, "{method}: {:?}", foe.heard());
    }
}

#[tokio::test]
async fn calls_that_are_let_in_and_taken_back_by_the_thousand_hurt_nobody() {
    // None of them is begun: the database would serve one after the other, and others after all of them.
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        let greedy = [("x-actor-user-id", "eve"), ("x-caller", "greedy")];
        paced(server, LIST_TEAMS, &greedy, 50).await;
        paced(server, LIST_POLICIES, &greedy, 50).await;
    })
    .await;
}

#[tokio::test]
async fn calls_of_nobody_that_are_taken_back_by_the_thousand_hurt_nobody() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        for method in [
            "grpc.health.v1.Health/Check",
            "grpc.health.v1.Health/Watch",
            "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "no.such/Method",
            LIST_TEAMS,
        ] {
            paced(server, method, &[], 25).await;
        }
    })
    .await;
}

#[tokio::test]
async fn who_makes_the_service_reset_streams_by_the_thousand_is_sent_away() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        // There is no such header in HTTP/2.
        let headers = call_headers(LIST_TEAMS, &[("connection", "close")]);
        let mut foe = Foe::connect(server.address()).await;
        let calls: Vec<u8> =
            streams(0, 6_000).flat_map(|stream| frame(HEADERS, END_HEADERS, stream, &headers)).collect();
        foe.say(&calls).await;
        let heard = foe.hear_goaway().await;
        assert_eq!(heard.goaway.as_ref().expect("it").0, ENHANCE_YOUR_CALM, "{heard:?}");
        assert!(heard.resets <= 256, "{} streams were reset", heard.resets);
    })
    .await;
}
