//! `GetInvitation`: an invitation, never its secret.

use roster_domain::Refusal;
use roster_proto::v1 as pb;
use roster_store::InviteOf;
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::parse::Fields;
use crate::rpc::sight::Sight;

pub(in crate::rpc) async fn get_invitation(
    app: &App,
    request: Request<pb::GetInvitationRequest>,
) -> Result<Response<pb::GetInvitationResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let invitation = fields.invitation_id(&request.invitation_id);
    let (Some(team), Some(invitation)) = (team, invitation) else {
        return Err(fields.refuse());
    };

    let sight = Sight::with(app, &call, team, &InviteOf(invitation)).await?;
    sight.standing()?.require("invitations.read")?;
    let Sight { policy, answer: stored, now, .. } = sight;
    let stored = stored.ok_or(Refusal::InvitationNotFound)?;
    let invitation = message::invitation(team, policy, stored, now);
    Ok(Response::new(pb::GetInvitationResponse { invitation: Some(invitation) }))
}
