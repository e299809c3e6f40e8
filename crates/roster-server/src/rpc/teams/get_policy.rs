//! `GetPolicy`: a policy as the service runs it.

use roster_proto::v1 as pb;
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;

pub(super) fn get_policy(
    app: &App,
    request: &Request<pb::GetPolicyRequest>,
) -> Result<Response<pb::GetPolicyResponse>, Error> {
    let call = Call::of(request)?;
    let policy = app.policy_for(&call, &request.get_ref().name).ok_or(Error::PolicyNotFound)?;
    Ok(Response::new(pb::GetPolicyResponse { policy: Some(message::policy(policy)) }))
}
