//! `GetMember`: one member of a team.

use roster_domain::Refusal;
use roster_proto::v1 as pb;
use roster_store::MemberOf;
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::parse::Fields;
use crate::rpc::sight::Sight;

pub(super) async fn get_member(
    app: &App,
    request: Request<pb::GetMemberRequest>,
) -> Result<Response<pb::GetMemberResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let user = fields.user_id("user_id", &request.user_id);
    let (Some(team), Some(user)) = (team, user) else {
        return Err(fields.refuse());
    };

    let sight = Sight::with(app, &call, team, &MemberOf(&user)).await?;
    let permission = if user == call.actor()?.user_id { "team.read" } else { "members.read" };
    sight.standing()?.require(permission)?;
    let member = sight.answer.ok_or(Refusal::MemberNotFound)?;
    Ok(Response::new(pb::GetMemberResponse { member: Some(message::member(member)) }))
}
