//! `ListPolicies`: the policies on offer, by name.

use roster_proto::v1 as pb;
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::page::List;
use crate::rpc::parse::Fields;

pub(super) fn list_policies(
    app: &App,
    request: &Request<pb::ListPoliciesRequest>,
) -> Result<Response<pb::ListPoliciesResponse>, Error> {
    let call = Call::of(request)?;
    let request = request.get_ref();
    let mut fields = Fields::default();
    let Some(size) = fields.page_size(request.page_size) else {
        return Err(fields.refuse());
    };

    let list = List::new(app, &call, "ListPolicies", &[]);
    let after = list.place(&request.page_token, |cursor| String::from_utf8(cursor.to_vec()).ok())?;
    let rest = app
        .policies_of(&call)
        .filter(|policy| after.as_ref().is_none_or(|after| policy.name.as_str() > after.as_str()));
    let (policies, next_page_token) =
        list.cut(rest.collect(), size, |last| last.name.as_str().as_bytes().to_vec())?;
    let policies = policies.into_iter().map(message::policy).collect();
    Ok(Response::new(pb::ListPoliciesResponse { policies, next_page_token }))
}
