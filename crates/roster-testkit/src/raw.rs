//! Calls below a client library: a library ends a call at its deadline by itself, and knows no unknown method.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::client;
use http::{HeaderMap, Request};
use prost::Message;
use tokio::net::TcpStream;
use tonic::{Code, Status};

use crate::wait::within;

/// Calls a method with these headers besides the necessary ones, and waits for the service's own answer.
pub async fn call_raw(
    address: SocketAddr,
    method: &str,
    headers: &[(&'static str, &str)],
    message: &impl Message,
) -> Result<(), Status> {
    call_framed(address, method, headers, framed(&message.encode_to_vec())).await
}

/// Calls a method like [`call_raw`], with a message that is framed already, compressed for instance.
pub async fn call_framed(
    address: SocketAddr,
    method: &str,
    headers: &[(&'static str, &str)],
    message: Bytes,
) -> Result<(), Status> {
    let stream = TcpStream::connect(address).await.expect("the service accepts a connection");
    let (sender, connection) = client::handshake(stream).await.expect("the service speaks HTTP/2");
    tokio::spawn(connection);
    let mut request = Request::post(format!("http://{address}/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(()).expect("the headers are headers");
    let mut sender = sender.ready().await.expect("the connection takes a request");
    let (response, mut body) = sender.send_request(request, false).expect("the request can be sent");
    body.send_data(message, true).expect("the message can be sent");

    let response = within("an answer", response).await.expect("the service answers");
    if response.headers().contains_key("grpc-status") {
        return outcome(response.headers());
    }
    let mut body = response.into_body();
    while let Some(data) = within("the rest of an answer", body.data()).await {
        let data = data.expect("the answer is whole");
        body.flow_control().release_capacity(data.len()).expect("the window can grow");
    }
    let trailers = within("trailers", body.trailers()).await.expect("the answer is whole");
    outcome(&trailers.expect("an answer ends in trailers"))
}

/// A message as gRPC sends it: a mark for no compression, the length, the message.
fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).expect("a small message");
    [&[0], length.to_be_bytes().as_slice(), message].concat().into()
}

fn outcome(headers: &HeaderMap) -> Result<(), Status> {
    match Status::from_header_map(headers) {
        Some(status) if status.code() == Code::Ok => Ok(()),
        Some(status) => Err(status),
        None => panic!("an answer without a status: {headers:?}"),
    }
}
