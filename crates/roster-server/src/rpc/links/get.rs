//! `GetInviteLink`: a link, with its token for whoever could make it.

use roster_domain::Refusal;
use roster_proto::v1 as pb;
use roster_store::{HolderOf, InviteOf};
use tonic::{Request, Response};

use super::token;
use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::parse::Fields;
use crate::rpc::sight::Sight;

pub(in crate::rpc) async fn get_invite_link(
    app: &App,
    request: Request<pb::GetInviteLinkRequest>,
) -> Result<Response<pb::GetInviteLinkResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let link = fields.link_id(&request.link_id);
    let (Some(team), Some(link)) = (team, link) else {
        return Err(fields.refuse());
    };

    let question = (HolderOf(&call.actor()?.user_id), InviteOf(link));
    let sight = Sight::with(app, &call, team, &question).await?;
    sight.standing()?.require("links.manage")?;
    let Sight { policy, answer: (holder, stored), now, .. } = sight;
    let stored = stored.ok_or(Refusal::InviteLinkNotFound)?;
    let token = token::copy(app, policy, &stored, holder.as_ref(), now)?;
    let link = message::invite_link(team, policy, stored, now);
    Ok(Response::new(pb::GetInviteLinkResponse { invite_link: Some(link), token }))
}
