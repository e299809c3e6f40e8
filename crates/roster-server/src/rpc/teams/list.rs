//! `ListTeams`: the actor's own teams.

use roster_domain::TeamId;
use roster_domain::decide::seats;
use roster_domain::facts::Occupancy;
use roster_proto::v1 as pb;
use roster_store::{Team, TeamQuery};
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::page::{List, read_uuid};
use crate::rpc::parse::Fields;

pub(super) async fn list_teams(
    app: &App,
    request: Request<pb::ListTeamsRequest>,
) -> Result<Response<pb::ListTeamsResponse>, Error> {
    let call = Call::of(&request)?;
    let actor = call.actor()?;
    let request = request.into_inner();
    let filter = request.filter.unwrap_or_default();
    let mut fields = Fields::default();
    let size = fields.page_size(request.page_size);
    let policy = if filter.policy.is_empty() || app.policy_for(&call, &filter.policy).is_some() {
        Some(&filter.policy)
    } else {
        fields.violation("filter.policy", "must be a policy that the service runs: ListPolicies lists them")
    };
    let external_id = fields.external_id("filter.external_id", &filter.external_id);
    let (Some(size), Some(policy), Some(external_id)) = (size, policy, external_id) else {
        return Err(fields.refuse());
    };

    // A role that may not read its team, and a policy that is not the caller's, keep a team out of the list.
    let roles = app
        .policies_of(&call)
        .filter(|one| policy.is_empty() || one.name.as_str() == policy)
        .flat_map(|one| one.roles.iter().map(move |role| (one, role)))
        .filter(|(_, role)| role.permissions.allow("team.read"))
        .map(|(one, role)| (one.name.clone(), role.name.clone()))
        .collect();
    let list = List::new(app, &call, "ListTeams", &[policy.as_bytes(), filter.external_id.as_bytes()]);
    let after = list.place(&request.page_token, read_uuid)?.map(TeamId::from_uuid);
    let external_id = external_id.map(|id| (call.caller.name.clone(), id));
    let query = TeamQuery { roles, external_id, after, limit: size + 1 };
    let teams = app.store.teams_of(&actor.user_id, &query, &app.policies).await?;
    let (teams, next_page_token) = list.cut(teams, size, |(team, _)| team.id.uuid().as_bytes().to_vec())?;
    let shown = |(team, occupancy): (Team, Occupancy)| {
        let seats = seats(app.policy_of_team(&team.policy)?, team.facts.tier.as_ref(), occupancy);
        Ok(message::team(&team, seats))
    };
    let teams = teams.into_iter().map(shown).collect::<Result<_, Error>>()?;
    Ok(Response::new(pb::ListTeamsResponse { teams, next_page_token }))
}
