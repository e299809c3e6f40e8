//! Refuses those who have too much, so that they do not take the room of others: a calling service with too many calls
//! under way or too many answers that it does not take, and whoever opens too many of the streams that need no
//! credentials.
//!
//! A call's place is kept until its work is done, as [`super::admission`] does, and not until its client goes away: a
//! client that begins calls and resets them at once is held to the same number. An answer's is kept until the last byte
//! of it was taken.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use roster_domain::CallerName;

use super::body::kept_until_taken;
use super::{Inner, Request, Response, Step, proceed, refuse};
use crate::authn::Call;
use crate::places::{Caps, Places};
use crate::rpc::classify;
use crate::rpc::error::Error;
use crate::transport::Peer;

/// How many answers may wait to be taken, in calls that may be under way: callers that read take them in a moment.
const ANSWERS: u32 = 2;

/// The most streams of descriptions: tools open one at a time.
const REFLECTIONS: Caps = Caps { all: 256, each: 64 };

/// The most streams of a connection that tell of health: clients open one.
const WATCHES: Caps = Caps { all: u32::MAX, each: 4 };

/// Counts what each has. Clones count together.
#[derive(Clone, Debug)]
pub struct Shares {
    calls: Places<CallerName>,
    limit: u32,
    answers: Places<CallerName>,
    reflections: Places<IpAddr>,
    watches: Places<SocketAddr>,
}

impl Shares {
    /// So many calls of each calling service.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self {
            // Altogether as many as the gate lets in.
            calls: Places::new(Caps { all: u32::MAX, each: limit }),
            limit,
            answers: Places::new(Caps { all: u32::MAX, each: limit.saturating_mul(ANSWERS) }),
            reflections: Places::new(REFLECTIONS),
            watches: Places::new(WATCHES),
        }
    }
}

impl Step for Shares {
    async fn around<S: Inner>(&self, request: Request, inner: S) -> Response {
        match request.extensions().get::<Arc<Call>>() {
            Some(call) => {
                let caller = call.caller.name.clone();
                self.of_caller(&caller, request, inner).await
            }
            None => self.of_nobody(request, inner).await,
        }
    }
}

impl Shares {
    async fn of_caller<S: Inner>(&self, caller: &CallerName, request: Request, inner: S) -> Response {
        let Some(_call) = self.calls.take(caller) else {
            return refuse(Error::CallerOverloaded { limit: self.limit });
        };
        let Some(answer) = self.answers.take(caller) else {
            return refuse(Error::AnswersUntaken { limit: self.limit.saturating_mul(ANSWERS) });
        };
        answered(request, inner, answer).await
    }

    /// What is public is counted by where it comes from.
    async fn of_nobody<S: Inner>(&self, request: Request, inner: S) -> Response {
        let method = classify::method(request.uri().path());
        let from = request.extensions().get::<Peer>().map(|peer| peer.address);
        let (Some(method), Some(from)) = (method, from) else {
            return proceed(inner, request).await;
        };
        if method.is_reflection() {
            let Some(place) = self.reflections.take(&from.ip().to_canonical()) else {
                return refuse(Error::TooManyStreams { limit: REFLECTIONS.each });
            };
            answered(request, inner, place).await
        } else if method.is_health_watch() {
            let Some(place) = self.watches.take(&from) else {
                return refuse(Error::TooManyStreams { limit: WATCHES.each });
            };
            answered(request, inner, place).await
        } else {
            answered(request, inner, ()).await
        }
    }
}

/// The answer, with a place that it keeps until it was taken.
async fn answered<S: Inner, K: Send + Sync + 'static>(request: Request, inner: S, kept: K) -> Response {
    let untaken = request.extensions().get::<Peer>().map(|peer| peer.untaken.clone());
    let response = proceed(inner, request).await;
    response.map(|body| kept_until_taken(body, untaken, kept))
}
