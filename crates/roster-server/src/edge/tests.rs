//! What the steps make of calls, around a handler that a test chooses.

use std::future::{pending, poll_fn};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::sync::Notify;
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};
use tower::service_fn;

use super::*;
use crate::authn::Call;
use crate::config::LogFormat;
use crate::telemetry;
use crate::transport::Peer;

const GET_TEAM: &str = "/roster.v1.TeamService/GetTeam";
const UPDATE_TEAM: &str = "/roster.v1.TeamService/UpdateTeam";
const TRANSFER: &str = "/roster.v1.TeamService/TransferOwnership";
const SET_TIER: &str = "/roster.v1.TeamService/SetTeamTier";
const LIST_POLICIES: &str = "/roster.v1.TeamService/ListPolicies";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

fn edge(gate: Gate) -> Edge {
    let (deadline, authn, shares) = (Duration::from_secs(10), Arc::new(Authn::Dev), Shares::new(3, 2));
    Edge { gate, deadline, authn, shares, health_only: false }
}

fn request(path: &str, headers: &[(&'static str, &str)]) -> Request {
    let mut request = http::Request::new(Body::empty());
    *request.uri_mut() = path.parse().expect("a path");
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_str(value).expect("a header's value"));
    }
    request
}

/// A read that a person asks for.
fn ada() -> Request {
    request(GET_TEAM, &[("x-actor-user-id", "ada")])
}

/// A change that a person makes.
fn ada_changes() -> Request {
    request(UPDATE_TEAM, &[("x-actor-user-id", "ada")])
}

/// An answer without an error: headers now, and trailers that nobody reads here.
fn fine() -> Response {
    http::Response::new(Body::empty())
}

/// An answer whose body is not delivered yet.
fn undelivered() -> Response {
    http::Response::new(Body::new(Undelivered))
}

struct Undelivered;

impl http_body::Body for Undelivered {
    type Data = <Body as http_body::Body>::Data;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Infallible>>> {
        Poll::Pending
    }
}

/// An error as the library makes it: without details.
fn library_error(code: &str, message: &str) -> Response {
    let mut response = fine();
    response.headers_mut().insert("grpc-status", HeaderValue::from_str(code).expect("a code"));
    response.headers_mut().insert("grpc-message", HeaderValue::from_str(message).expect("a message"));
    response
}

/// What [`held`] answers with.
type Answer = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// A handler that says when a call is inside, and answers once it may go on.
fn held<A: Fn() -> Response + Clone + Send + 'static>(
    inside: &Arc<Notify>,
    go_on: &Arc<Notify>,
    answer: A,
) -> impl FnMut(Request) -> Answer + Clone + Send + use<A> {
    let (inside, go_on) = (Arc::clone(inside), Arc::clone(go_on));
    move |_| {
        let (inside, go_on, answer) = (Arc::clone(&inside), Arc::clone(&go_on), answer.clone());
        Box::pin(async move {
            inside.notify_one();
            go_on.notified().await;
            Ok(answer())
        })
    }
}

async fn through<F, A>(edge: Edge, request: Request, handler: F) -> Response
where
    F: FnMut(Request) -> A + Clone + Send + 'static,
    A: Future<Output = Result<Response, Infallible>> + Send + 'static,
{
    proceed(edge.around(service_fn(handler)), request).await
}

/// Code, reason and all details of an error.
fn error(response: &Response) -> (Code, String, ErrorDetails) {
    let status = Status::from_header_map(response.headers()).expect("it is an error");
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone()).unwrap_or_default();
    (status.code(), reason, details)
}

#[tokio::test]
async fn a_handler_learns_who_calls() {
    let request =
        request(GET_TEAM, &[("x-caller", "app"), ("x-actor-user-id", "ada"), ("x-request-id", "call-7")]);
    let response = through(edge(Gate::new(1)), request, async |request: Request| {
        let call = request.extensions().get::<Arc<Call>>().expect("a call");
        assert_eq!(call.caller.name.as_str(), "app");
        assert_eq!(call.actor().expect("an actor").user_id.as_str(), "ada");
        assert_eq!(call.request_id.as_str(), "call-7");
        Ok(fine())
    })
    .await;
    assert_eq!(grpc_code(response.headers()), None);
    assert_eq!(response.headers()["x-request-id"], "call-7");
}

