//! `DeleteTeam`: a team ends.

use roster_domain::Refusal;
use roster_domain::decide::{delete_team as decide, seats};
use roster_proto::v1 as pb;
use roster_store::{Locked, SeatsTaken, TeamChange};
use tonic::{Request, Response};

use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn delete_team(
    app: &App,
    request: Request<pb::DeleteTeamRequest>,
) -> Result<Response<pb::DeleteTeamResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let version = fields.etag(&request.etag);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(version), Some(request_id)) = (team, version, request_id) else {
        return Err(fields.refuse());
    };

    let mutation = Mutation::new(app, &call, "DeleteTeam", &request, (request_id, request.validate_only));
    let question = (TeamChange { actor: &mutation.actor()?.user_id }, SeatsTaken);
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, facts: (facts, taken) } =
        match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };

    let policy = served(policy.as_deref())?;
    let changes = decide(policy, &facts, version)?;

    let actor = found(facts.actor.as_ref())?;
    let seats = seats(policy, team.facts.tier.as_ref(), taken);
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let answer = pb::DeleteTeamResponse { team: Some(message::team(&team, seats)), revision };
    mutation.finish(tx, &answer).await?;
    Ok(Response::new(answer))
}
