//! `ListInvitations`: a team's invitations, the newest first.

use prost::Message;
use roster_domain::decide::ShownInvitationState;
use roster_proto::v1 as pb;
use roster_store::InvitationQuery;
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::page::{List, read_moment, write_moment};
use crate::rpc::parse::Fields;
use crate::rpc::sight::Sight;

pub(in crate::rpc) async fn list_invitations(
    app: &App,
    request: Request<pb::ListInvitationsRequest>,
) -> Result<Response<pb::ListInvitationsResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let filter = request.filter.unwrap_or_default();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let size = fields.page_size(request.page_size);
    let state = invitation_state(&mut fields, filter.state);
    let email = fields.email("filter.email", &filter.email);
    let (Some(team), Some(size), Some(state), Some(email)) = (team, size, state, email) else {
        return Err(fields.refuse());
    };

    let parameters = [request.team_id.as_bytes(), &filter.encode_to_vec()];
    let list = List::new(app, &call, "ListInvitations", &parameters);
    let after = list.place(&request.page_token, read_moment)?;
    let query = InvitationQuery { state, email: email.as_ref(), after, limit: size + 1 };
    let sight = Sight::with(app, &call, team, &query).await?;
    sight.standing()?.require("invitations.read")?;
    let Sight { policy, answer: invitations, now, .. } = sight;
    let (invitations, next_page_token) =
        list.cut(invitations, size, |last| write_moment(last.created_at, last.invitation.id.uuid()))?;
    let shown = |one| message::invitation(team, policy, one, now);
    let invitations = invitations.into_iter().map(shown).collect();
    Ok(Response::new(pb::ListInvitationsResponse { invitations, next_page_token }))
}

/// The state that is asked for: none where it is unspecified.
fn invitation_state(fields: &mut Fields, number: i32) -> Option<Option<ShownInvitationState>> {
    match pb::InvitationState::try_from(number) {
        Ok(pb::InvitationState::Unspecified) => Some(None),
        Ok(pb::InvitationState::Pending) => Some(Some(ShownInvitationState::Pending)),
        Ok(pb::InvitationState::Accepted) => Some(Some(ShownInvitationState::Accepted)),
        Ok(pb::InvitationState::Declined) => Some(Some(ShownInvitationState::Declined)),
        Ok(pb::InvitationState::Cancelled) => Some(Some(ShownInvitationState::Cancelled)),
        Ok(pb::InvitationState::Expired) => Some(Some(ShownInvitationState::Expired)),
        Ok(pb::InvitationState::MakerGone) => Some(Some(ShownInvitationState::MakerGone)),
        Err(_) => fields.violation("filter.state", "must be a known state of an invitation"),
    }
}
