//! Peers that ask, and do not take the answers.

use std::net::SocketAddr;

use prost::Message;
use roster_proto::v1::{ErrorReason, ListPoliciesRequest};
use roster_testkit::frames::{
    END_HEADERS, Foe, HEADERS, Heard, INITIAL_WINDOW_SIZE, call, call_headers, frame, window_update,
};
use roster_testkit::{Kind, Options, Server, assert_refused, call_raw};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use crate::endured;

const LIST_POLICIES: &str = "roster.v1.TeamService/ListPolicies";
const REFLECTION: &str = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const GREEDY: [(&str, &str); 1] = [("x-caller", "greedy")];

/// Asks for the longest description that there is.
fn description() -> Vec<u8> {
    let file = MessageRequest::FileByFilename("roster/v1/team_service.proto".to_owned());
    ServerReflectionRequest { host: String::new(), message_request: Some(file) }.encode_to_vec()
}

#[tokio::test]
async fn a_window_that_overflows_ends_what_it_belongs_to() {
    const FLOW_CONTROL_ERROR: u32 = 3;
    const MOST: u32 = (1 << 31) - 1;
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        for _ in 0..50 {
            let mut foe = Foe::connect_with(server.address(), &[]).await;
            foe.say(&frame(HEADERS, END_HEADERS, 1, &call_headers(LIST_POLICIES, &GREEDY))).await;
            foe.say(&window_update(1, MOST)).await;
            let heard = foe.hear("the stream's end", |heard| heard.resets == 1).await;
            assert_eq!((heard.reset_code, heard.goaway), (Some(FLOW_CONTROL_ERROR), None));
            foe.say(&window_update(0, MOST)).await;
            assert_eq!(foe.hear_goaway().await.goaway.expect("it").0, FLOW_CONTROL_ERROR);
        }
    })
    .await;
}

/// Ten connections that ask a hundred times each and take so many bytes of each answer: none, or one.
async fn never_taking(address: SocketAddr, method: &str, more: &[(&str, &str)], message: &[u8]) -> Vec<Foe> {
    let headers = call_headers(method, more);
    let mut foes = Vec::new();
    for number in 0..10 {
        let mut foe = Foe::connect_with(address, &[(INITIAL_WINDOW_SIZE, number % 2)]).await;
        foe.say(&window_update(0, 1 << 30)).await;
        let calls: Vec<u8> = (0..100).flat_map(|number| call(number * 2 + 1, &headers, message)).collect();
        foe.say(&calls).await;
        foes.push(foe);
    }
    for foe in &mut foes {
        foe.hear("the answers' beginning", |heard| heard.headers == 100).await;
    }
    foes
}

/// How many were refused: a refusal is all headers, and waits for no window.
fn refused(foes: &[Foe]) -> usize {
    foes.iter().map(|foe| foe.heard().ended).sum()
}

/// Waits until every answer that is not taken was reset: its connection serves on.
async fn reset_alone(foes: &mut [Foe]) {
    for foe in foes {
        foe.hear("the end of every answer", |heard| heard.ended + heard.resets == 100).await;
        assert!(foe.pause().await, "the connection serves on");
    }
}

#[tokio::test]
async fn answers_that_are_not_taken_are_counted_and_reset_alone() {
    let options = Options::default().variable("ROSTER_LIMITS__REQUESTS_IN_FLIGHT_PER_CALLER", "100");
    let server = Server::start_with(Kind::Embedded, options).await;
    endured(server, 48, async |server| {
        let mut foes = never_taking(server.address(), LIST_POLICIES, &GREEDY, &[]).await;
        assert!(refused(&foes) >= 1_000 - 200, "{} were refused", refused(&foes));
        let request = ListPoliciesRequest::default();
        let call = || call_raw(server.address(), LIST_POLICIES, &GREEDY, &request);
        assert_refused(call().await, ErrorReason::Overloaded);
        reset_alone(&mut foes).await;
        call().await.expect("there is room again");
    })
    .await;
}

#[tokio::test]
async fn descriptions_that_are_not_taken_are_counted_and_reset_alone() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        let mut foes = never_taking(server.address(), REFLECTION, &[], &description()).await;
        assert!(refused(&foes) >= 1_000 - 16, "{} were refused", refused(&foes));
        reset_alone(&mut foes).await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_taken_byte_by_byte_is_borne() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        let mut foe = Foe::connect_with(server.address(), &[(INITIAL_WINDOW_SIZE, 1)]).await;
        foe.say(&call(1, &call_headers(REFLECTION, &[]), &description())).await;
        let mut taken = 1;
        let over = |heard: &Heard| heard.closed || heard.resets > 0 || heard.ended > 0;
        while !over(&foe.hear("the next byte", |heard| heard.data >= taken || over(heard)).await) {
            taken += 1;
            foe.say(&window_update(1, 1)).await;
        }
        assert_eq!(foe.heard().ended, 1, "it was taken whole: {:?}", foe.heard());
    })
    .await;
}
