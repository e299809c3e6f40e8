//! What every call passes before its handler, and every answer after it, from the outside in:
//!
//! 1. [`access`]: request id, span, access line
//! 2. [`normalise`]: the library's own errors get a reason and the right code
//! 3. [`mod@panic`]: a panic becomes an answer instead of a broken stream
//! 4. [`deadline`]: answers calls that take too long
//! 5. [`admission`]: refuses what is too much, and everything new while the service stops; what it lets in runs to its
//!    end, even if nobody waits for the answer any more
//! 6. [`authn`]: establishes who calls
//! 7. [`share`]: refuses a calling service or a person that has too much under way, so that the room of others stays
//!
//! Each is a [`Step`]: an async function around the rest.

pub mod access;
pub mod admission;
pub mod authn;
mod body;
pub mod deadline;
pub mod normalise;
pub mod panic;
pub mod share;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::HeaderMap;
use tonic::Code;
use tonic::body::Body;
use tower::layer::util::{Identity, Stack};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use crate::authn::Authn;
use crate::rpc::error::Error;
use admission::Gate;
use share::Shares;

/// A call on its way in.
pub type Request = http::Request<Body>;
/// An answer on its way out.
pub type Response = http::Response<Body>;

/// What a step surrounds: the steps further in, and at last the handlers.
pub trait Inner:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Inner for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

/// One step that calls pass on their way in and answers on their way out.
pub trait Step: Send + Sync + 'static {
    /// Answers the call, usually by handing it to [`proceed`].
    fn around<S: Inner>(&self, request: Request, inner: S) -> impl Future<Output = Response> + Send;
}

/// Hands the call on.
pub async fn proceed<S: Inner>(inner: S, request: Request) -> Response {
    match inner.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Answers with an error.
#[must_use]
pub fn refuse(error: Error) -> Response {
    tonic::Status::from(error).into_http()
}

/// The code that headers or trailers end the call with, if they do.
fn grpc_code(headers: &HeaderMap) -> Option<Code> {
    headers.get("grpc-status").map(|value| Code::from_bytes(value.as_bytes()))
}

/// Makes a tower layer of a step.
#[derive(Debug)]
pub struct Surround<T>(Arc<T>);

impl<T> Surround<T> {
    /// Makes a tower layer of `step`.
    pub fn with(step: T) -> Self {
        Self(Arc::new(step))
    }
}

// Not derived: that would demand that the step itself can be cloned.
impl<T> Clone for Surround<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T, S> Layer<S> for Surround<T> {
    type Service = Surrounded<T, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Surrounded { step: Arc::clone(&self.0), inner }
    }
}

/// A service with a step around it.
#[derive(Debug)]
pub struct Surrounded<T, S> {
    step: Arc<T>,
    inner: S,
}

impl<T, S: Clone> Clone for Surrounded<T, S> {
    fn clone(&self) -> Self {
        Self { step: Arc::clone(&self.step), inner: self.inner.clone() }
    }
}

impl<T: Step, S: Inner> Service<Request> for Surrounded<T, S> {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // `proceed` waits for the inner service, so that a call in the queue has passed the outer steps already.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let step = Arc::clone(&self.step);
        let inner = self.inner.clone();
        Box::pin(async move { Ok(step.around(request, inner).await) })
    }
}

/// What the steps need to know.
#[derive(Clone)]
pub struct Edge {
    /// Lets calls in, and knows when the last has left.
    pub gate: Gate,
    /// The longest that a call may take.
    pub deadline: Duration,
    /// How callers prove who they are.
    pub authn: Arc<Authn>,
    /// How much each calling service may have under way.
    pub shares: Shares,
    /// Whether nothing is served but health.
    pub health_only: bool,
}

type Around<T, Rest> = Stack<Surround<T>, Rest>;

/// The type of all steps in their order, from the innermost to the outermost.
pub type All = Around<
    Shares,
    Around<
        authn::Identify,
        Around<
            Gate,
            Around<
                deadline::Deadline,
                Around<panic::Catch, Around<normalise::Normalise, Around<access::Access, Identity>>>,
            >,
        >,
    >,
>;

/// All steps in their order, as one layer.
#[must_use]
pub fn all(edge: Edge) -> All {
    ServiceBuilder::new()
        .layer(Surround::with(access::Access))
        .layer(Surround::with(normalise::Normalise))
        .layer(Surround::with(panic::Catch))
        .layer(Surround::with(deadline::Deadline { cap: edge.deadline }))
        .layer(Surround::with(edge.gate))
        .layer(Surround::with(authn::Identify { authn: edge.authn, health_only: edge.health_only }))
        .layer(Surround::with(edge.shares))
        .into_inner()
}

#[cfg(test)]
mod tests;