#[tokio::test]
async fn the_line_of_a_call_names_its_caller_and_why_its_method_did_not_answer() {
    let lines: Arc<Mutex<Vec<serde_json::Value>>> = Arc::default();
    let paper = Arc::clone(&lines);
    let write = move |line: &[u8]| {
        paper.lock().expect("no panic").push(serde_json::from_slice(line).expect("JSON"));
    };
    let filter = telemetry::filter("info").expect("a filter");
    let subscriber = telemetry::subscriber(LogFormat::Json, filter, None, write);
    let logging = crate::listen::listen(subscriber);
    for (path, headers) in [(SET_TIER, ("x-caller", "app")), (GET_TEAM, ("x-actor-user-id", "ada"))] {
        through(edge(Gate::new(1)), request(path, &[headers]), async |_| Ok(fine())).await;
    }
    drop(logging);
    let lines = lines.lock().expect("no panic");
    let said: Vec<_> =
        lines.iter().map(|line| (&line["fields"]["caller"], &line["fields"]["reason"])).collect();
    assert_eq!(said, [(&"app".into(), &"scope_missing".into()), (&"dev".into(), &serde_json::Value::Null)]);
}

#[tokio::test]
async fn who_is_not_known_does_not_get_in() {
    let check = async |path: &str, headers: &[(&'static str, &str)], expected: Option<(Code, &str)>| {
        let response = through(edge(Gate::new(1)), request(path, headers), async |_| Ok(fine())).await;
        let found =
            grpc_code(response.headers()).map(|_| error(&response)).map(|(code, reason, _)| (code, reason));
        assert_eq!(found, expected.map(|(code, reason)| (code, reason.to_owned())), "{path} {headers:?}");
    };
    let unauthenticated = |reason| Some((Code::Unauthenticated, reason));
    check(GET_TEAM, &[], unauthenticated("ERROR_REASON_ACTOR_MISSING")).await;
    check(LIST_POLICIES, &[], None).await;
    check(HEALTH, &[], None).await;
    check(LIST_POLICIES, &[("x-caller", "")], unauthenticated("ERROR_REASON_CREDENTIALS_INVALID")).await;
    let twice = [("x-actor-user-id", "ada"), ("x-actor-user-id", "eve")];
    check(GET_TEAM, &twice, unauthenticated("ERROR_REASON_CREDENTIALS_MISSING")).await;
    let unknown = Some((Code::Unimplemented, "ERROR_REASON_METHOD_UNKNOWN"));
    check("/roster.v1.TeamService/Nothing", &[("x-actor-user-id", "ada")], unknown).await;
}

#[tokio::test]
async fn a_panic_is_answered() {
    let mut request = ada();
    request.headers_mut().insert("x-request-id", HeaderValue::from_static("call-7"));
    let response = through(edge(Gate::new(1)), request, async |_| panic!("on purpose")).await;
    let (code, reason, details) = error(&response);
    assert_eq!((code, reason.as_str()), (Code::Internal, "ERROR_REASON_INTERNAL"));
    assert_eq!(details.error_info().expect("one").metadata["request_id"], "call-7");
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_the_nearest_deadline() {
    let check = async |timeout: Option<&'static str>, expected: Duration| {
        let mut request = ada();
        request.headers_mut().extend(
            timeout
                .map(|text| (http::HeaderName::from_static("grpc-timeout"), HeaderValue::from_static(text))),
        );
        let began = tokio::time::Instant::now();
        let response = through(edge(Gate::new(1)), request, async |_| std::future::pending().await).await;
        let (code, reason, _) = error(&response);
        assert_eq!((code, reason.as_str()), (Code::DeadlineExceeded, "ERROR_REASON_DEADLINE_EXCEEDED"));
        let took = began.elapsed();
        assert!((expected..expected + Duration::from_millis(2)).contains(&took), "{timeout:?} took {took:?}");
    };
    check(None, Duration::from_secs(10)).await;
    check(Some("30S"), Duration::from_secs(10)).await;
    check(Some("2S"), Duration::from_millis(1_980)).await;
    check(Some("50m"), Duration::from_millis(45)).await;
    check(Some("1m"), Duration::ZERO).await;
    check(Some("nonsense"), Duration::from_secs(10)).await;
}

#[tokio::test]
async fn what_is_too_much_is_refused_with_a_time_to_retry() {
    let gate = Gate::new(1);
    let (inside, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = held(&inside, &go_on, undelivered);
    let first = tokio::spawn(through(edge(gate.clone()), ada(), handler));
    inside.notified().await;

    let response = through(edge(gate.clone()), ada(), async |_| Ok(fine())).await;
    let (code, reason, details) = error(&response);
    assert_eq!((code, reason.as_str()), (Code::ResourceExhausted, "ERROR_REASON_OVERLOADED"));
    assert!(details.retry_info().is_some());
    assert!(response.headers().contains_key("grpc-retry-pushback-ms"));
    let response = through(edge(gate.clone()), request(HEALTH, &[]), async |_| Ok(fine())).await;
    assert_eq!(grpc_code(response.headers()), None, "health passes");

    go_on.notify_one();
    let undelivered = first.await.expect("no panic");
    let response = through(edge(gate), ada(), async |_| Ok(fine())).await;
    assert_eq!(grpc_code(response.headers()), None, "who does not take its answer holds up nobody");
    drop(undelivered);
}

#[tokio::test]
async fn a_change_runs_to_its_end_though_its_client_is_gone() {
    let gate = Gate::new(1);
    let (inside, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (done, mut ended) = tokio::sync::mpsc::unbounded_channel();
    let handler = held(&inside, &go_on, move || {
        done.send(()).expect("somebody listens");
        fine()
    });
    let call = tokio::spawn(through(edge(gate.clone()), ada_changes(), handler));
    inside.notified().await;
    call.abort();
    assert!(call.await.expect_err("it was aborted").is_cancelled());

    let response = through(edge(gate.clone()), ada(), async |_| Ok(fine())).await;
    assert_eq!(error(&response).1, "ERROR_REASON_OVERLOADED", "its place is still taken");
    go_on.notify_one();
    ended.recv().await.expect("the handler came to its end");
    gate.empty().await;
}

#[tokio::test]
async fn a_read_is_dropped_with_its_client() {
    let gate = Gate::new(1);
    let (inside, never) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let call = tokio::spawn(through(edge(gate.clone()), ada(), held(&inside, &never, fine)));
    inside.notified().await;
    call.abort();
    assert!(call.await.expect_err("it was aborted").is_cancelled());
    gate.empty().await;
    let response = through(edge(gate), ada(), async |_| Ok(fine())).await;
    assert_eq!(grpc_code(response.headers()), None, "its place is free");
}

#[tokio::test]
async fn what_is_taken_back_as_it_comes_begins_nothing() {
    let check = async |path: &str, polls_before: usize| {
        let (begun, look) = tokio::sync::mpsc::unbounded_channel();
        let handler = move |_: Request| {
            let begun = begun.clone();
            async move {
                begun.send(()).expect("somebody listens");
                Ok(fine())
            }
        };
        let mut call =
            Box::pin(through(edge(Gate::new(1)), request(path, &[("x-actor-user-id", "ada")]), handler));
        // The library polls, sees that the call is taken back, and drops it.
        let mut polls = 0;
        poll_fn(|cx| {
            let done = call.as_mut().poll(cx).is_ready();
            if done || polls == polls_before {
                Poll::Ready(())
            } else {
                polls += 1;
                Poll::Pending
            }
        })
        .await;
        drop(call);
        // What was handed to a task begins now.
        tokio::task::yield_now().await;
        look.is_empty()
    };
    assert!(check(GET_TEAM, 0).await && check(UPDATE_TEAM, 0).await, "nothing was begun");
    assert!(!check(GET_TEAM, 1).await && !check(UPDATE_TEAM, 1).await, "it is the second look that begins");
}

#[tokio::test(start_paused = true)]
async fn a_stopping_service_lets_nobody_in_and_waits_for_the_last() {
    let gate = Gate::new(2);
    let (inside, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = held(&inside, &go_on, fine);
    let last = tokio::spawn(through(edge(gate.clone()), ada(), handler));
    inside.notified().await;
    gate.close();
    let response = through(edge(gate.clone()), ada(), async |_| Ok(fine())).await;
    assert_eq!(error(&response).1, "ERROR_REASON_DRAINING");
    assert!(tokio::time::timeout(Duration::from_secs(1), gate.empty()).await.is_err());
    go_on.notify_one();
    last.await.expect("no panic");
    gate.empty().await;
}

#[tokio::test]
async fn the_librarys_errors_are_put_right() {
    let check = async |code: &'static str, message: &'static str, expected: (Code, &str)| {
        let handler = async move |_: Request| Ok(library_error(code, message));
        let response = through(edge(Gate::new(1)), ada(), handler).await;
        let (code, reason, _) = error(&response);
        assert_eq!((code, reason.as_str()), expected, "{message}");
    };
    let too_large = (Code::InvalidArgument, "ERROR_REASON_MESSAGE_TOO_LARGE");
    check("11", "Error, decoded message length too large", too_large).await;
    check("8", "Error decompressing: size limit", too_large).await;
    check("13", "failed to decode Protobuf message", (Code::InvalidArgument, "ERROR_REASON_FIELD_INVALID"))
        .await;
    check("12", "Content is compressed with `zstd`", (Code::Unimplemented, "ERROR_REASON_ENCODING_UNKNOWN"))
        .await;
    check("2", "", (Code::Internal, "ERROR_REASON_INTERNAL")).await;
}

#[tokio::test]
async fn health_keeps_its_own_errors() {
    let response =
        through(edge(Gate::new(1)), request(HEALTH, &[]), async |_| Ok(library_error("5", "no such"))).await;
    assert_eq!(grpc_code(response.headers()), Some(Code::NotFound));
}

#[test]
fn headers_without_a_code_are_no_error() {
    assert_eq!(grpc_code(&HeaderMap::new()), None);
}

/// The first who calls has no more room, and the others have; when its work is done it has room again.
async fn used_up(first: &[fn() -> Request], limit: &str, others: &[fn() -> Request]) {
    let edge = edge(Gate::new(10));
    let (inside, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut busy = vec![];
    for call in first {
        busy.push(tokio::spawn(through(edge.clone(), call(), held(&inside, &go_on, fine))));
        inside.notified().await;
    }
    // Its clients go away, and its work does not.
    busy.pop().expect("some").abort();

    let response = through(edge.clone(), first[0](), async |_| Ok(fine())).await;
    let (code, reason, details) = error(&response);
    assert_eq!((code, reason.as_str()), (Code::ResourceExhausted, "ERROR_REASON_OVERLOADED"));
    assert_eq!(details.error_info().expect("one").metadata["limit"], limit);
    assert!(details.retry_info().is_some());
    for other in others {
        let response = through(edge.clone(), other(), async |_| Ok(fine())).await;
        assert_eq!(grpc_code(response.headers()), None, "others have room");
    }

    go_on.notify_waiters();
    for call in busy {
        call.await.expect("no panic");
    }
    edge.gate.empty().await;
    let response = through(edge, first[0](), async |_| Ok(fine())).await;
    assert_eq!(grpc_code(response.headers()), None, "there is room again");
}

#[tokio::test]
async fn one_calling_service_does_not_take_the_room_of_others() {
    let of_greedy = || request(UPDATE_TEAM, &[("x-actor-user-id", "ada"), ("x-caller", "greedy")]);
    let of_its_bob = || request(UPDATE_TEAM, &[("x-actor-user-id", "bob"), ("x-caller", "greedy")]);
    let of_nobody = || request(TRANSFER, &[("x-caller", "greedy")]);
    let of_modest = || request(GET_TEAM, &[("x-actor-user-id", "ada"), ("x-caller", "modest")]);
    used_up(&[of_greedy, of_its_bob, of_nobody], "3", &[of_modest]).await;
}

#[tokio::test]
async fn one_person_does_not_take_the_room_of_others_of_its_service() {
    let bob = || request(GET_TEAM, &[("x-actor-user-id", "bob")]);
    let of_service = || request(LIST_POLICIES, &[]);
    let elsewhere = || request(GET_TEAM, &[("x-actor-user-id", "ada"), ("x-caller", "other")]);
    used_up(&[ada_changes, ada_changes], "2", &[bob, of_service, elsewhere]).await;
}

/// A question after health from that address.
fn probe_from(address: [u8; 4]) -> Request {
    let address = (address, 50_000).into();
    let mut request = request(HEALTH, &[]);
    request.extensions_mut().insert(Peer { address, uris: Arc::default() });
    request
}

#[tokio::test]
async fn one_address_does_not_take_the_room_of_others_probes() {
    let probe: fn() -> Request = || probe_from([192, 0, 2, 1]);
    used_up(&[probe; 128], "128", &[|| probe_from([192, 0, 2, 2]), ada]).await;
}

#[tokio::test]
async fn where_health_alone_is_served_nobody_is_asked_who_calls() {
    let edge = Edge { health_only: true, ..edge(Gate::new(1)) };
    let twice = [("x-actor-user-id", "ada"), ("x-actor-user-id", "ada")];
    let response = through(edge.clone(), request(GET_TEAM, &twice), async |_| Ok(fine())).await;
    assert_eq!(error(&response).1, "ERROR_REASON_METHOD_UNKNOWN");
    let response = through(edge, request(HEALTH, &twice), async |_| Ok(fine())).await;
    assert_eq!(grpc_code(response.headers()), None);
}

#[tokio::test(start_paused = true)]
async fn what_hangs_is_given_up_but_not_before_its_answer_is_due() {
    const MINUTE: Duration = Duration::from_mins(1);
    let check = async |deadline: Duration, takes: Duration, expected: &str| {
        let edge = Edge { deadline, ..edge(Gate::new(1)) };
        let handler = move |_: Request| async move {
            let _ = tokio::time::timeout(takes, pending::<()>()).await;
            Ok(fine())
        };
        let response = through(edge.clone(), ada_changes(), handler).await;
        let reason = grpc_code(response.headers()).map(|_| error(&response).1).unwrap_or_default();
        assert_eq!(reason, expected, "{deadline:?} {takes:?}");
        let began = tokio::time::Instant::now();
        edge.gate.empty().await;
        began.elapsed()
    };
    check(MINUTE * 30, MINUTE * 20, "").await;
    let left = check(MINUTE / 6, MINUTE * 20, "ERROR_REASON_DEADLINE_EXCEEDED").await;
    assert!(left < MINUTE, "its place was kept for {left:?} more");
}

/// A body of which only the first byte ever comes.
struct Trickle(Option<bytes::Bytes>);

impl http_body::Body for Trickle {
    type Data = bytes::Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, Infallible>>> {
        match self.0.take() {
            Some(bytes) => Poll::Ready(Some(Ok(http_body::Frame::data(bytes)))),
            None => Poll::Pending,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_questions_on_which_none_comes_ends_at_its_deadline() {
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let request = request(path, &[]).map(|_| Body::new(Trickle(None)));
    let began = tokio::time::Instant::now();
    // As the library does: the answers are under way while the questions are waited for.
    let response = through(edge(Gate::new(1)), request, async |request: Request| {
        Ok(http::Response::new(request.into_body()))
    })
    .await;
    let mut answers = response.into_body();
    let end = poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut answers), cx)).await;
    assert!(end.is_some_and(|frame| frame.is_err()), "the stream fails");
    assert_eq!(began.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_never_comes_whole_gives_its_place_back_long_before_its_deadline() {
    let gate = Gate::new(1);
    let began = tokio::time::Instant::now();
    let request = ada().map(|_| Body::new(Trickle(Some(bytes::Bytes::from_static(b"\0")))));
    // As the library's decoder does: it waits for the body before there is anything to handle.
    let response = through(edge(gate.clone()), request, async |request: Request| {
        let mut body = request.into_body();
        loop {
            match poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut body), cx)).await {
                Some(Ok(_)) => {}
                Some(Err(status)) => return Ok(status.into_http()),
                None => return Ok(fine()),
            }
        }
    })
    .await;
    assert_eq!(error(&response).1, "ERROR_REASON_DEADLINE_EXCEEDED");
    gate.empty().await;
    assert!(began.elapsed() < Duration::from_secs(6), "it lasted {:?}", began.elapsed());
}
