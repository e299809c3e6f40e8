//! The service in this process: every step that a call passes, and no socket.

use std::num::NonZeroU32;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use prost_reflect::{DescriptorPool, MethodDescriptor};
use roster_domain::Policy;
use roster_proto::v1::ErrorReason;
use roster_server::app::{App, Limits};
use roster_server::authn::Authn;
use roster_server::edge::admission::Gate;
use roster_server::edge::share::Shares;
use roster_server::edge::{self, Edge};
use roster_server::keys::Keys;
use roster_server::limiter::{Budgets, Limiter};
use roster_server::rpc::reason;
use roster_server::serve::without_sockets;
use roster_server::shutdown::Shutdown;
use roster_server::tokens::TokenStore;
use roster_store::{Options, Place, Store};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// A running service. It believes every header, as on a laptop.
pub(crate) struct Service {
    pub(crate) app: Arc<App>,
    pub(crate) methods: Vec<MethodDescriptor>,
    answer: Box<dyn Fn(edge::Request) -> Answering>,
    runtime: Runtime,
    _folder: TempDir,
}

type Answering = Pin<Box<dyn Future<Output = edge::Response>>>;

/// What came of a call.
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) status: Status,
    /// The reason of an error; none where the call was answered.
    pub(crate) reason: Option<ErrorReason>,
    /// The encoded message of an answer; empty for an error.
    pub(crate) message: Vec<u8>,
}

/// Keys that are nobody's, and the same in every run.
pub(crate) fn keys() -> Keys {
    let secret = STANDARD.encode(Sha256::digest("nobody's"));
    let file = format!("[[keys]]\nid = \"k1\"\nsecret = \"{secret}\"\n");
    Keys::parse(&file, Path::new("keys.toml")).unwrap_or_else(|error| panic!("{error}"))
}

impl Service {
    /// A service with a new database and these policies.
    pub(crate) fn start(policies: Vec<Policy>) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let store = runtime.block_on(open(folder.path()));
        let keys = Arc::new(keys());
        let limiter = Limiter::new(None, Arc::clone(&keys), budgets(), Duration::ZERO);
        let tokens = TokenStore::memory();
        let policies = policies.into_iter().collect();
        let (limits, shutdown) = (limits(), Shutdown::default());
        let app = Arc::new(App { store, tokens, keys, limiter, mail: None, policies, limits, shutdown });
        let (gate, shares, authn) = (Gate::new(8), Shares::new(8, 8), Arc::new(Authn::Dev));
        let edge = Edge { gate, deadline: Duration::from_mins(1), authn, shares, health_only: false };
        let inner = without_sockets(&app, edge).unwrap_or_else(|error| panic!("{error}"));
        let answer: Box<dyn Fn(edge::Request) -> Answering> =
            Box::new(move |request| Box::pin(edge::proceed(inner.clone(), request)));
        Self { app, methods: methods(), answer, runtime, _folder: folder }
    }

    /// Closes the database, so that whatever asks it fails at once.
    pub(crate) fn close_store(&self) {
        self.runtime.block_on(self.app.store.close());
    }

    /// The method of that name.
    pub(crate) fn method(&self, name: &str) -> &MethodDescriptor {
        let found = self.methods.iter().find(|method| method.name() == name);
        found.unwrap_or_else(|| panic!("there is no method {name}"))
    }

    /// Calls a method with an encoded message. That it panics, or is answered otherwise than the contract allows any
    /// answer to be, is a fault.
    pub(crate) fn call(&self, method: &MethodDescriptor, headers: &HeaderMap, message: &[u8]) -> Answer {
        let size = u32::try_from(message.len()).expect("a message that fits");
        let frame = [&[0][..], &size.to_be_bytes(), message].concat();
        let mut request = http::Request::new(Body::new(Full::from(frame)));
        *request.method_mut() = http::Method::POST;
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        *request.uri_mut() = path.parse().expect("a path");
        *request.headers_mut() = headers.clone();
        request.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
        let answer = self.runtime.block_on(async {
            let (head, body) = (self.answer)(request).await.into_parts();
            assert_eq!(head.status, 200);
            let body = body.collect().await.unwrap_or_else(|error| panic!("{error}"));
            let trailers = body.trailers().cloned().unwrap_or_default();
            let status =
                Status::from_header_map(&head.headers).or_else(|| Status::from_header_map(&trailers));
            let status = status.expect("a call ends with a code");
            let frames = body.to_bytes();
            let message = frames.get(5..).unwrap_or_default().to_vec();
            Answer { reason: reason_of(&status), headers: head.headers, status, message }
        });
        answer.is_of_the_contract();
        answer
    }
}

impl Answer {
    /// Every error has a reason of the contract and the one code of it, a text, and is nobody's fault here.
    fn is_of_the_contract(&self) {
        let Self { status, reason, .. } = self;
        match reason {
            None => assert_eq!(status.code(), Code::Ok, "{status:?} has no reason"),
            Some(reason) => {
                assert_eq!(status.code(), reason::code(*reason), "{status:?}");
                assert_ne!(status.code(), Code::Internal, "{status:?}");
                assert!(!status.message().is_empty());
            }
        }
        let ids: Vec<_> = self.headers.get_all("x-request-id").iter().collect();
        let usable = |id: &HeaderValue| id.to_str().is_ok_and(|id| (1..=128).contains(&id.len()));
        assert!(matches!(ids.as_slice(), [id] if usable(id)), "{ids:?}");
    }
}

fn reason_of(status: &Status) -> Option<ErrorReason> {
    let info = status.get_details_error_info()?;
    assert_eq!(info.domain, "roster.v1");
    Some(ErrorReason::from_str_name(&info.reason).expect("a reason of the contract"))
}

/// The methods of the contract, in its order.
fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(roster_proto::FILE_DESCRIPTOR_SET).expect("descriptors");
    let own = pool.services().filter(|service| service.package_name() == "roster.v1");
    own.flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

async fn open(folder: &Path) -> Store {
    let place = Place::Sqlite { file: folder.join("roster.db") };
    let store = Store::open(Options { place, clock_offset: Duration::ZERO }).await;
    let store = store.unwrap_or_else(|error| panic!("{error}"));
    store.migrate_up().await.unwrap_or_else(|error| panic!("{error}"));
    store
}

/// So much that nothing runs out: what is counted would make the same input mean something else the next time.
fn budgets() -> Budgets {
    let plenty = NonZeroU32::MAX;
    Budgets {
        mails_per_actor_and_day: plenty,
        mails_per_team_and_day: plenty,
        mails_per_recipient_and_day: plenty,
        code_failures_per_actor_and_hour: plenty,
        code_failures_per_address_and_hour: plenty,
        code_failures_per_caller_and_hour: plenty,
        code_failures_per_hour: plenty,
    }
}

fn limits() -> Limits {
    Limits {
        live_links_per_team: 20,
        pending_invitations_per_team: 200,
        live_codes_per_team: 20,
        grants_per_member: 100,
        teams_per_user_and_day: 100,
    }
}
