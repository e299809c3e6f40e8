//! `GetTeam`: a team that the actor is a member of.

use roster_proto::v1 as pb;
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::parse::Fields;
use crate::rpc::sight::Sight;
use crate::rpc::{message, seats};

pub(super) async fn get_team(
    app: &App,
    request: Request<pb::GetTeamRequest>,
) -> Result<Response<pb::GetTeamResponse>, Error> {
    let call = Call::of(&request)?;
    let mut fields = Fields::default();
    let Some(team) = fields.team_id(&request.get_ref().team_id) else {
        return Err(fields.refuse());
    };

    let sight = Sight::of(app, &call, team).await?;
    sight.standing()?.require("team.read")?;
    let seats = seats::of(app, &sight.seen.team, sight.seen.now).await?;
    Ok(Response::new(pb::GetTeamResponse { team: Some(message::team(&sight.seen.team, seats)) }))
}
