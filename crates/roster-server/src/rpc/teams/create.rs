//! `CreateTeam`: the actor founds a team.

use roster_domain::decide::{TeamCap, TeamRequest, create_team as decide};
use roster_domain::{DisplayName, ExternalId, Refusal, TeamId};
use roster_proto::v1 as pb;
use roster_store::{Creation, CreationQuestion, ErrorKind, Tx};
use tonic::{Request, Response};
use uuid::Uuid;

use super::founded::founded;
use super::verb::without_etag;
use crate::app::App;
use crate::authn::{Call, Scope};
use crate::rpc::error::Error;
use crate::rpc::mutation::{Begun, Mutation, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn create_team(
    app: &App,
    request: Request<pb::CreateTeamRequest>,
) -> Result<Response<pb::CreateTeamResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let policy = fields.policy(app, &call, &request.policy);
    let display_name = fields.text("display_name", DisplayName::parse(&request.display_name));
    let external_id = fields.external_id("external_id", &request.external_id);
    let tier = match request.tier.as_str() {
        "" => Some(None),
        tier => fields.tier("tier", tier).map(Some),
    };
    let request_id = fields.request_id(&request.request_id);
    let (Some(policy), Some(display_name), Some(external_id), Some(tier), Some(request_id)) =
        (policy, display_name, external_id, tier, request_id)
    else {
        return Err(fields.refuse());
    };
    if tier.is_some() {
        call.caller.require_scope(Scope::TiersSet)?;
    }

    let mutation = Mutation::new(app, &call, "CreateTeam", &request, (request_id, request.validate_only));
    let actor = mutation.actor()?;
    let caller = &call.caller.name;
    let external = external_id.as_ref().map(|id| (caller, id));
    let question = CreationQuestion { external_id: external, ..Default::default() };
    let loaded = app.store.lock_creator(&actor.user_id, mutation.claim(), question).await?;
    let Creation { mut tx, facts } = match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
        Begun::Fresh(creation) => creation,
        Begun::Replay(answer) => return Ok(replayed(answer)),
    };

    let cap = TeamCap { limit: app.limits.teams_per_user_and_day, used: facts.created_today };
    let wanted = TeamRequest {
        display_name,
        tier,
        external_id: external_id.clone(),
        external_id_taken_by: facts.external,
    };
    let changes = decide(policy, wanted, facts.creator, actor.verified_email.clone(), cap)?;

    let id = TeamId::from_uuid(Uuid::now_v7());
    let revision = tx.apply(&mutation.context(facts.creator), id, &changes).await?;
    let (team, member) = founded(policy, id, &actor.user_id, &changes, (revision, tx.now()));
    let answer = pb::CreateTeamResponse { team, member };
    // Only when it is written is it known whether another got the same key at the same time.
    match finish(&mutation, tx, answer).await {
        Err(Error::Store(error)) if error.kind() == ErrorKind::ExternalIdTaken => {
            Err(taken(app, &call, external_id.as_ref(), error).await?)
        }
        answer => Ok(Response::new(answer?)),
    }
}

async fn finish(
    mutation: &Mutation<'_>,
    tx: Tx,
    mut answer: pb::CreateTeamResponse,
) -> Result<pb::CreateTeamResponse, Error> {
    if !mutation.finish(tx, &answer).await? {
        answer.team.iter_mut().for_each(|team| {
            team.team_id.clear();
            team.etag.clear();
        });
        without_etag(&mut answer.member);
    }
    Ok(answer)
}

/// The refusal that names the team which somebody else created under the same key at the same time.
async fn taken(
    app: &App,
    call: &Call,
    external_id: Option<&ExternalId>,
    error: roster_store::Error,
) -> Result<Error, Error> {
    let Some(external_id) = external_id else { return Ok(error.into()) };
    let team = app.store.team_of_external_id(&call.caller.name, external_id).await?;
    Ok(team.map_or_else(|| error.into(), |team| Refusal::ExternalIdTaken { team }.into()))
}
