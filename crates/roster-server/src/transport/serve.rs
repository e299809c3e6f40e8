//! From a connection to the calls that come over it.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::util::Oneshot;
use tower::{Service, ServiceExt};

use super::connection::Connection;
use super::stalled::{Answer, Counted, Left, Streams};
use super::{Peer, STALLED};

/// The most that a connection may hold at once, and the most nonsense that it may cause; the libraries' defaults are
/// unlimited, or were not made for callers that mean harm.
const CONCURRENT_STREAMS: u32 = 128;
const LOCAL_ERROR_RESETS: usize = 256;
const PENDING_ACCEPT_RESETS: usize = 50;
const HEADER_LIST_BYTES: u32 = 16 * 1024;

/// How much of a request's body may be on its way unread: a message or two for a call, and some for a connection. The
/// least of it can come in frames of one byte, each of which costs a hundred to keep.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// A peer that says nothing is asked whether it is there, and dropped if it is not.
const KEEPALIVE_INTERVAL: Duration = Duration::from_mins(1);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// How often to look, within the time that something may stand still, whether anything does.
const LOOKS: u32 = 4;

/// What answers the calls of connections.
pub trait Handlers:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send + Unpin>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Handlers for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send + Unpin>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// How long connections last.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// After this time, give or take a tenth, a connection begins no more streams: its peer is told to go, and makes
    /// another one, perhaps to another replica.
    pub age: Duration,
    /// How long the streams that it has may go on after that.
    pub grace: Duration,
}

impl Life {
    /// The age with a share of chance: connections that were made together must not be renewed together.
    fn some_age(self) -> Duration {
        let mut chance = [0_u8; 1];
        // Without a source of chance the age is as good as any.
        let _ = getrandom::fill(&mut chance);
        self.age * 9 / 10 + self.age / 5 * u32::from(chance[0]) / 255
    }
}

/// Answers the calls of a connection until its peer closes it, its life is over, or `stop`: then no more streams begin,
/// and those under way have their time.
pub(super) async fn serve<S: Handlers>(
    connection: Connection<impl AsyncRead + AsyncWrite>,
    peer: Peer,
    handlers: S,
    life: Life,
    stop: &CancellationToken,
) {
    let streams = Streams::default();
    let left = Arc::clone(&streams.left);
    let connection = protocol(streams).serve_connection(TokioIo::new(connection), Calls { peer, handlers });
    let served = async {
        let mut connection = pin!(connection);
        tokio::select! {
            // However it ended, its peer has gone.
            _ = &mut connection => return,
            () = sleep(life.some_age()) => {}
            () = stop.cancelled() => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = timeout(life.grace, connection).await;
    };
    tokio::select! {
        () = served => {}
        () = stalled(&left) => tracing::debug!("a connection was closed: its peer does not take its answers"),
    }
}

/// Waits until something stands still that no stream waits for.
async fn stalled(left: &Left) {
    let mut looks = interval(STALLED / LOOKS);
    while !left.is_stalled() {
        looks.tick().await;
    }
}

fn protocol(streams: Streams) -> http2::Builder<Streams> {
    let mut protocol = http2::Builder::new(streams);
    protocol
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .max_concurrent_streams(CONCURRENT_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_local_error_reset_streams(LOCAL_ERROR_RESETS)
        .max_pending_accept_reset_streams(PENDING_ACCEPT_RESETS)
        .max_header_list_size(HEADER_LIST_BYTES)
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT);
    protocol
}

/// The calls of a connection. Each request carries its [`Peer`] in its extensions.
struct Calls<S> {
    peer: Peer,
    handlers: S,
}

impl<S: Handlers> hyper::service::Service<Request<Incoming>> for Calls<S> {
    type Response = Response<Counted>;
    type Error = Infallible;
    type Future = Answer<Oneshot<S, Request<Body>>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer.clone());
        // Nothing is begun before the stream has a task of its own.
        Answer(self.handlers.clone().oneshot(request))
    }
}
