//! Who calls: the metadata that every call of a client carries.

use roster_proto::v1::invitation_service_client::InvitationServiceClient;
use roster_proto::v1::team_service_client::TeamServiceClient;
use tonic::metadata::{Ascii, MetadataKey, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// A client of `TeamService`.
pub type TeamClient = TeamServiceClient<InterceptedService<Channel, Actor>>;
/// A client of `InvitationService`.
pub type InviteClient = InvitationServiceClient<InterceptedService<Channel, Actor>>;

/// A person for whom a service calls.
#[derive(Clone, Debug, Default)]
pub struct Actor {
    metadata: Vec<(MetadataKey<Ascii>, MetadataValue<Ascii>)>,
}

/// A person with that user id.
#[must_use]
pub fn actor(user_id: &str) -> Actor {
    Actor::nobody().header("x-actor-user-id", user_id)
}

impl Actor {
    /// A call for no person.
    #[must_use]
    pub fn nobody() -> Self {
        Self::default()
    }

    /// The person has this verified address.
    #[must_use]
    pub fn email(self, address: &str) -> Self {
        self.header("x-actor-email", address).header("x-actor-email-verified", "true")
    }

    /// This service calls for the person.
    #[must_use]
    pub fn through(self, caller: &str) -> Self {
        self.header("x-caller", caller)
    }

    /// Adds a header, even beside one of the same name.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = value.parse().unwrap_or_else(|_| panic!("{value:?} cannot be a header"));
        self.metadata.push((MetadataKey::from_static(name), value));
        self
    }
}

impl From<&str> for Actor {
    fn from(user_id: &str) -> Self {
        actor(user_id)
    }
}

impl From<&String> for Actor {
    fn from(user_id: &String) -> Self {
        actor(user_id)
    }
}

impl From<&Actor> for Actor {
    fn from(actor: &Actor) -> Self {
        actor.clone()
    }
}

impl Interceptor for Actor {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        for (name, value) in &self.metadata {
            request.metadata_mut().append(name, value.clone());
        }
        Ok(request)
    }
}
