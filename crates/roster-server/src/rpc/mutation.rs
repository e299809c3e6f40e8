//! What all mutations have in common: request ids and replays, `validate_only`, the actor's address.

use prost::Message;
use roster_domain::decide::take_up_email;
use roster_domain::{Access, Change, Holder, Membership, PersonKey, PolicyName, Refusal};
use roster_store::{Answered, Claim, Context, Inviter, Loaded, Tx};
use sha2::{Digest, Sha256};
use tonic::Response;
use tonic::metadata::MetadataValue;
use uuid::Uuid;

use super::error::Error;
use crate::app::App;
use crate::authn::{Actor, Call};
use crate::publish::publish;

/// Response metadata that tells an answer given before from a new one.
const REPLAY: &str = "x-idempotent-replay";

/// A key was dropped from the keys file within 24 hours of its last use, or the database was tampered with.
const UNREADABLE: Error = Error::Internal("a stored answer cannot be read with any key of the keys file");

/// One mutation that is asked for.
pub(super) struct Mutation<'a> {
    app: &'a App,
    call: &'a Call,
    actor: Option<&'a Actor>,
    method: &'static str,
    body: Vec<u8>,
    request_id: Option<Uuid>,
    validate_only: bool,
}

/// What comes of beginning a mutation.
pub(super) enum Begun<T, R> {
    /// Decide, apply, finish.
    Fresh(T),
    /// It was done before: this was the answer, without its secrets.
    Replay(R),
}

impl<'a> Mutation<'a> {
    /// With `validate_only` the request id is ignored: nothing happens that could happen twice.
    pub(super) fn new(
        app: &'a App,
        call: &'a Call,
        method: &'static str,
        request: &impl Message,
        (request_id, validate_only): (Option<Uuid>, bool),
    ) -> Self {
        let request_id = request_id.filter(|_| !validate_only);
        let (actor, body) = (call.actor.as_ref(), request.encode_to_vec());
        Self { app, call, actor, method, body, request_id, validate_only }
    }

    /// The person who asks.
    pub(super) fn actor(&self) -> Result<&'a Actor, Error> {
        Ok(self.call.actor()?)
    }

    /// The key of the person who asks, if a calling service does not act by itself.
    pub(super) async fn actor_key(&self, tx: &Tx) -> Result<Option<PersonKey>, Error> {
        match self.actor {
            Some(actor) => Ok(Some(tx.person(&actor.user_id).await?)),
            None => Ok(None),
        }
    }

    /// The actor as the inviter of what they create. What they were granted is none where it does not count.
    pub(super) fn inviter(&self, membership: &Membership, access: &Access) -> Result<Inviter, Error> {
        let holder = Holder { membership: membership.clone(), access: access.clone() };
        Ok(Inviter { user_id: self.actor()?.user_id.as_str().to_owned(), holder })
    }

    /// Whether a team under that policy exists for the calling service.
    pub(super) fn visible(&self) -> impl Fn(&PolicyName) -> bool + Send + use<'a> {
        let (app, call) = (self.app, self.call);
        move |policy| app.has_policy_for(call, policy)
    }

    /// What claims the request, if it can be sent again. The body is kept as an HMAC, since what it says may be
    /// guessable.
    pub(super) fn claim(&self) -> Option<Claim> {
        Some(Claim { key: self.record()?, request: self.app.keys.request_digest(&[&self.body]) })
    }

    /// The key of the request's record. It tells requests apart and needs no secret.
    fn record(&self) -> Option<[u8; 32]> {
        let request_id = self.request_id?;
        let mut key = Sha256::new();
        // No user's id is empty.
        let actor = self.actor.map_or("", |actor| actor.user_id.as_str());
        for part in [self.call.caller.name.as_str(), actor, self.method] {
            key.update((part.len() as u64).to_be_bytes());
            key.update(part);
        }
        key.update(request_id);
        Some(key.finalize().into())
    }

    /// Takes what the store has loaded. `absent` is the answer where there is no such team for this caller.
    pub(super) fn begun<T, R: Message + Default>(
        &self,
        loaded: Loaded<T>,
        absent: impl Into<Error>,
    ) -> Result<Begun<T, R>, Error> {
        match loaded {
            Loaded::Fresh(fresh) => Ok(Begun::Fresh(fresh)),
            Loaded::Absent => Err(absent.into()),
            Loaded::Replay(Answered { request, answer }) => {
                if !self.app.keys.is_request_digest(&[&self.body], &request) {
                    return Err(Error::RequestIdReused);
                }
                let record = self.record().ok_or(UNREADABLE)?;
                let answer = self.app.keys.open_answer(&record, &answer).ok_or(UNREADABLE)?;
                Ok(Begun::Replay(R::decode(answer.as_slice()).map_err(|_| UNREADABLE)?))
            }
        }
    }

    /// Who makes the changes; nobody where a calling service acts by itself.
    pub(super) fn context(&self, actor: impl Into<Option<PersonKey>>) -> Context {
        Context {
            actor: actor.into(),
            caller: Some(self.call.caller.name.clone()),
            request_id: self.request_id,
        }
    }

    /// Adds that the actor's verified address became known or another, if it did.
    pub(super) fn with_email(&self, mut changes: Vec<Change>, actor: &Membership) -> Vec<Change> {
        let verified = self.actor.and_then(|actor| actor.verified_email.as_ref());
        changes.extend(take_up_email(actor, verified));
        changes
    }

    /// Commits and keeps the answer for a retry; or undoes everything, where it was only to be decided. True if it
    /// happened. The answer must hold no secret.
    pub(super) async fn finish(&self, tx: Tx, answer: &impl Message) -> Result<bool, Error> {
        if self.validate_only {
            tx.undo().await?;
            return Ok(false);
        }
        let sealed = match self.record() {
            Some(record) => self
                .app
                .keys
                .seal_answer(&record, &answer.encode_to_vec())
                .ok_or(Error::Internal("the system gave no random bytes"))?,
            None => Vec::new(),
        };
        publish(tx.finish(&sealed).await?);
        Ok(true)
    }
}

/// An answer that was given before.
pub(super) fn replayed<R>(answer: R) -> Response<R> {
    let mut response = Response::new(answer);
    response.metadata_mut().insert(REPLAY, MetadataValue::from_static("true"));
    response
}

/// The membership that a decision found. After a decision that did not refuse there is one.
pub(super) fn found(membership: Option<&Membership>) -> Result<&Membership, Error> {
    Ok(membership.ok_or(Refusal::MemberNotFound)?)
}
