//! What every call passes before its handler, and every answer after it. `Edge::answer` is all of it, from the outside
//! in:
//!
//! 1. `access`: request id, span, access line
//! 2. [`normalise`]: the library's own errors get a reason and the right code
//! 3. `panic`: a panic becomes an answer instead of a broken stream
//! 4. `deadline`: answers calls that take too long
//! 5. [`admission`]: refuses what is too much, and everything new while the service stops; a change that is let in runs
//!    to its end, even if its client has gone
//! 6. [`crate::authn`]: establishes who calls
//! 7. [`share`]: refuses a calling service or a person that has too much under way, so that the room of others stays

mod access;
pub mod admission;
mod body;
mod deadline;
pub mod normalise;
mod panic;
pub mod share;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use roster_store::deadline as store;
use tokio::time::{Instant, timeout_at};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::Service;
use tracing::Instrument;

use crate::authn::Authn;
use crate::edge_error::EdgeError;
use crate::methods::{self, Access, Cost, Method, Shape};
use crate::request_id::{self, RequestId};
use crate::to_its_end;
use crate::transport::{Peer, STALLED, TakenBy};
use access::UnderWay;
use admission::Gate;
use body::Delivering;
use share::{AnswerPlace, Shares};

/// A request before it reaches its handler.
pub type Request = http::Request<Body>;
/// A response before it is sent.
pub type Response = http::Response<Body>;

/// What the edge surrounds: the handlers. They are always ready.
pub trait Inner:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Inner for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

/// What the edge needs to know.
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
    /// Whether nothing is served but health, so that credentials are not even looked at.
    pub health_only: bool,
}

/// Handlers with the edge around them.
#[derive(Clone)]
pub struct Guarded<S> {
    edge: Arc<Edge>,
    handlers: S,
}

/// What a handler answered, and what that keeps until it was taken.
struct Answered {
    response: Response,
    place: Option<Arc<AnswerPlace>>,
}

impl Edge {
    /// Puts itself around handlers.
    pub fn around<S: Inner>(self, handlers: S) -> Guarded<S> {
        Guarded { edge: Arc::new(self), handlers }
    }

    /// Answers a call.
    async fn answer<S: Inner>(&self, request: Request, handlers: S) -> Response {
        let method = methods::find(request.uri().path());
        let request_id = RequestId::of(request.headers());
        let mut call = UnderWay::begin(method, &request_id, request.headers());
        let span = call.span.clone();
        let answered = async {
            let passed = panic::caught(self.pass(method, &request_id, request, handlers, &mut call)).await;
            let (error, accepted) = match passed {
                Ok(answered) => match normalise::instead(answered.response.headers()) {
                    None => return answered,
                    Some(instead) => instead,
                },
                Err(error) => (error, None),
            };
            call.note(&error);
            let mut response = refuse(error);
            response.headers_mut().extend(accepted.map(|value| (normalise::ACCEPTED, value)));
            Answered { response, place: None }
        };
        let Answered { mut response, place } =
            request_id::scope(request_id.clone(), answered).instrument(span).await;

        if let Ok(value) = HeaderValue::from_str(request_id.as_str()) {
            response.headers_mut().insert(request_id::HEADER, value);
        }
        if let Some(code) = grpc_code(response.headers()) {
            call.code = Some(code);
            return response;
        }
        response.map(|body| Body::new(Delivering { body, place, call: Some(call) }))
    }

    /// Answers a call by its deadline.
    async fn pass<S: Inner>(
        &self,
        method: Option<&'static Method>,
        request_id: &RequestId,
        request: Request,
        handlers: S,
        call: &mut UnderWay,
    ) -> Result<Answered, EdgeError> {
        let by =
            deadline::due(self.deadline, method, request.headers()).ok_or(EdgeError::DeadlineExceeded)?;
        let request = deadline::arriving(request, method, by);
        let answered = timeout_at(by, self.let_in(method, request_id, by, request, handlers, call)).await;
        answered.unwrap_or(Err(EdgeError::DeadlineExceeded))
    }

    /// Hands a call to its handler, if there is room for it and it is known who calls.
    async fn let_in<S: Inner>(
        &self,
        method: Option<&'static Method>,
        request_id: &RequestId,
        by: Instant,
        mut request: Request,
        handlers: S,
        under_way: &mut UnderWay,
    ) -> Result<Answered, EdgeError> {
        if method.is_some_and(|method| method.cost != Cost::Memory) {
            admission::look_for_reset().await;
        }
        let is_probe = method.is_some_and(|method| method.access == Access::Probe);
        let permit = if is_probe { None } else { Some(self.gate.enter()?) };
        let method = method.ok_or(EdgeError::MethodUnknown)?;
        if self.health_only && !is_probe {
            return Err(EdgeError::MethodUnknown);
        }

        let from = request.extensions().get::<Peer>().map(|peer| peer.address);
        request.extensions_mut().insert(method);
        if matches!(method.access, Access::Probe | Access::Public) {
            let place = from.map(|from| self.shares.of_source(method.shape, from)).transpose()?;
            let response = proceed(handlers, request).await;
            // An answer to a question is a few bytes, and must not shut out others while it waits to be taken.
            let place = place.filter(|_| method.shape != Shape::Unary).map(Arc::new);
            return Ok(Answered { response: taken_by(method, by, response), place });
        }

        let (extensions, headers) = (request.extensions(), request.headers());
        let call = self.authn.identify(extensions.get::<Peer>(), headers, request_id.clone()).await?;
        let call = Arc::new(call);
        under_way.call = Some(Arc::clone(&call));
        method.access.require_of(&call)?;
        let (of_call, of_answer) = self.shares.of_call(&call)?;
        request.extensions_mut().insert(call);
        let work = store::scope(Some(by), Some(Arc::new((permit, of_call))), proceed(handlers, request));
        let response = if method.runs_to_end {
            to_its_end::run(request_id.clone(), by, work).await?
        } else {
            work.await
        };
        Ok(Answered { response: taken_by(method, by, response), place: Some(Arc::new(of_answer)) })
    }
}

impl<S: Inner> Service<Request> for Guarded<S> {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let edge = Arc::clone(&self.edge);
        let handlers = self.handlers.clone();
        Box::pin(async move { Ok(edge.answer(request, handlers).await) })
    }
}

/// Hands the call on.
pub async fn proceed<S: Inner>(mut inner: S, request: Request) -> Response {
    match inner.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Says by when the answer to a unary call must have been taken: after its deadline its client no longer waits.
fn taken_by(method: &Method, by: Instant, mut response: Response) -> Response {
    if method.shape == Shape::Unary {
        response.extensions_mut().insert(TakenBy(by + STALLED));
    }
    response
}

/// Answers with an error.
#[must_use]
pub fn refuse(error: EdgeError) -> Response {
    Status::from(error).into_http()
}

/// The code that headers or trailers end the call with, if they do.
fn grpc_code(headers: &HeaderMap) -> Option<Code> {
    headers.get("grpc-status").map(|value| Code::from_bytes(value.as_bytes()))
}

#[cfg(test)]
mod tests;
