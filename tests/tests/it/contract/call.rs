//! A call of any method, with messages that only the descriptors know.

use std::collections::BTreeMap;

use prost::Message as _;
use prost::bytes::{Buf, BufMut};
use prost_reflect::{DynamicMessage, MessageDescriptor};
use roster_testkit::{Actor, is_replay, refused};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::service::Interceptor;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

/// What the service answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// The message, as it came.
    pub(crate) bytes: Vec<u8>,
    /// Whether it is the answer of an earlier call.
    pub(crate) replay: bool,
}

/// What a call is answered with.
pub(crate) type Outcome = Result<Answer, Status>;

impl Answer {
    /// The message, to be looked into.
    pub(crate) fn message(&self, descriptor: MessageDescriptor) -> DynamicMessage {
        DynamicMessage::decode(descriptor, self.bytes.as_slice()).expect("an answer of the method's")
    }

    /// The refusal of its first row, for methods that refuse row by row.
    pub(crate) fn row_refusal(&self, descriptor: MessageDescriptor) -> Option<Status> {
        let message = self.message(descriptor);
        let results = message.get_field_by_name("results")?.into_owned();
        let first = results.as_list()?.first()?.as_message()?.get_field_by_name("status")?.into_owned();
        let status = first.as_message()?;
        let code = status.get_field_by_name("code")?.as_i32()?;
        let text = status.get_field_by_name("message")?.as_str()?.to_owned();
        (code != 0).then(|| Status::with_details(Code::from(code), text, status.encode_to_vec().into()))
    }
}

/// Calls the method.
pub(crate) async fn call(channel: Channel, mut who: Actor, path: &str, message: Vec<u8>) -> Outcome {
    let mut client = Grpc::new(channel);
    client.ready().await.expect("the service is there");
    let path: PathAndQuery = path.parse().expect("a method's path");
    let request = who.call(Request::new(())).expect("headers are added").map(|()| message);
    let response = client.unary(request, path, Raw).await?;
    Ok(Answer { replay: is_replay(&response), bytes: response.into_inner() })
}

/// The reason of a refusal, in words.
pub(crate) fn reason(status: &Status) -> String {
    let reason = refused(Err::<(), _>(status.clone())).reason;
    reason.strip_prefix("ERROR_REASON_").expect("reasons have a prefix").to_lowercase().replace('_', " ")
}

/// Everything of a refusal that a caller can see, but for the id of the call.
pub(crate) fn told(status: &Status) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut headers: Vec<_> = status.metadata().keys().map(|key| format!("{key:?}")).collect();
    headers.sort();
    let refused = refused(Err::<(), _>(status.clone()));
    // The order of the metadata tells nothing: it changes from call to call.
    let metadata: BTreeMap<_, _> = refused.metadata.into_iter().collect();
    let text = (refused.code, refused.reason, refused.message, refused.fields, metadata);
    (text, status.details().len(), headers)
}

/// Messages as they are.
#[derive(Clone, Copy, Debug, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
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
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buf.copy_to_bytes(buf.remaining()).to_vec()))
    }
}
