//! `CreateTeam`: the actor founds a team.

use roster_domain::decide::{TeamCap, create_team as decide};
use roster_domain::{DisplayName, Refusal, TeamId};
use roster_proto::v1 as pb;
use roster_store::Creation;
use tonic::{Request, Response};
use uuid::Uuid;

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn create_team(
    app: &App,
    request: Request<pb::CreateTeamRequest>,
) -> Result<Response<pb::CreateTeamResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let policy = app.policy_for(&call, &request.policy).or_else(|| {
        fields.violation("policy", "must be a policy that the service runs: ListPolicies lists them")
    });
    let display_name = fields.text("display_name", DisplayName::parse(&request.display_name));
    let request_id = fields.request_id(&request.request_id);
    let (Some(policy), Some(display_name), Some(request_id)) = (policy, display_name, request_id) else {
        return Err(fields.refuse());
    };

    let mutation = Mutation::new(app, &call, "CreateTeam", &request, (request_id, request.validate_only))?;
    let actor = mutation.actor();
    let loaded = app.store.lock_creator(&actor.user_id, mutation.claim()).await?;
    let Creation { mut tx, facts } = match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
        Begun::Fresh(creation) => creation,
        Begun::Replay(answer) => return Ok(replayed(answer)),
    };

    let cap = TeamCap { limit: app.limits.teams_per_user_and_day, used: facts.created_today };
    let changes = decide(policy, display_name, facts.creator, actor.verified_email.clone(), cap)?;

    let id = TeamId::from_uuid(Uuid::now_v7());
    tx.apply(&mutation.context(facts.creator), id, &changes).await?;
    let team = tx.team(id).await?.ok_or(Error::Internal("a team vanished while it was created"))?;
    let member = tx.member(id, facts.creator).await?;
    let mut answer =
        pb::CreateTeamResponse { team: Some(message::team(&team)), member: member.map(message::member) };
    if !mutation.finish(tx, &answer).await? {
        answer.team.iter_mut().for_each(|team| team.team_id.clear());
        answer.member.iter_mut().for_each(|member| member.etag.clear());
    }
    Ok(Response::new(answer))
}
