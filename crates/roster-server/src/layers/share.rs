//! Refuses those who have too much, so that they do not take the room of others: a calling service, or a person, with
//! too many calls under way or too many answers that nobody takes, and whoever opens too many of the streams that need
//! no credentials.
//!
//! A call's place is kept until its work is done, as [`super::admission`] does, and not until its client goes away: a
//! client that begins calls and resets them at once is held to the same number. An answer's is kept until the last byte
//! of it was taken.

use std::hash::Hash;
use std::net::SocketAddr;
use std::sync::Arc;

use roster_domain::{CallerName, UserId};

use super::body::kept_until_taken;
use super::{Inner, Request, Response, Step, proceed, refuse};
use crate::authn::Call;
use crate::network::Sources;
use crate::places::{Caps, Place, Places};
use crate::rpc::classify;
use crate::rpc::error::Error;
use crate::transport::Peer;

/// How many answers may wait to be taken, in calls that may be under way: callers that read take them in a moment.
const ANSWERS: u32 = 2;

/// The most streams of descriptions: tools open one at a time. Each may hold a megabyte of them.
const REFLECTIONS: Caps = Caps { all: 64, each: 16 };

/// The most questions after health that are not answered yet: each is in a moment, once it has come.
const CHECKS: Caps = Caps { all: 2_048, each: 128 };

/// The most streams of a connection that tell of health: clients open one.
const WATCHES: Caps = Caps { all: u32::MAX, each: 2 };

/// Counts what each has. Clones count together.
#[derive(Clone, Debug)]
pub struct Shares {
    callers: Share<CallerName>,
    /// Persons as each calling service has them: no service can use up what a person has through another.
    actors: Share<Person>,
    reflections: Sources,
    checks: Sources,
    watches: Places<SocketAddr>,
}

/// What one of a kind may have.
#[derive(Debug)]
struct Share<K> {
    limit: u32,
    calls: Places<K>,
    answers: Places<K>,
}

/// What a call has of a share: a place for itself, and one for its answer.
type Taken<K> = (Place<K>, Place<K>);

/// A person, through a calling service.
type Person = (CallerName, UserId);

impl<K: Hash + Eq + Clone> Share<K> {
    fn new(limit: u32) -> Self {
        // Altogether as many as the gate lets in.
        let places = |each| Places::new(Caps { all: u32::MAX, each });
        Self { limit, calls: places(limit), answers: places(limit.saturating_mul(ANSWERS)) }
    }

    fn take(&self, key: &K, overloaded: impl FnOnce(u32) -> Error) -> Result<Taken<K>, Error> {
        let call = self.calls.take(key).ok_or_else(|| overloaded(self.limit))?;
        let untaken = Error::AnswersUntaken { limit: self.limit.saturating_mul(ANSWERS) };
        let answer = self.answers.take(key).ok_or(untaken)?;
        Ok((call, answer))
    }
}

// Not derived: that would demand that the key itself can be cloned.
impl<K> Clone for Share<K> {
    fn clone(&self) -> Self {
        Self { limit: self.limit, calls: self.calls.clone(), answers: self.answers.clone() }
    }
}

impl Shares {
    /// So many calls of each calling service, and so many of each person through one.
    #[must_use]
    pub fn new(per_caller: u32, per_actor: u32) -> Self {
        Self {
            callers: Share::new(per_caller),
            actors: Share::new(per_actor),
            reflections: Sources::new(REFLECTIONS),
            checks: Sources::new(CHECKS),
            watches: Places::new(WATCHES),
        }
    }
}

impl Step for Shares {
    async fn around<S: Inner>(&self, request: Request, inner: S) -> Response {
        match request.extensions().get::<Arc<Call>>() {
            Some(call) => {
                let call = Arc::clone(call);
                self.of_call(&call, request, inner).await
            }
            None => self.of_nobody(request, inner).await,
        }
    }
}

impl Shares {
    async fn of_call<S: Inner>(&self, call: &Call, request: Request, inner: S) -> Response {
        let (of_caller, of_actor) = match self.take(call) {
            Ok(taken) => taken,
            Err(error) => return refuse(error),
        };
        let (_call_of_caller, answer_of_caller) = of_caller;
        let (_call_of_actor, answer_of_actor) = of_actor.unzip();
        answered(request, inner, (answer_of_caller, answer_of_actor)).await
    }

    /// What the call takes of its service's share, and of its person's if it acts for one.
    fn take(&self, call: &Call) -> Result<(Taken<CallerName>, Option<Taken<Person>>), Error> {
        let caller = &call.caller.name;
        let of_caller = self.callers.take(caller, |limit| Error::CallerOverloaded { limit })?;
        let of_actor = call.actor.as_ref().map(|actor| {
            let person = (caller.clone(), actor.user_id.clone());
            self.actors.take(&person, |limit| Error::ActorOverloaded { limit })
        });
        Ok((of_caller, of_actor.transpose()?))
    }

    /// What is public is counted by where it comes from.
    async fn of_nobody<S: Inner>(&self, request: Request, inner: S) -> Response {
        let method = classify::method(request.uri().path());
        let from = request.extensions().get::<Peer>().map(|peer| peer.address);
        let (Some(method), Some(from)) = (method, from) else {
            return proceed(inner, request).await;
        };
        if method.is_reflection() {
            let Some(place) = self.reflections.take(from.ip()) else {
                return refuse(Error::TooManyStreams { limit: REFLECTIONS.each });
            };
            answered(request, inner, place).await
        } else if method.is_health_watch() {
            let Some(place) = self.watches.take(&from) else {
                return refuse(Error::TooManyStreams { limit: WATCHES.each });
            };
            answered(request, inner, place).await
        } else {
            let Some(place) = self.checks.take(from.ip()) else {
                return refuse(Error::TooManyStreams { limit: CHECKS.each });
            };
            answered(request, inner, place).await
        }
    }
}

/// The answer, with a place that it keeps until it was taken.
async fn answered<S: Inner, K: Send + Sync + 'static>(request: Request, inner: S, kept: K) -> Response {
    let untaken = request.extensions().get::<Peer>().map(|peer| peer.untaken.clone());
    let response = proceed(inner, request).await;
    response.map(|body| kept_until_taken(body, untaken, kept))
}
