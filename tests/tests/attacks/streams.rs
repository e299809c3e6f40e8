//! Streams that stay open as long as their clients like, for those who need not say who they are.

use roster_proto::v1::ErrorReason;
use roster_testkit::frames::{END_HEADERS, FOE, Foe, HEADERS, call, call_headers, frame};
use roster_testkit::{Kind, Options, Server, assert_refused, eventually};
use tokio_stream::pending;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use crate::endured;

const REFLECTION: &str = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// Ten connections of a hundred streams each that this begins, and how many of them were let in.
async fn opened(server: &Server, begin: impl Fn(u32) -> Vec<u8>) -> (Vec<Foe>, usize) {
    let mut foes = Vec::new();
    for _ in 0..10 {
        let mut foe = Foe::connect(server.address()).await;
        assert!(foe.say(&(0..100).flat_map(|number| begin(number * 2 + 1)).collect::<Vec<_>>()).await);
        foes.push(foe);
    }
    let mut open = 0;
    for foe in &mut foes {
        let heard = foe.hear("the answers' beginning", |heard| heard.headers >= 100).await;
        open += 100 - heard.ended;
    }
    (foes, open)
}

/// A connection from where foes come from.
fn channel(server: &Server) -> Channel {
    let endpoint =
        Endpoint::from_shared(format!("http://{}", server.address())).expect("an address makes a URL");
    endpoint.local_address(Some(FOE.into())).connect_lazy()
}

async fn watch(channel: Channel) -> Result<Streaming<HealthCheckResponse>, Status> {
    let watched = HealthClient::new(channel).watch(HealthCheckRequest::default()).await;
    watched.map(tonic::Response::into_inner)
}

/// A stream of descriptions on which nothing is ever asked.
async fn describe(channel: Channel) -> Result<Streaming<ServerReflectionResponse>, Status> {
    let asked = pending::<ServerReflectionRequest>();
    let described = ServerReflectionClient::new(channel).server_reflection_info(asked).await;
    described.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_connection_watches_health_a_few_times() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        let headers = call_headers("grpc.health.v1.Health/Watch", &[]);
        let (foes, open) = opened(server, |stream| call(stream, &headers, &[])).await;
        assert_eq!(open, 10 * 2);
        drop(foes);

        let channel = channel(server);
        let mut watching = Vec::new();
        for _ in 0..2 {
            watching.push(watch(channel.clone()).await.expect("there is room in another connection"));
        }
        let refused = assert_refused(watch(channel.clone()).await, ErrorReason::Overloaded);
        assert!(refused.retry && refused.metadata["limit"] == "2", "{refused:?}");
        HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await.expect("checks pass");
        let told = watching[1].message().await.expect("it is told").expect("something");
        assert_eq!(told.status(), ServingStatus::Serving);
        drop(watching);
        eventually("room for another", async || watch(channel.clone()).await.ok()).await;
    })
    .await;
}

#[tokio::test]
async fn questions_after_health_that_never_come_whole_end_soon() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        let headers = call_headers("grpc.health.v1.Health/Check", &[]);
        let begun: Vec<u8> =
            (0..100).flat_map(|number| frame(HEADERS, END_HEADERS, number * 2 + 1, &headers)).collect();
        let mut foes = Vec::new();
        for _ in 0..100 {
            let mut foe = Foe::connect(server.address()).await;
            assert!(foe.say(&begun).await);
            foes.push(foe);
        }
        for foe in &mut foes {
            foe.hear("the answers", |heard| heard.ended == 100).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_address_asks_for_descriptions_a_few_times() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        let headers = call_headers(REFLECTION, &[]);
        let (foes, open) = opened(server, |stream| frame(HEADERS, END_HEADERS, stream, &headers)).await;
        assert_eq!(open, 16);
        let channel = channel(server);
        let refused = assert_refused(describe(channel.clone()).await, ErrorReason::Overloaded);
        assert!(refused.retry && refused.metadata["limit"] == "16", "{refused:?}");
        drop(describe(server.channel()).await.expect("others ask"));
        drop(foes);
        eventually("room for another", async || describe(channel.clone()).await.ok()).await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_of_descriptions_on_which_nothing_is_asked_ends() {
    let options = Options::default().variable("ROSTER_SERVER__DEADLINE", "2s");
    let server = Server::start_with(Kind::Embedded, options).await;
    endured(server, 48, async |server| {
        let headers = call_headers(REFLECTION, &[]);
        let mut foe = Foe::connect(server.address()).await;
        for stream in 0..20 {
            foe.say(&frame(HEADERS, END_HEADERS, stream * 2 + 1, &headers)).await;
        }
        foe.hear("the end of every stream", |heard| heard.ended == 20).await;
        assert!(foe.settle(101).await, "the connection serves on");
    })
    .await;
}

#[tokio::test]
async fn a_long_question_about_descriptions_is_not_read() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        let question = |length| {
            let name = MessageRequest::FileByFilename("x".repeat(length));
            ServerReflectionRequest { host: String::new(), message_request: Some(name) }
        };
        let asked = async |length| {
            let mut client = ServerReflectionClient::new(server.channel());
            let answers = client.server_reflection_info(tokio_stream::once(question(length))).await;
            answers.expect("a stream").into_inner().message().await
        };
        assert!(matches!(asked(5 * 1_024).await, Ok(None)), "the stream ends without an answer");
        assert_eq!(asked(3 * 1_024).await.map_err(|status| status.code()), Err(Code::NotFound), "it is read");
    })
    .await;
}
