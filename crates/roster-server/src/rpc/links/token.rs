//! Tokens in requests and answers.

use roster_domain::decide::{InviteLinkState, could_make, link_state};
use roster_domain::{Holder, LinkId, Policy, SecretRecord, Timestamp};
use roster_store::StoredLink;

use crate::app::App;
use crate::rpc::error::Error;
use crate::tokens::{self, Digest, Secret, SecretKind};

/// The digest of a link's token. What is no such token leads nowhere, like one that nobody made.
pub(super) fn digest(text: &str) -> Result<Digest, Error> {
    match tokens::parse(text) {
        Some((SecretKind::Link, digest)) => Ok(digest),
        _ => Err(Error::InviteNotFound),
    }
}

/// A new secret for a link, and what is stored in its place.
pub(super) fn make(app: &App, link: LinkId) -> Result<(Secret, SecretRecord), Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| Error::Internal("the system gave no random bytes"))?;
    let key = app.keys.signing();
    let secret = key.link_token(link, 0, &salt);
    let digest = *secret.digest().as_bytes();
    Ok((secret, SecretRecord { digest, salt, generation: 0, key_id: key.id().to_owned() }))
}

/// The token of a link for somebody who asks to copy it: derived again while the link is live, for a member who could
/// make it itself, and empty otherwise.
pub(super) fn copy(
    app: &App,
    policy: &Policy,
    stored: &StoredLink,
    member: Option<&Holder>,
    now: Timestamp,
) -> Result<String, Error> {
    let live = link_state(policy, &stored.link, stored.maker.as_ref(), now) == InviteLinkState::Live;
    if !live || !could_make(policy, member, &stored.link.role) {
        return Ok(String::new());
    }
    let record = &stored.secret;
    let key =
        app.keys.find(&record.key_id).ok_or(Error::Internal("a live link's key is not in the keys file"))?;
    Ok(key.link_token(stored.link.id, record.generation, &record.salt).expose().to_owned())
}
