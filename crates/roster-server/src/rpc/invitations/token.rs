//! The secrets of invitations in requests and answers.

use roster_domain::decide::{ShownInvitationState, could_invite, shown_invitation_state};
use roster_domain::{Delivery, Holder, InvitationId, Policy, SecretRecord, Timestamp};
use roster_proto::v1 as pb;
use roster_store::{HolderOf, InvitesOf, StoredInvitation};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::parse::etag;
use crate::rpc::sight::Sight;
use crate::tokens::{self, Digest, Secret, SecretKind};

/// The digest of an invitation's token. What is no such token leads nowhere, like one that nobody made.
pub(in crate::rpc) fn digest(text: &str) -> Result<Digest, Error> {
    match tokens::parse(text) {
        Some((SecretKind::Invitation, digest)) => Ok(digest),
        _ => Err(Error::InviteNotFound),
    }
}

/// A new secret for an invitation, after so many before it, and what is stored in its place.
pub(super) fn make(
    app: &App,
    invitation: InvitationId,
    generation: u32,
) -> Result<(Secret, SecretRecord), Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| Error::Internal("the system gave no random bytes"))?;
    let key = app.keys.signing();
    let secret = key.invitation_token(invitation, generation, &salt);
    let digest = *secret.digest().as_bytes();
    Ok((secret, SecretRecord { digest, salt, generation, key_id: key.id().to_owned() }))
}

/// The secret for the answer, where the answer is what brings it.
pub(super) fn shown(secret: &Secret, delivery: &Delivery) -> String {
    match delivery {
        Delivery::Mail { .. } => String::new(),
        Delivery::Token => secret.expose().to_owned(),
    }
}

/// The secrets of invitations of one team for a replay, in their order: an answer that was given before holds none.
/// Whoever could make an invitation now gets its secret again, while that is the one of the answer and admits.
pub(super) async fn again(
    app: &App,
    call: &Call,
    delivery: &Delivery,
    shown: &[&pb::Invitation],
) -> Result<Vec<String>, Error> {
    let nothing = || Ok(vec![String::new(); shown.len()]);
    if let Delivery::Mail { .. } = delivery {
        return nothing();
    }
    let ids = shown.iter().map(|one| message::invitation_ids(one)).collect::<Result<Vec<_>, _>>()?;
    let Some((team, _)) = ids.first().copied() else { return nothing() };
    let ids: Vec<InvitationId> = ids.into_iter().map(|(_, id)| id).collect();
    let question = (HolderOf(&call.actor()?.user_id), InvitesOf(&ids));
    let Sight { policy, answer: (holder, stored), now, .. } =
        match Sight::with(app, call, team, &question).await {
            Ok(sight) => sight,
            // Without access any more the answer is still the same, only without the secrets.
            Err(Error::Refusal(_)) => return nothing(),
            Err(error) => return Err(error),
        };
    let Some(holder) = holder else { return nothing() };
    let of = |(id, shown): (&InvitationId, &&pb::Invitation)| {
        // With another etag it has changed since: perhaps it was sent again, and has another secret.
        let same =
            |one: &&StoredInvitation| one.invitation.id == *id && etag(one.invitation.version) == shown.etag;
        match stored.iter().find(same) {
            Some(stored) => copy(app, policy, stored, &holder, now),
            None => Ok(String::new()),
        }
    };
    ids.iter().zip(shown).map(of).collect()
}

fn copy(
    app: &App,
    policy: &Policy,
    stored: &StoredInvitation,
    holder: &Holder,
    now: Timestamp,
) -> Result<String, Error> {
    let invitation = &stored.invitation;
    let pending = shown_invitation_state(policy, invitation, stored.maker.as_ref(), now)
        == ShownInvitationState::Pending;
    if !pending || !could_invite(policy, Some(holder), &invitation.role, &invitation.access) {
        return Ok(String::new());
    }
    let record = &stored.secret;
    let key = app
        .keys
        .find(&record.key_id)
        .ok_or(Error::Internal("a pending invitation's key is not in the keys file"))?;
    Ok(key.invitation_token(invitation.id, record.generation, &record.salt).expose().to_owned())
}
