//! `GetTeam`: a team that the actor is a member of.

use roster_domain::decide::seats;
use roster_proto::v1 as pb;
use roster_store::SeatsTaken;
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::parse::Fields;
use crate::rpc::sight::Sight;

pub(super) async fn get_team(
    app: &App,
    request: Request<pb::GetTeamRequest>,
) -> Result<Response<pb::GetTeamResponse>, Error> {
    let call = Call::of(&request)?;
    let mut fields = Fields::default();
    let Some(team) = fields.team_id(&request.get_ref().team_id) else {
        return Err(fields.refuse());
    };

    let sight = Sight::with(app, &call, team, &SeatsTaken).await?;
    sight.standing()?.require("team.read")?;
    let seats = seats(sight.policy, sight.team.facts.tier.as_ref(), sight.answer);
    Ok(Response::new(pb::GetTeamResponse { team: Some(message::team(&sight.team, seats)) }))
}
