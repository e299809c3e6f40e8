//! Messages that come in crumbs, never come whole, or unfold.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use roster_proto::v1::{ErrorReason, ListPoliciesRequest};
use roster_testkit::frames::{DATA, END_HEADERS, ENHANCE_YOUR_CALM, Foe, HEADERS, call_headers, frame};
use roster_testkit::{Kind, Options, Server, all_at_once, assert_refused, call_framed, call_raw, eventually};

use crate::endured;

const CREATE_TEAM: &str = "roster.v1.TeamService/CreateTeam";
const LIST_POLICIES: &str = "roster.v1.TeamService/ListPolicies";

/// Frames of data of that length, on one stream, until the service wants no more.
async fn crumbs(server: &Server, headers: &[u8], answered: bool, crumb: &[u8]) {
    let mut foe = Foe::connect(server.address()).await;
    foe.say(&frame(HEADERS, END_HEADERS, 1, headers)).await;
    if answered {
        foe.hear("the answer", |heard| heard.ended == 1).await;
    }
    let said = frame(DATA, 0, 1, crumb).repeat(50_000);
    foe.say(&said).await;
    let heard = foe.hear_goaway().await;
    assert_eq!(heard.goaway.as_ref().expect("it").0, ENHANCE_YOUR_CALM, "{heard:?}");
}

#[tokio::test]
async fn who_sends_a_message_in_crumbs_is_sent_away() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        let eve = call_headers(CREATE_TEAM, &[("x-actor-user-id", "eve"), ("x-caller", "greedy")]);
        for _ in 0..5 {
            crumbs(server, &eve, false, b"").await;
            crumbs(server, &eve, false, b"\0").await;
        }
    })
    .await;
}

#[tokio::test]
async fn who_goes_on_sending_crumbs_after_the_answer_is_sent_away() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        for _ in 0..5 {
            crumbs(server, &call_headers(CREATE_TEAM, &[]), true, b"").await;
            crumbs(server, &call_headers("no.such/Method", &[]), true, b"\0").await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_message_that_unfolds_beyond_the_limit_is_refused_before_it_does() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![0; 64 << 20]).expect("memory takes everything");
    let bomb = bomb.finish().expect("memory takes everything");
    assert!(bomb.len() < 66_000, "it is small: {}", bomb.len());
    let bomb = &bomb[..bomb.len().min(65_000)];
    let length = u32::try_from(bomb.len()).expect("it is small").to_be_bytes();
    let framed = Bytes::from([&[1], &length[..], bomb].concat());

    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        for _ in 0..5 {
            let calls = (0..100).map(|_| {
                let (address, framed) = (server.address(), framed.clone());
                async move {
                    let headers = [("x-caller", "greedy"), ("grpc-encoding", "gzip")];
                    call_framed(address, LIST_POLICIES, &headers, framed).await
                }
            });
            for outcome in all_at_once(calls).await {
                assert_refused(outcome, ErrorReason::MessageTooLarge);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn messages_that_do_not_come_give_their_places_back_at_the_deadline() {
    let options = Options::default()
        .variable("ROSTER_SERVER__DEADLINE", "1s")
        .variable("ROSTER_LIMITS__REQUESTS_IN_FLIGHT_PER_CALLER", "100");
    let server = Server::start_with(Kind::Embedded, options).await;
    endured(server, 48, async |server| {
        let headers = [("x-caller", "greedy")];
        let request = ListPoliciesRequest::default();
        let call = || call_raw(server.address(), LIST_POLICIES, &headers, &request);
        call().await.expect("there is room");
        let mut foe = Foe::connect(server.address()).await;
        let begun = |stream| {
            [
                frame(HEADERS, END_HEADERS, stream, &call_headers(LIST_POLICIES, &headers)),
                frame(DATA, 0, stream, b"\0"),
            ]
            .concat()
        };
        let begun: Vec<u8> = (0..100).flat_map(|number| begun(number * 2 + 1)).collect();
        assert!(foe.say(&begun).await && foe.pause().await);
        let refusal = eventually("the end of the room", async || call().await.err()).await;
        assert_refused(Err::<(), _>(refusal), ErrorReason::Overloaded);
        // Another byte does not buy more time.
        foe.say(&(0..100).flat_map(|number| frame(DATA, 0, number * 2 + 1, b"\0")).collect::<Vec<_>>()).await;
        foe.hear("the answers", |heard| heard.ended == 100).await;
        call().await.expect("there is room again");
    })
    .await;
}
