//! Refuses those who have too much, so that they do not take the room of others: a calling service, or a person, with
//! too many calls under way or too many answers that are not taken, and an address with too many of the streams that need
//! no credentials.
//!
//! A call's place is kept until its work is done, and not until its client goes away: a client that begins calls and
//! resets them at once is held to the same number. An answer's is kept until the last byte of it was taken.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::authn::Call;
use crate::edge_error::EdgeError;
use crate::methods::Shape;
use crate::network::{SourcePlace, Sources};
use crate::places::{Caps, Place, Places};

/// How many answers may wait to be taken, in calls that may be under way: callers that read take them in a moment.
const ANSWERS: u32 = 2;

/// The most that may be open at once of what needs no credentials, by its shape.
const fn public(shape: Shape) -> Caps {
    match shape {
        // Questions after health, altogether and from one address: each is answered in a moment, once it has come.
        Shape::Unary => Caps { all: 2_048, each: 128 },
        // Streams that tell of health, on one connection: clients open one. There are no more than connections allow.
        Shape::ServerStream => Caps { all: u32::MAX, each: 2 },
        // Streams of descriptions, altogether and from one address: tools open one, which may hold a megabyte.
        Shape::BothStream => Caps { all: 64, each: 16 },
    }
}

/// Counts what each has. Clones count together.
#[derive(Clone, Debug)]
pub struct Shares {
    known: Arc<Mutex<Known>>,
    questions: Sources,
    streams: Places<SocketAddr>,
    dialogues: Sources,
}

/// Those who call. Persons as each calling service has them: no service can use up what a person has through another.
#[derive(Debug)]
struct Known {
    callers: Counts<OfCaller>,
    actors: Counts<OfActor>,
}

/// What each of a kind has.
#[derive(Debug)]
struct Counts<K> {
    /// How many calls one may have.
    limit: u32,
    /// Nobody who has nothing, so that this is never longer than there are places taken.
    each: HashMap<K, Count>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    calls: u32,
    answers: u32,
}

/// A calling service, found by the name that stands in a call of it.
#[derive(Debug)]
struct OfCaller(Arc<Call>);

/// A person through a calling service, found by what stands in a call for them.
#[derive(Debug)]
struct OfActor(Arc<Call>);

/// A call's place, free again when this is dropped.
#[derive(Debug)]
pub(super) struct CallPlace {
    known: Arc<Mutex<Known>>,
    call: Arc<Call>,
}

/// The place of what answers a call, free again when this is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "it is kept, and never read")]
pub(super) enum AnswerPlace {
    Call(AnswerOfCall),
    Source(SourcePlace),
    Connection(Place<SocketAddr>),
}

/// See [`AnswerPlace`].
#[derive(Debug)]
pub(super) struct AnswerOfCall {
    known: Arc<Mutex<Known>>,
    call: Arc<Call>,
}

impl Shares {
    /// So many calls of each calling service, and so many of each person through one.
    #[must_use]
    pub fn new(per_caller: u32, per_actor: u32) -> Self {
        Self {
            known: Arc::new(Mutex::new(Known {
                callers: Counts { limit: per_caller, each: HashMap::new() },
                actors: Counts { limit: per_actor, each: HashMap::new() },
            })),
            questions: Sources::new(public(Shape::Unary)),
            streams: Places::new(public(Shape::ServerStream)),
            dialogues: Sources::new(public(Shape::BothStream)),
        }
    }

    /// What a call takes of its service's share, and of its person's if it acts for one.
    pub(super) fn of_call(&self, call: &Arc<Call>) -> Result<(CallPlace, AnswerPlace), EdgeError> {
        let caller = OfCaller(Arc::clone(call));
        let actor = call.actor.is_some().then(|| OfActor(Arc::clone(call)));
        let mut known = lock(&self.known);
        known.callers.require_room(&caller, |limit| EdgeError::CallerOverloaded { limit })?;
        if let Some(actor) = actor {
            known.actors.require_room(&actor, |limit| EdgeError::ActorOverloaded { limit })?;
            known.actors.add(actor);
        }
        known.callers.add(caller);
        drop(known);
        let place = CallPlace { known: Arc::clone(&self.known), call: Arc::clone(call) };
        let answer = AnswerOfCall { known: Arc::clone(&self.known), call: Arc::clone(call) };
        Ok((place, AnswerPlace::Call(answer)))
    }

    /// What is public is counted by where it comes from.
    pub(super) fn of_source(&self, shape: Shape, from: SocketAddr) -> Result<AnswerPlace, EdgeError> {
        let place = match shape {
            Shape::Unary => self.questions.take(from.ip()).map(AnswerPlace::Source),
            Shape::ServerStream => self.streams.take(&from).map(AnswerPlace::Connection),
            Shape::BothStream => self.dialogues.take(from.ip()).map(AnswerPlace::Source),
        };
        place.ok_or(EdgeError::TooManyStreams { limit: public(shape).each })
    }
}

