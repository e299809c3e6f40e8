//! `ChangeMemberRole`: a member gets another role.

use roster_domain::Refusal;
use roster_domain::decide::change_role as decide;
use roster_proto::v1 as pb;
use roster_store::{Locked, MemberChange};
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn change_member_role(
    app: &App,
    request: Request<pb::ChangeMemberRoleRequest>,
) -> Result<Response<pb::ChangeMemberRoleResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let target = fields.user_id("user_id", &request.user_id);
    let role = fields.role("role", &request.role);
    let version = fields.etag(&request.etag);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(target), Some(role), Some(version), Some(request_id)) =
        (team, target, role, version, request_id)
    else {
        return Err(fields.refuse());
    };

    let mutation =
        Mutation::new(app, &call, "ChangeMemberRole", &request, (request_id, request.validate_only))?;
    let question = MemberChange { actor: &mutation.actor().user_id, target: &target };
    let loaded = app.store.lock_and_load(team, mutation.claim(), mutation.visible(), question).await?;
    let Locked { mut tx, team, facts } = match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
        Begun::Fresh(locked) => locked,
        Begun::Replay(answer) => return Ok(replayed(answer)),
    };

    let changes = decide(app.policy_of_team(&team.policy)?, &facts, &role, version)?;

    let (actor, target) = (found(facts.actor.as_ref())?, found(facts.target.as_ref())?);
    let changes = mutation.with_email(changes, actor);
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let member = tx.member(team.id, target.person).await?;
    let mut answer = pb::ChangeMemberRoleResponse { member: member.map(message::member), revision };
    if !mutation.finish(tx, &answer).await? {
        // Another change may yet get this one.
        answer.member.iter_mut().for_each(|member| member.etag.clear());
    }
    Ok(Response::new(answer))
}
