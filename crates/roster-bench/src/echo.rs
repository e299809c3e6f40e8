//! The bare echo: a unary method without any step of ours before it, behind the transport settings of the service. It is
//! the limit that every rate is compared with.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Result;
use futures_util::future::BoxFuture;
use http::uri::PathAndQuery;
use roster_proto::v1::GetPolicyRequest;
use roster_testkit::Process;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::client::Grpc as Client;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::load::{Call, Done, Operation};
use crate::service::{self, CHANNELS};

/// The method: it returns the message that it is sent.
const PATH: &str = "/roster.bench.Echo/Echo";

/// What the process writes once it serves, before the address.
const GREETING: &str = "Echo serves on ";

/// A running echo.
pub(crate) struct Echo {
    // Ends when dropped.
    _process: Process,
    pub(crate) operation: Operation,
}

impl Echo {
    /// Starts this very program as the echo, in a process of its own, as the service is.
    pub(crate) async fn start() -> Result<Self> {
        let mut command = tokio::process::Command::new(std::env::current_exe()?);
        command.arg("echo");
        let mut process = Process::start(command);
        let line = process.line(GREETING).await;
        let address = line.trim_start_matches(GREETING).parse()?;
        let channels = service::channels(address)?;
        Ok(Self { _process: process, operation: Operation::new(call(channels)) })
    }
}

fn call(channels: Vec<Channel>) -> Call {
    Arc::new(move |turn| {
        let mut client = Client::new(channels[turn.caller % CHANNELS].clone());
        Box::pin(async move {
            client.ready().await.map_err(std::io::Error::other)?;
            let message = Request::new(GetPolicyRequest { name: "a name as long as an id of a team".into() });
            let codec = ProstCodec::<GetPolicyRequest, GetPolicyRequest>::default();
            client.unary(message, PathAndQuery::from_static(PATH), codec).await?;
            Ok(Done::Answered)
        })
    })
}

/// Serves until the process is killed. The settings are those of `crates/roster-server/src/serve.rs`.
pub(crate) async fn serve() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{GREETING}{}", listener.local_addr()?);
    let incoming = tokio_stream::StreamExt::map(TcpListenerStream::new(listener), |stream| {
        let stream = stream?;
        stream.set_nodelay(true)?;
        std::io::Result::Ok(stream)
    });
    Server::builder()
        .max_concurrent_streams(128)
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(256 * 1024)
        .http2_max_header_list_size(16 * 1024)
        .http2_keepalive_interval(Some(Duration::from_mins(1)))
        .http2_keepalive_timeout(Some(Duration::from_secs(20)))
        .add_service(EchoService)
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}

#[derive(Clone)]
struct EchoService;

impl NamedService for EchoService {
    const NAME: &'static str = "roster.bench.Echo";
}

impl UnaryService<GetPolicyRequest> for EchoService {
    type Response = GetPolicyRequest;
    type Future = std::future::Ready<Result<Response<GetPolicyRequest>, Status>>;

    fn call(&mut self, request: Request<GetPolicyRequest>) -> Self::Future {
        std::future::ready(Ok(Response::new(request.into_inner())))
    }
}

impl tower::Service<http::Request<Body>> for EchoService {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async {
            let mut grpc = Grpc::new(ProstCodec::<GetPolicyRequest, GetPolicyRequest>::default());
            Ok(grpc.unary(EchoService, request).await)
        })
    }
}
