//! `ResendInvitation`: an invitation gets a new secret and its full life again.

use roster_domain::decide::{ResendRequest, resend_invitation as decide};
use roster_domain::{Delivery, EmailAddress, Refusal};
use roster_proto::v1 as pb;
use roster_store::{ActorIn, InvitationChange, InviteOf, Locked};
use tonic::{Request, Response};

use super::{mail, token};
use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;

pub(in crate::rpc) async fn resend_invitation(
    app: &App,
    request: Request<pb::ResendInvitationRequest>,
) -> Result<Response<pb::ResendInvitationResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let invitation = fields.invitation_id(&request.invitation_id);
    let delivery = fields.delivery(request.delivery.as_ref());
    let expected = fields.etag(&request.etag);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(invitation), Some(delivery), Some(expected), Some(request_id)) =
        (team, invitation, delivery, expected, request_id)
    else {
        return Err(fields.refuse());
    };

    let mutation =
        Mutation::new(app, &call, "ResendInvitation", &request, (request_id, request.validate_only));
    let actor = &mutation.actor()?.user_id;
    // Whom it is for never changes; where the address is erased meanwhile, the decision refuses.
    let recipient: Vec<EmailAddress> = match delivery {
        Delivery::Token => Vec::new(),
        Delivery::Mail { .. } => {
            let question = (ActorIn(actor), InviteOf(invitation));
            let asked = app.store.ask(team, &app.policies, mutation.visible(), &question).await?;
            let email = asked.and_then(|asked| asked.facts.1).map(|stored| stored.invitation.email);
            email.filter(|email| !email.is_erased()).into_iter().collect()
        }
    };
    let mut takings = mail::take(app, &call, &mutation, (team, &recipient), &delivery).await?;
    let question = InvitationChange { actor, invitation };
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, facts: (facts, stored) } =
        match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(with_token(app, &call, &delivery, answer).await?)),
        };

    let policy = served(policy.as_deref())?;
    let generation = facts.invitation.as_ref().map_or(0, |one| one.generation.saturating_add(1));
    let (secret, record) = token::make(app, invitation, generation)?;
    let pending_cap = app.limits.pending_invitations_per_team;
    let asked = ResendRequest { expected, delivery: delivery.clone(), pending_cap };
    let changes = decide(policy, &facts, &asked, record, tx.now())?;
    let email = &facts.invitation.as_ref().ok_or(Refusal::InvitationNotFound)?.email;
    let taken = mail::granted(app, &delivery, &mut takings, email)?;

    let actor = found(facts.actor.as_ref())?;
    let changes = mutation.with_email(changes, actor);
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let inviter = mutation.inviter(actor, &facts.actor_access)?;
    let stored = stored.ok_or(Refusal::InvitationNotFound)?.after(&changes, inviter, revision);
    let shown = message::invitation(team.id, policy, stored, tx.now());
    let mut answer = pb::ResendInvitationResponse { invitation: Some(shown), token: String::new(), revision };
    let happened = mutation.finish(tx, &answer).await?;
    mail::settle(app, taken, happened).await;
    if happened {
        answer.token = token::shown(&secret, &delivery);
    } else {
        answer.invitation.iter_mut().for_each(|invitation| invitation.etag.clear());
    }
    Ok(Response::new(answer))
}

async fn with_token(
    app: &App,
    call: &Call,
    delivery: &Delivery,
    mut answer: pb::ResendInvitationResponse,
) -> Result<pb::ResendInvitationResponse, Error> {
    let shown: Vec<&pb::Invitation> = answer.invitation.iter().collect();
    answer.token = token::again(app, call, delivery, &shown).await?.pop().unwrap_or_default();
    Ok(answer)
}
