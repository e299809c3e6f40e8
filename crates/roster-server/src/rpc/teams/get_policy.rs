//! `GetPolicy`: a policy as the service runs it.

use roster_proto::v1 as pb;
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::parse::Fields;

pub(super) fn get_policy(
    app: &App,
    request: &Request<pb::GetPolicyRequest>,
) -> Result<Response<pb::GetPolicyResponse>, Error> {
    let call = Call::of(request)?;
    let name = &request.get_ref().name;
    let mut fields = Fields::default();
    if name.is_empty() {
        let _: Option<()> = fields.violation("name", "must be the name of a policy: ListPolicies lists them");
        return Err(fields.refuse());
    }

    let policy = app.policy_for(&call, name).ok_or(Error::PolicyNotFound)?;
    Ok(Response::new(pb::GetPolicyResponse { policy: Some(message::policy(policy)) }))
}
