//! `CancelInvitation`: a pending invitation is taken back.

use roster_domain::Refusal;
use roster_domain::decide::cancel_invitation as decide;
use roster_proto::v1 as pb;
use roster_store::{InvitationChange, Locked};
use tonic::{Request, Response};

use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;

pub(in crate::rpc) async fn cancel_invitation(
    app: &App,
    request: Request<pb::CancelInvitationRequest>,
) -> Result<Response<pb::CancelInvitationResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let invitation = fields.invitation_id(&request.invitation_id);
    let expected = fields.etag(&request.etag);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(invitation), Some(expected), Some(request_id)) =
        (team, invitation, expected, request_id)
    else {
        return Err(fields.refuse());
    };

    let mutation =
        Mutation::new(app, &call, "CancelInvitation", &request, (request_id, request.validate_only));
    let actor = &mutation.actor()?.user_id;
    let question = InvitationChange { actor, invitation };
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, facts: (facts, stored) } =
        match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };

    let policy = served(policy.as_deref())?;
    let changes = decide(policy, &facts, expected, tx.now())?;

    let actor = found(facts.actor.as_ref())?;
    let changes = mutation.with_email(changes, actor);
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let inviter = mutation.inviter(actor, &facts.actor_access)?;
    let stored = stored.ok_or(Refusal::InvitationNotFound)?.after(&changes, inviter, revision);
    let shown = message::invitation(team.id, policy, stored, tx.now());
    let mut answer = pb::CancelInvitationResponse { invitation: Some(shown), revision };
    if !mutation.finish(tx, &answer).await? {
        answer.invitation.iter_mut().for_each(|invitation| invitation.etag.clear());
    }
    Ok(Response::new(answer))
}
