//! `ListReceivedInvitations`: the actor's own, over all teams that there are for the calling service.

use roster_domain::{Policy, Refusal};
use roster_proto::v1 as pb;
use roster_store::ReceivedQuery;
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::page::{List, read_moment, write_moment};
use crate::rpc::parse::Fields;

pub(in crate::rpc) async fn list_received_invitations(
    app: &App,
    request: Request<pb::ListReceivedInvitationsRequest>,
) -> Result<Response<pb::ListReceivedInvitationsResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let Some(size) = fields.page_size(request.page_size) else { return Err(fields.refuse()) };
    let email = call.actor()?.verified_email.as_ref().ok_or(Refusal::EmailNotVerified)?;

    // Another address of the same person has a list of its own.
    let list = List::new(app, &call, "ListReceivedInvitations", &[email.key().as_bytes()]);
    let after = list.place(&request.page_token, read_moment)?;
    let policies: Vec<&Policy> = app.policies_of(&call).collect();
    let now = app.store.now().await?;
    let query = ReceivedQuery { email, policies: &policies, now, after, limit: size + 1 };
    let received = app.store.received_invitations(&query).await?;
    let (received, next_page_token) =
        list.cut(received, size, |last| write_moment(last.created_at, last.invitation.id.uuid()))?;
    let invitations = received
        .into_iter()
        .map(|one| Ok(message::received_invitation(app.policy_of_team(&one.policy)?, one, now)))
        .collect::<Result<_, Error>>()?;
    Ok(Response::new(pb::ListReceivedInvitationsResponse { invitations, next_page_token }))
}
