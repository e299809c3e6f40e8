//! `SetTeamTier`: a calling service sets the tier of a team's plan.

use roster_domain::Refusal;
use roster_domain::decide::{seats, set_tier as decide};
use roster_proto::v1 as pb;
use roster_store::{Locked, SeatsTaken};
use tonic::{Request, Response};

use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn set_team_tier(
    app: &App,
    request: Request<pb::SetTeamTierRequest>,
) -> Result<Response<pb::SetTeamTierResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let tier = fields.tier("tier", &request.tier);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(tier), Some(request_id)) = (team, tier, request_id) else {
        return Err(fields.refuse());
    };

    let mutation = Mutation::new(app, &call, "SetTeamTier", &request, (request_id, request.validate_only));
    let loaded = app
        .store
        .lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), SeatsTaken)
        .await?;
    let Locked { mut tx, team, policy, facts: taken } =
        match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };

    let policy = served(policy.as_deref())?;
    let changes = decide(policy, &team.facts, tier)?;

    let actor = mutation.actor_key(&tx).await?;
    let revision = tx.apply(&mutation.context(actor), team.id, &changes).await?;
    let team = team.after(&changes, revision);
    let seats = seats(policy, team.facts.tier.as_ref(), taken);
    let mut answer = pb::SetTeamTierResponse { team: Some(message::team(&team, seats)) };
    if !mutation.finish(tx, &answer).await? {
        answer.team.iter_mut().for_each(|team| team.etag.clear());
    }
    Ok(Response::new(answer))
}
