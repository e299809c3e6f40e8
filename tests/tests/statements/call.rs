//! A call of any method that is ready to be made.

use prost::Message;
use prost::bytes::Bytes;
use roster_testkit::{Server, address_of, call_framed};

/// Who calls, as headers.
pub(crate) type Who = Vec<(&'static str, String)>;

/// A call of a method.
pub(crate) struct Call {
    method: String,
    who: Who,
    message: Bytes,
}

/// A person with their verified address.
pub(crate) fn person(user: &str) -> Who {
    vec![
        ("x-actor-user-id", user.to_owned()),
        ("x-actor-email", address_of(user)),
        ("x-actor-email-verified", "true".to_owned()),
    ]
}

/// A calling service that acts for nobody.
pub(crate) fn service(scope: &str) -> Who {
    vec![("x-caller-scopes", scope.to_owned())]
}

impl Call {
    /// A call of a method of `TeamService`.
    pub(crate) fn team(method: &str, who: Who, message: &impl Message) -> Self {
        Self::new(format!("roster.v1.TeamService/{method}"), who, message)
    }

    /// A call of a method of `InvitationService`.
    pub(crate) fn invite(method: &str, who: Who, message: &impl Message) -> Self {
        Self::new(format!("roster.v1.InvitationService/{method}"), who, message)
    }

    fn new(method: String, who: Who, message: &impl Message) -> Self {
        let body = message.encode_to_vec();
        let length = u32::try_from(body.len()).expect("a small message");
        // As gRPC sends it: a mark for no compression, the length, the message.
        let message = [&[0], length.to_be_bytes().as_slice(), &body].concat().into();
        Self { method, who, message }
    }

    /// Makes the call, under that `traceparent` if there is one. It must succeed.
    pub(crate) async fn make(&self, server: &Server, traceparent: Option<&str>) {
        let mut headers: Vec<_> = self.who.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.extend(traceparent.map(|value| ("traceparent", value)));
        let outcome = call_framed(server.address(), &self.method, &headers, self.message.clone()).await;
        outcome.unwrap_or_else(|status| panic!("{} is refused: {status:?}", self.method));
    }
}
