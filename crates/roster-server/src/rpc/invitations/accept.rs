//! `AcceptInvitation`: the actor joins.

use roster_domain::decide::accept_invitation as decide;
use roster_proto::v1 as pb;
use roster_proto::v1::accept_invitation_request::Invitation as PbNamed;
use roster_store::Locked;
use tonic::{Request, Response};

use super::answer::{Named, answerer, begin, by_token, unnamed};
use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::joined::{Entrant, joined};
use crate::rpc::mutation::{Begun, Mutation, replayed};
use crate::rpc::parse::Fields;

pub(in crate::rpc) async fn accept_invitation(
    app: &App,
    request: Request<pb::AcceptInvitationRequest>,
) -> Result<Response<pb::AcceptInvitationResponse>, Error> {
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

    let mutation = Mutation::new(app, &call, "AcceptInvitation", &request, (request_id, false));
    let Locked { mut tx, team, policy, facts } =
        match mutation.begun(begin(app, &mutation, named).await?, Error::InviteNotFound)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };
    let (found, member) = facts;
    let found = found.ok_or(Error::InviteNotFound)?;
    let (person, facts, inviter_user_id) = (found.person()?, found.facts, found.inviter_user_id);

    let policy = served(policy.as_deref())?;
    let changes = decide(policy, &facts, answerer(mutation.actor()?, person, named), tx.now())?;

    let entrant = Entrant { person, joining: &facts.joining, inviter_user_id, member };
    let joined = joined(policy, &mutation, &mut tx, team, entrant, changes).await?;
    let answer = pb::AcceptInvitationResponse {
        team: joined.team,
        member: joined.member,
        already_member: joined.already_member,
    };
    mutation.finish(tx, &answer).await?;
    Ok(Response::new(answer))
}
