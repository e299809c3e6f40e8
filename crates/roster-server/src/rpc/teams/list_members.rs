//! `ListMembers`: a team's active members, page by page.

use roster_domain::{PersonKey, Refusal, Timestamp};
use roster_proto::v1 as pb;
use roster_store::MemberQuery;
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::page::{List, read_pair, write_pair};
use crate::rpc::parse::Fields;
use crate::rpc::sight::Sight;

/// The longest prefix of an address that is looked for, in characters: that of the longest address.
const MAX_PREFIX_CHARS: usize = 254;

pub(super) async fn list_members(
    app: &App,
    request: Request<pb::ListMembersRequest>,
) -> Result<Response<pb::ListMembersResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let filter = request.filter.unwrap_or_default();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let size = fields.page_size(request.page_size);
    let role = fields.role_filter("filter.role", &filter.role);
    let prefix = email_prefix(&mut fields, &filter.email_prefix);
    let descending = match request.order_by.as_str() {
        "" | "join_time" => Some(false),
        "join_time desc" => Some(true),
        _ => fields.violation("order_by", "must be join_time or join_time desc"),
    };
    let (Some(team), Some(size), Some(role), Some(email_prefix), Some(descending)) =
        (team, size, role, prefix, descending)
    else {
        return Err(fields.refuse());
    };

    let sight = Sight::of(app, &call, team).await?;
    sight.standing()?.require("members.read")?;
    if let Some(role) = role.as_ref().filter(|role| sight.policy.role(role).is_none()) {
        return Err(Refusal::RoleUnknown { policy: sight.policy.name.clone(), role: role.clone() }.into());
    }

    let parameters = [&request.team_id, &filter.role, &filter.email_prefix, &request.order_by];
    let list = List::new(app, &call, "ListMembers", &parameters.map(String::as_bytes));
    let after = list
        .place(&request.page_token, read_pair)?
        .map(|(joined_at, person)| (Timestamp::from_micros(joined_at), PersonKey(person)));
    let total_size = match &email_prefix {
        None => Some(app.store.count_members(team, role.as_ref()).await?),
        Some(_) => None,
    };
    let query = MemberQuery { role, email_prefix, after, descending, limit: size + 1 };
    let members = app.store.members(team, &query).await?;
    let (members, next_page_token) =
        list.cut(members, size, |last| write_pair(last.joined_at.micros(), last.person.0))?;
    let members = members.into_iter().map(message::member).collect();
    Ok(Response::new(pb::ListMembersResponse { members, next_page_token, total_size }))
}

/// The beginning of a canonical address: none where it is empty.
fn email_prefix(fields: &mut Fields, text: &str) -> Option<Option<String>> {
    if text.chars().count() > MAX_PREFIX_CHARS {
        return fields.violation("filter.email_prefix", "must have at most 254 characters");
    }
    // No address has one, and Postgres takes no NUL in a text.
    if text.chars().any(char::is_control) {
        return fields.violation("filter.email_prefix", "must not contain control characters");
    }
    Some((!text.is_empty()).then(|| text.to_ascii_lowercase()))
}
