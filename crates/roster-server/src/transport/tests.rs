//! Connections without sockets, under a clock that stands still until nothing else is left to do.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, RecvStream, client};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;

use super::connection::Connection;
use super::serve::{Handlers, Life, serve};
use super::{PREFACE, Peer, STALLED, TakenBy};

const SECOND: Duration = Duration::from_secs(1);
const LIFE: Life = Life { age: Duration::from_hours(1), grace: Duration::from_mins(30) };

/// How long an answer may take that must be taken soon.
const SOON: Duration = Duration::from_mins(1);

/// How much a pair of sockets holds.
const SOCKET: usize = 64 * 1024;

/// Answers `/N` with so many bytes and trailers, and `/N/soon` with an answer that must be taken within [`SOON`];
/// `/never` not at all, and `/quiet` with a stream that says nothing.
fn handlers() -> impl Handlers {
    tower::service_fn(|request: Request<Body>| {
        let path = request.uri().path()[1..].to_owned();
        Box::pin(async move {
            let (what, soon) = path.split_once('/').map_or((path.as_str(), false), |(what, _)| (what, true));
            let frames = match what {
                "never" => pending().await,
                "quiet" => stream::pending().left_stream(),
                bytes => {
                    let data = Bytes::from(vec![7; bytes.parse().expect("a number")]);
                    let frames = [Frame::data(data), Frame::trailers(HeaderMap::new())];
                    stream::iter(frames.map(Ok::<_, Infallible>)).right_stream()
                }
            };
            let mut response = Response::new(Body::new(StreamBody::new(frames)));
            if soon {
                response.extensions_mut().insert(TakenBy(Instant::now() + SOON));
            }
            Ok(response)
        })
    })
}

/// A connection that is served, and what stops it.
struct Served {
    ended: JoinHandle<()>,
    stop: CancellationToken,
}

fn served(life: Life, socket: usize) -> (DuplexStream, Served) {
    let (near, mut far) = duplex(socket);
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let ended = tokio::spawn(async move {
        let mut preface = [0; PREFACE.len()];
        far.read_exact(&mut preface).await.expect("a client says what it speaks");
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let peer = Peer { address, uris: [].into() };
        serve(Connection::new(far), peer, handlers(), life, &stopping).await;
    });
    (near, Served { ended, stop })
}

/// A client whose streams may bring so many bytes before it says more.
async fn client(near: DuplexStream, window: u32) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let mut settings = client::Builder::new();
    settings.initial_window_size(window).initial_connection_window_size(1 << 24);
    let (calls, connection) = settings.handshake(near).await.expect("both speak HTTP/2");
    (calls, tokio::spawn(connection))
}

fn call(calls: &mut SendRequest<Bytes>, path: &str) -> ResponseFuture {
    let request = Request::get(format!("http://roster/{path}")).body(()).expect("a request");
    calls.send_request(request, true).expect("the connection takes it").0
}

async fn answer(calls: &mut SendRequest<Bytes>, path: &str) -> RecvStream {
    let response = call(calls, path).await.expect("the beginning of an answer");
    assert_eq!(response.status(), StatusCode::OK);
    response.into_body()
}

/// Takes a whole answer, and says how long it was.
async fn take(mut body: RecvStream) -> Result<usize, h2::Error> {
    let mut taken = 0;
    while let Some(data) = body.data().await {
        let data = data?;
        taken += data.len();
        body.flow_control().release_capacity(data.len())?;
    }
    body.trailers().await?.expect("an answer ends in trailers");
    Ok(taken)
}

/// Lets time go on until the connection takes no more calls.
async fn told_to_go(calls: &SendRequest<Bytes>) {
    while calls.clone().ready().await.is_ok() {
        tokio::time::advance(SECOND).await;
    }
}

