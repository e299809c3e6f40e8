//! A call of any method, with messages that only the descriptors know.

use prost::bytes::{Buf, BufMut};
use roster_testkit::Actor;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::service::Interceptor;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_types::StatusExt;

/// Calls the method, and says `ok` or the reason of the refusal.
pub(crate) async fn call(channel: Channel, mut who: Actor, path: String, message: Vec<u8>) -> String {
    let mut client = Grpc::new(channel);
    client.ready().await.expect("the service is there");
    let path: PathAndQuery = path.parse().expect("a method's path");
    let request = who.call(Request::new(())).expect("headers are added").map(|()| message);
    match client.unary(request, path, Raw).await {
        Ok(_) => "ok".to_owned(),
        Err(status) => reason(&status),
    }
}

fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone());
    let reason = reason.unwrap_or_else(|| panic!("an error without a reason: {status:?}"));
    reason.strip_prefix("ERROR_REASON_").expect("reasons have a prefix").to_lowercase().replace('_', " ")
}

/// Messages as they are.
#[derive(Clone, Copy, Debug, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buf: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buf.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        buf.advance(buf.remaining());
        Ok(Some(()))
    }
}