impl Known {
    /// Takes from those whose call it is what `less` takes from a count.
    fn give_back(&mut self, call: &Arc<Call>, less: fn(&mut Count)) {
        self.callers.give_back(&OfCaller(Arc::clone(call)), less);
        if call.actor.is_some() {
            self.actors.give_back(&OfActor(Arc::clone(call)), less);
        }
    }
}

impl<K: Hash + Eq> Counts<K> {
    fn require_room(&self, key: &K, overloaded: impl FnOnce(u32) -> EdgeError) -> Result<(), EdgeError> {
        let count = self.each.get(key).copied().unwrap_or_default();
        let answers = self.limit.saturating_mul(ANSWERS);
        if count.calls >= self.limit {
            return Err(overloaded(self.limit));
        }
        if count.answers >= answers { Err(EdgeError::AnswersUntaken { limit: answers }) } else { Ok(()) }
    }

    fn add(&mut self, key: K) {
        let count = self.each.entry(key).or_default();
        count.calls += 1;
        count.answers += 1;
    }

    fn give_back(&mut self, key: &K, less: fn(&mut Count)) {
        let Some(count) = self.each.get_mut(key) else { return };
        less(count);
        if count.calls == 0 && count.answers == 0 {
            self.each.remove(key);
        }
    }
}

impl Drop for CallPlace {
    fn drop(&mut self) {
        lock(&self.known).give_back(&self.call, |count| count.calls -= 1);
    }
}

impl Drop for AnswerOfCall {
    fn drop(&mut self) {
        lock(&self.known).give_back(&self.call, |count| count.answers -= 1);
    }
}

impl PartialEq for OfCaller {
    fn eq(&self, other: &Self) -> bool {
        self.0.caller.name == other.0.caller.name
    }
}

impl Eq for OfCaller {}

impl Hash for OfCaller {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.caller.name.hash(state);
    }
}

impl OfActor {
    fn user_id(&self) -> Option<&str> {
        self.0.actor.as_ref().map(|actor| actor.user_id.as_str())
    }
}

impl PartialEq for OfActor {
    fn eq(&self, other: &Self) -> bool {
        self.user_id() == other.user_id() && self.0.caller.name == other.0.caller.name
    }
}

impl Eq for OfActor {}

impl Hash for OfActor {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.0.caller.name, self.user_id()).hash(state);
    }
}

/// Counting does not panic half-way, so that a poisoned lock is as good as any.
fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use roster_domain::{CallerName, UserId};

    use super::*;
    use crate::authn::{Actor, Caller, Policies};
    use crate::request_id::RequestId;

    fn call(caller: &str, actor: Option<&str>) -> Arc<Call> {
        let name = CallerName::parse(caller).expect("a name");
        let actor = actor.map(|id| Actor {
            user_id: UserId::parse(id).expect("an id"),
            verified_email: None,
            address: None,
        });
        let caller = Arc::new(Caller { name, policies: Policies::All, scopes: BTreeSet::new() });
        Arc::new(Call { caller, actor, request_id: RequestId::generate() })
    }

    #[test]
    fn who_is_refused_leaves_nothing_behind_and_who_has_gone_neither() {
        let shares = Shares::new(2, 1);
        let label = |call: &Arc<Call>| shares.of_call(call).err().map(|error| error.label());
        let ada = shares.of_call(&call("app", Some("ada"))).expect("the first");
        assert_eq!(label(&call("app", Some("ada"))), Some("actor_overloaded"));
        let nobody = shares.of_call(&call("app", None)).expect("the refused one took nothing");
        assert_eq!(label(&call("app", Some("bob"))), Some("caller_overloaded"));
        let elsewhere = shares.of_call(&call("web", Some("ada"))).expect("through another service");
        drop((ada, nobody, elsewhere));
        let known = lock(&shares.known);
        assert!(known.callers.each.is_empty() && known.actors.each.is_empty());
    }

    #[test]
    fn answers_that_wait_count_for_themselves() {
        let shares = Shares::new(2, 1);
        let ada = call("app", Some("ada"));
        let mut answers = vec![];
        for _ in 0..ANSWERS {
            let (place, answer) = shares.of_call(&ada).expect("there is room");
            answers.push(answer);
            drop(place);
        }
        let refused = shares.of_call(&ada).err().map(|error| error.label());
        assert_eq!(refused, Some("answers_untaken"));
        drop(answers.pop());
        assert!(shares.of_call(&ada).is_ok());
    }
}
