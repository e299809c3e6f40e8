//! `UpdateTeam`: a team's own fields change.

use roster_domain::decide::{rename_team as decide, seats};
use roster_domain::{DisplayName, Refusal};
use roster_proto::v1 as pb;
use roster_store::{Locked, SeatsTaken, TeamChange};
use tonic::{Request, Response};

use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn update_team(
    app: &App,
    request: Request<pb::UpdateTeamRequest>,
) -> Result<Response<pb::UpdateTeamResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let name = display_name(&mut fields, &request);
    let version = fields.etag(&request.etag);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(name), Some(version), Some(request_id)) = (team, name, version, request_id) else {
        return Err(fields.refuse());
    };

    let mutation = Mutation::new(app, &call, "UpdateTeam", &request, (request_id, request.validate_only));
    let question = (TeamChange { actor: &mutation.actor()?.user_id }, SeatsTaken);
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, facts: (facts, taken) } =
        match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };

    let policy = served(policy.as_deref())?;
    let changes = decide(policy, &facts, &name, version)?;

    let actor = found(facts.actor.as_ref())?;
    let changes = mutation.with_email(changes, actor);
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let team = team.after(&changes, revision);
    let seats = seats(policy, team.facts.tier.as_ref(), taken);
    let mut answer = pb::UpdateTeamResponse { team: Some(message::team(&team, seats)) };
    if !mutation.finish(tx, &answer).await? {
        answer.team.iter_mut().for_each(|team| team.etag.clear());
    }
    Ok(Response::new(answer))
}

/// The new name: the one field that can be changed, whether the mask names it or nothing else is there to be changed.
fn display_name(fields: &mut Fields, request: &pb::UpdateTeamRequest) -> Option<DisplayName> {
    let paths = request.update_mask.as_ref().map_or(&[][..], |mask| &mask.paths);
    let mut known = Some(());
    for (place, path) in paths.iter().enumerate() {
        if path != "display_name" {
            let field = format!("update_mask.paths[{place}]");
            known = fields.violation(field, "must be display_name, which can be changed");
        }
    }
    let name = fields.text("display_name", DisplayName::parse(&request.display_name));
    known.and(name)
}
