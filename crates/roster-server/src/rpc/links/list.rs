//! `ListInviteLinks`: a team's links, the newest first.

use roster_domain::decide::InviteLinkState;
use roster_proto::v1 as pb;
use roster_store::LinkQuery;
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::page::{List, read_number};
use crate::rpc::parse::Fields;
use crate::rpc::sight::Sight;

pub(in crate::rpc) async fn list_invite_links(
    app: &App,
    request: Request<pb::ListInviteLinksRequest>,
) -> Result<Response<pb::ListInviteLinksResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let filter = request.filter.unwrap_or_default();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let size = fields.page_size(request.page_size);
    let state = link_state(&mut fields, filter.state);
    let (Some(team), Some(size), Some(state)) = (team, size, state) else {
        return Err(fields.refuse());
    };

    let list =
        List::new(app, &call, "ListInviteLinks", &[request.team_id.as_bytes(), &filter.state.to_be_bytes()]);
    let after = list.place(&request.page_token, read_number)?;
    let sight = Sight::with(app, &call, team, &LinkQuery { state, after, limit: size + 1 }).await?;
    sight.standing()?.require("links.manage")?;
    let Sight { policy, answer: links, now, .. } = sight;
    let (links, next_page_token) = list.cut(links, size, |last| last.link.revision.to_be_bytes().to_vec())?;
    let invite_links = links.into_iter().map(|link| message::invite_link(team, policy, link, now)).collect();
    Ok(Response::new(pb::ListInviteLinksResponse { invite_links, next_page_token }))
}

/// The state that is asked for: none where it is unspecified.
fn link_state(fields: &mut Fields, number: i32) -> Option<Option<InviteLinkState>> {
    match pb::InviteLinkState::try_from(number) {
        Ok(pb::InviteLinkState::Unspecified) => Some(None),
        Ok(pb::InviteLinkState::Live) => Some(Some(InviteLinkState::Live)),
        Ok(pb::InviteLinkState::Expired) => Some(Some(InviteLinkState::Expired)),
        Ok(pb::InviteLinkState::Revoked) => Some(Some(InviteLinkState::Revoked)),
        Ok(pb::InviteLinkState::MakerGone) => Some(Some(InviteLinkState::MakerGone)),
        Err(_) => fields.violation("filter.state", "must be a known state of an invite link"),
    }
}
