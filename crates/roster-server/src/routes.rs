//! Everything that is served, by service.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use roster_proto::v1::invitation_service_server::{self, InvitationServiceServer};
use roster_proto::v1::team_service_server::{self, TeamServiceServer};
use tonic::codec::CompressionEncoding::Gzip;
use tonic_health::server::HealthReporter;

use crate::app::App;
use crate::edge::normalise::MESSAGE_LIMIT;
use crate::edge::{Request, Response};
use crate::methods::Method;
use crate::rpc::Service;

/// The longest question about health or what there is, in bytes: it names a file, a method or a service.
const QUESTION_LIMIT: usize = 4 * 1024;

/// Hands each call to the service of its method, which the edge has found.
#[derive(Clone)]
pub(crate) struct Routes(Arc<Served>);

struct Served {
    /// The services of the contract, where they are served.
    own: Option<(TeamServiceServer<Service>, InvitationServiceServer<Service>)>,
    /// Health and reflection.
    others: tonic::service::Routes,
}

impl Routes {
    /// All that there is.
    pub(crate) fn all(
        app: &Arc<App>,
        health: &HealthReporter,
    ) -> Result<Self, tonic_reflection::server::Error> {
        let service = Service(Arc::clone(app));
        let teams = TeamServiceServer::new(service.clone())
            .accept_compressed(Gzip)
            .max_decoding_message_size(MESSAGE_LIMIT);
        let invitations = InvitationServiceServer::new(service)
            .accept_compressed(Gzip)
            .max_decoding_message_size(MESSAGE_LIMIT);
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(roster_proto::FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        // Clients that compress compress everything, probes and reflection included.
        let others = health_routes(health)
            .add_service(
                reflection().build_v1()?.accept_compressed(Gzip).max_decoding_message_size(QUESTION_LIMIT),
            )
            .add_service(
                reflection()
                    .build_v1alpha()?
                    .accept_compressed(Gzip)
                    .max_decoding_message_size(QUESTION_LIMIT),
            );
        Ok(Self(Arc::new(Served { own: Some((teams, invitations)), others: others.prepare() })))
    }

    /// What those are served who only ask how the service is.
    pub(crate) fn health(health: &HealthReporter) -> Self {
        Self(Arc::new(Served { own: None, others: health_routes(health).prepare() }))
    }
}

impl tower::Service<Request> for Routes {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let service = request.extensions().get::<&'static Method>().map(|method| method.service());
        match (service, &self.0.own) {
            (Some(team_service_server::SERVICE_NAME), Some((teams, _))) => teams.clone().call(request),
            (Some(invitation_service_server::SERVICE_NAME), Some((_, invitations))) => {
                invitations.clone().call(request)
            }
            _ => Box::pin(self.0.others.clone().call(request)),
        }
    }
}

fn health_routes(health: &HealthReporter) -> tonic::service::Routes {
    let health = tonic_health::server::HealthService::from_health_reporter(health.clone());
    tonic::service::Routes::default().add_service(
        tonic_health::pb::health_server::HealthServer::new(health)
            .accept_compressed(Gzip)
            .max_decoding_message_size(QUESTION_LIMIT),
    )
}
