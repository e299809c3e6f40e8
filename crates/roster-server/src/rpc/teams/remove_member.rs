//! `RemoveMember`: another person's membership ends.

use roster_domain::Refusal;
use roster_domain::decide::remove_member as decide;
use roster_proto::v1 as pb;
use roster_store::{Locked, MemberChange};
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn remove_member(
    app: &App,
    request: Request<pb::RemoveMemberRequest>,
) -> Result<Response<pb::RemoveMemberResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let target = fields.user_id("user_id", &request.user_id);
    let version = fields.etag(&request.etag);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(target), Some(version), Some(request_id)) = (team, target, version, request_id)
    else {
        return Err(fields.refuse());
    };

    let mutation = Mutation::new(app, &call, "RemoveMember", &request, (request_id, request.validate_only))?;
    let question = MemberChange { actor: &mutation.actor().user_id, target: &target };
    let loaded = app.store.lock_and_load(team, mutation.claim(), mutation.visible(), question).await?;
    let Locked { mut tx, team, facts } = match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
        Begun::Fresh(locked) => locked,
        Begun::Replay(answer) => return Ok(replayed(answer)),
    };

    let changes = decide(app.policy_of_team(&team.policy)?, &facts, version)?;

    let (actor, target) = (found(facts.actor.as_ref())?, found(facts.target.as_ref())?);
    let member = tx.member(team.id, target.person).await?;
    let changes = mutation.with_email(changes, actor);
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let answer = pb::RemoveMemberResponse { member: member.map(message::member), revision };
    mutation.finish(tx, &answer).await?;
    Ok(Response::new(answer))
}
