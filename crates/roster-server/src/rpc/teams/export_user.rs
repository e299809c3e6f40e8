//! `ExportUser`: everything that is held about a person, page by page.

use roster_proto::v1 as pb;
use roster_store::ExportQuery;
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::{Call, Policies};
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::page::{List, read_export, write_export};
use crate::rpc::parse::Fields;

pub(super) async fn export_user(
    app: &App,
    request: Request<pb::ExportUserRequest>,
) -> Result<Response<pb::ExportUserResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let user = fields.user_id("user_id", &request.user_id);
    let emails = fields.emails("emails", &request.emails);
    let size = fields.page_size(request.page_size);
    let (Some(user), Some(emails), Some(size)) = (user, emails, size) else {
        return Err(fields.refuse());
    };

    let mut parameters = vec![request.user_id.as_bytes()];
    parameters.extend(request.emails.iter().map(String::as_bytes));
    let list = List::new(app, &call, "ExportUser", &parameters);
    let after = list.place(&request.page_token, read_export)?;
    // All of it, whether the policy is served or not: to show what there is no rule is needed.
    let policies = match &call.caller.policies {
        Policies::All => None,
        Policies::Only(_) => Some(app.policies_of(&call).map(|policy| policy.name.clone()).collect()),
    };
    let person = app.has_every_policy_for(&call);
    let query = ExportQuery { user: &user, emails: &emails, policies, person, after, limit: size + 1 };
    let records = app.store.export(&query).await?;
    let (records, next_page_token) = list.cut(records, size, |last| write_export(last.place()))?;
    Ok(Response::new(pb::ExportUserResponse {
        records: records.into_iter().map(message::export_record).collect(),
        next_page_token,
    }))
}
