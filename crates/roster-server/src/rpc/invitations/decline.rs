//! `DeclineInvitation`: the actor does not want to join.

use roster_domain::decide::decline_invitation as decide;
use roster_proto::v1 as pb;
use roster_proto::v1::decline_invitation_request::Invitation as PbNamed;
use roster_store::{Locked, holder_after, invitation_after};
use tonic::{Request, Response};

use super::answer::{Named, answerer, begin, by_token, unnamed};
use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, replayed};
use crate::rpc::parse::Fields;

pub(in crate::rpc) async fn decline_invitation(
    app: &App,
    request: Request<pb::DeclineInvitationRequest>,
) -> Result<Response<pb::DeclineInvitationResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let named = match &request.invitation {
        Some(PbNamed::InvitationId(id)) => fields.invitation_id(id).map(|id| Ok(Named::ById(id))),
        Some(PbNamed::Token(token)) => by_token(&mut fields, token),
        None => unnamed(&mut fields),
    };
    let request_id = fields.request_id(&request.request_id);
    let (Some(named), Some(request_id)) = (named, request_id) else { return Err(fields.refuse()) };
    let named = named?;

    let mutation = Mutation::new(app, &call, "DeclineInvitation", &request, (request_id, false));
    let Locked { mut tx, team, policy, facts } =
        match mutation.begun(begin(app, &mutation, named).await?, Error::InviteNotFound)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };
    let found = facts.0.ok_or(Error::InviteNotFound)?;
    let (person, facts, created_at) = (found.person()?, found.facts, found.created_at);

    let policy = served(policy.as_deref())?;
    let changes = decide(policy, &facts, answerer(mutation.actor()?, person, named), tx.now())?;

    let changes = match &facts.joining.membership {
        Some(member) => mutation.with_email(changes, member),
        None => changes,
    };
    let revision = tx.apply(&mutation.context(person), team.id, &changes).await?;
    let inviter = facts.joining.maker.map(|inviter| holder_after(inviter, &changes));
    let inviter = (inviter.as_ref(), found.inviter_user_id);
    let invitation = invitation_after(facts.invitation, &changes, revision);
    let invitation =
        message::answered_invitation(&team, policy, &invitation, inviter, (created_at, tx.now()));
    let answer = pb::DeclineInvitationResponse { invitation: Some(invitation) };
    mutation.finish(tx, &answer).await?;
    Ok(Response::new(answer))
}
