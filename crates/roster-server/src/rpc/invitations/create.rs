//! `CreateInvitation`: an address is invited.

use roster_domain::decide::{InvitationRequest, create_invitation as decide};
use roster_domain::{Change, Delivery, InvitationId, Refusal};
use roster_proto::v1 as pb;
use roster_store::{Inviting, Locked, StoredInvitation};
use tonic::{Request, Response};
use uuid::Uuid;

use super::{mail, token};
use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;

pub(in crate::rpc) async fn create_invitation(
    app: &App,
    request: Request<pb::CreateInvitationRequest>,
) -> Result<Response<pb::CreateInvitationResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let email = fields.invitee("email", &request.email);
    let role = fields.role("role", &request.role);
    let grants = fields.grants("grants", &request.grants);
    let delivery = fields.delivery(request.delivery.as_ref());
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(email), Some(role), Some(grants), Some(delivery), Some(request_id)) =
        (team, email, role, grants, delivery, request_id)
    else {
        return Err(fields.refuse());
    };

    let mutation =
        Mutation::new(app, &call, "CreateInvitation", &request, (request_id, request.validate_only));
    let emails = [email];
    let actor = &mutation.actor()?.user_id;
    let mut takings = mail::take(app, &call, &mutation, (team, &emails), &delivery).await?;
    let pending_cap = app.limits.pending_invitations_per_team;
    let question = Inviting { actor, emails: &emails, pending_cap };
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, facts } = match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
        Begun::Fresh(locked) => locked,
        Begun::Replay(answer) => return Ok(replayed(with_token(app, &call, &delivery, answer).await?)),
    };

    let [email] = emails;
    let policy = served(policy.as_deref())?;
    let id = InvitationId::from_uuid(Uuid::now_v7());
    let (secret, record) = token::make(app, id, 0)?;
    let asked = InvitationRequest {
        email: &email,
        role: &role,
        grants: &grants,
        delivery: delivery.clone(),
        grant_cap: app.limits.grants_per_member,
        pending_cap,
    };
    let changes = decide(policy, &facts.of(&email), &asked, (id, record), tx.now())?;
    let taken = mail::granted(app, &delivery, &mut takings, &email)?;

    let actor = found(facts.actor.as_ref())?;
    let changes = mutation.with_email(changes, actor);
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let inviter = mutation.inviter(actor, &facts.actor_access)?;
    let new = changes.iter().find_map(|change| match change {
        Change::InvitationCreated(new) => Some(new),
        _ => None,
    });
    let new = new.ok_or(Error::Internal("nothing was created"))?;
    let stored = StoredInvitation::created(new, inviter, (revision, tx.now()));
    let invitation = message::invitation(team.id, policy, stored, tx.now());
    let mut answer =
        pb::CreateInvitationResponse { invitation: Some(invitation), token: String::new(), revision };
    let happened = mutation.finish(tx, &answer).await?;
    mail::settle(app, taken, happened).await;
    if happened {
        answer.token = token::shown(&secret, &delivery);
    } else {
        answer.invitation.iter_mut().for_each(message::only_decided);
    }
    Ok(Response::new(answer))
}

async fn with_token(
    app: &App,
    call: &Call,
    delivery: &Delivery,
    mut answer: pb::CreateInvitationResponse,
) -> Result<pb::CreateInvitationResponse, Error> {
    let shown: Vec<&pb::Invitation> = answer.invitation.iter().collect();
    answer.token = token::again(app, call, delivery, &shown).await?.pop().unwrap_or_default();
    Ok(answer)
}
