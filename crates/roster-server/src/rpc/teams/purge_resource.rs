//! `PurgeResource`: every grant of a resource ends.

use roster_domain::decide::purge_resource as decide;
use roster_domain::{Refusal, ResourceId};
use roster_proto::v1 as pb;
use roster_store::{Locked, Purge};
use tonic::{Request, Response};

use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn purge_resource(
    app: &App,
    request: Request<pb::PurgeResourceRequest>,
) -> Result<Response<pb::PurgeResourceResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let kind = fields.kind("kind", &request.kind);
    let resource = fields.text("resource_id", ResourceId::parse(&request.resource_id));
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(kind), Some(resource), Some(request_id)) = (team, kind, resource, request_id)
    else {
        return Err(fields.refuse());
    };

    let mutation = Mutation::new(app, &call, "PurgeResource", &request, (request_id, request.validate_only));
    let question = Purge { actor: &mutation.actor()?.user_id, kind: &kind, resource: &resource };
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, facts } = match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
        Begun::Fresh(locked) => locked,
        Begun::Replay(answer) => return Ok(replayed(answer)),
    };

    let changes = decide(served(policy.as_deref())?, &facts, (&kind, &resource))?;

    let actor = found(facts.actor.as_ref())?;
    let changes = mutation.with_email(changes, actor);
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let members = i64::try_from(facts.members).unwrap_or(i64::MAX);
    let answer = pb::PurgeResourceResponse { members, revision };
    mutation.finish(tx, &answer).await?;
    Ok(Response::new(answer))
}
