//! `LeaveTeam`: the actor ends its own membership.

use roster_domain::Refusal;
use roster_domain::decide::leave_team as decide;
use roster_proto::v1 as pb;
use roster_store::{Locked, MemberChange, MemberOf};
use tonic::{Request, Response};

use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn leave_team(
    app: &App,
    request: Request<pb::LeaveTeamRequest>,
) -> Result<Response<pb::LeaveTeamResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(request_id)) = (team, request_id) else {
        return Err(fields.refuse());
    };

    let mutation = Mutation::new(app, &call, "LeaveTeam", &request, (request_id, request.validate_only));
    let actor = &mutation.actor()?.user_id;
    let question = (MemberChange { actor, target: actor }, MemberOf(actor));
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, facts: (facts, member) } =
        match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };

    let changes = decide(served(policy.as_deref())?, &facts)?;

    let actor = found(facts.actor.as_ref())?;
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let answer = pb::LeaveTeamResponse { member: member.map(message::member), revision };
    mutation.finish(tx, &answer).await?;
    Ok(Response::new(answer))
}