/// Waits until a stream is reset of which nothing is taken.
async fn reset(body: &mut RecvStream) -> Option<Reason> {
    loop {
        match body.data().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => return error.reason(),
            None => return None,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_reader_takes_nothing_is_reset_alone() {
    // What is left when the window is full: everything, all but a byte or a frame, the last byte.
    for (window, bytes) in [(0, 5), (1, 5), (1, 100_000), (16_384, 100_000), (99_999, 100_000)] {
        let (near, served) = served(LIFE, SOCKET);
        let (mut calls, _connection) = client(near, window).await;
        let mut other = answer(&mut calls, "quiet").await;
        let begun = Instant::now();
        let mut unread = answer(&mut calls, &bytes.to_string()).await;
        let reason = reset(&mut unread).await;
        assert_eq!(reason, Some(Reason::CANCEL), "{bytes} bytes and a window of {window}");
        let took = begun.elapsed();
        assert!((STALLED..STALLED + SECOND).contains(&took), "{bytes} and {window}: after {took:?}");

        let quiet = tokio::time::timeout(10 * STALLED, other.data()).await;
        assert!(quiet.is_err(), "a stream that has nothing to send goes on");
        let empty = answer(&mut calls, "0").await;
        assert_eq!(take(empty).await.expect("another answer"), 0);
        assert!(!served.ended.is_finished(), "the connection goes on");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_a_byte_in_time_gets_all() {
    let (near, _served) = served(LIFE, SOCKET);
    let (mut calls, _connection) = client(near, 1).await;
    let mut body = answer(&mut calls, "20").await;
    let mut taken = 0;
    while let Some(data) = body.data().await {
        taken += data.expect("it is not reset").len();
        tokio::time::advance(STALLED * 9 / 10).await;
        body.flow_control().release_capacity(1).expect("the window can grow");
    }
    assert_eq!(taken, 20);
    assert!(body.trailers().await.expect("the answer is whole").is_some());
}

#[tokio::test(start_paused = true)]
async fn answers_are_whole() {
    let (near, _served) = served(LIFE, SOCKET);
    let (mut calls, _connection) = client(near, 65_535).await;
    for bytes in [0, 1, 2, 255, 256, 257, 65_535, 65_536, 3_000_000] {
        let body = answer(&mut calls, &bytes.to_string()).await;
        assert_eq!(take(body).await.expect("a whole answer"), bytes);
    }
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_a_unary_call_is_taken_in_time_or_reset() {
    let (near, served) = served(LIFE, SOCKET);
    let (mut calls, _connection) = client(near, 1).await;
    let begun = Instant::now();
    let mut body = answer(&mut calls, "20/soon").await;
    let reason = loop {
        match body.data().await.expect("it is reset before it is whole") {
            Ok(_) => {
                tokio::time::advance(STALLED * 9 / 10).await;
                body.flow_control().release_capacity(1).expect("the window can grow");
            }
            Err(error) => break error.reason(),
        }
    };
    assert_eq!(reason, Some(Reason::CANCEL));
    assert!((SOON..SOON + STALLED).contains(&begun.elapsed()), "after {:?}", begun.elapsed());
    assert!(!served.ended.is_finished(), "the connection goes on");
}

/// A peer of plain frames with the largest windows there are, and a socket that holds little, which asks so often for
/// that.
async fn asking(path: &str, times: u8) -> (DuplexStream, Served) {
    let (mut near, served) = served(LIFE, 4_096);
    let settings = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff];
    let window = [0, 0, 4, 8, 0, 0, 0, 0, 0, 0x7f, 0, 0, 0];
    near.write_all(&[PREFACE.as_slice(), &settings, &window].concat()).await.expect("there is room");
    for number in 0..times {
        // By the table of names: GET, http, and the path.
        let block = [&[0x82, 0x86, 0x04, u8::try_from(path.len()).expect("short")], path.as_bytes()].concat();
        let head = [0, 0, u8::try_from(block.len()).expect("short"), 1, 5, 0, 0, 0, number * 2 + 1];
        near.write_all(&[&head, block.as_slice()].concat()).await.expect("there is room");
    }
    (near, served)
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_takes_nothing_ends() {
    let begun = Instant::now();
    let (mut near, served) = asking("/9999999", 1).await;
    served.ended.await.expect("it ends in order");
    let took = begun.elapsed();
    assert!((STALLED..STALLED + SECOND).contains(&took), "it ended after {took:?}");
    let mut said = Vec::new();
    near.read_to_end(&mut said).await.expect("what was said before");
    assert!(said.len() >= 4_096, "it had more to say than {} bytes", said.len());
}

#[tokio::test(start_paused = true)]
async fn answers_that_wait_behind_a_slow_one_end_with_their_connection() {
    let begun = Instant::now();
    // Less than h2 takes at once, so that nothing but the socket holds them up.
    let (mut near, served) = asking("/300000", 8).await;
    let mut some = [0; 1_024];
    while near.read(&mut some).await.expect("a connection that ends in order") > 0 {
        tokio::time::advance(STALLED * 9 / 10).await;
    }
    served.ended.await.expect("it ends in order");
    assert!(begun.elapsed() < 10 * STALLED, "it ended after {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_told_to_go_at_its_age_and_its_streams_have_their_time() {
    let (near, served) = served(LIFE, SOCKET);
    let (mut calls, connection) = client(near, 65_535).await;
    let last = call(&mut calls, "never");
    let begun = Instant::now();
    told_to_go(&calls).await;
    let age = begun.elapsed();
    assert!((LIFE.age * 9 / 10..=LIFE.age * 11 / 10 + SECOND).contains(&age), "told after {age:?}");
    assert!(!served.ended.is_finished(), "a call is under way");
    last.await.expect_err("its time is over");
    served.ended.await.expect("it ends in order");
    drop(calls);
    let _ = connection.await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_with_its_last_call_when_the_service_stops() {
    let (near, served) = served(LIFE, SOCKET);
    let (mut calls, _connection) = client(near, 10).await;
    let body = answer(&mut calls, "1000").await;
    served.stop.cancel();
    told_to_go(&calls).await;
    assert_eq!(take(body).await.expect("the answer is whole"), 1_000);
    served.ended.await.expect("it ends in order");
}
