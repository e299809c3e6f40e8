//! `ListMembers`: a team's members, page by page.

use prost::Message;
use roster_domain::decide::seats;
use roster_domain::policy::KindName;
use roster_domain::{MemberState, PersonKey, Refusal, ResourceId, Timestamp};
use roster_proto::v1 as pb;
use roster_proto::v1::list_members_request::Filter;
use roster_store::{MemberCount, MemberQuery, PendingInvitations, SeatsTaken};
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::page::{List, read_pair, write_pair};
use crate::rpc::parse::Fields;
use crate::rpc::sight::Sight;

/// How many pending invitations the first page shows.
const MAX_PENDING: u64 = 200;

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
    let state = member_state(&mut fields, filter.state);
    let resource = resource(&mut fields, &filter);
    let descending = match request.order_by.as_str() {
        "" | "join_time" => Some(false),
        "join_time desc" => Some(true),
        _ => fields.violation("order_by", "must be join_time or join_time desc"),
    };
    let (
        Some(team),
        Some(size),
        Some(role),
        Some(email_prefix),
        Some(state),
        Some(resource),
        Some(descending),
    ) = (team, size, role, prefix, state, resource, descending)
    else {
        return Err(fields.refuse());
    };

    let parameters = [request.team_id.as_bytes(), &filter.encode_to_vec(), request.order_by.as_bytes()];
    let list = List::new(app, &call, "ListMembers", &parameters);
    let after = list
        .place(&request.page_token, read_pair)?
        .map(|(joined_at, person)| (Timestamp::from_micros(joined_at), PersonKey(person)));
    let is_first = after.is_none();
    let count = MemberCount { state, role: role.as_ref() };
    let count = (email_prefix.is_none() && resource.is_none()).then_some(count);
    let seats_taken = is_first.then_some(SeatsTaken);
    let query = MemberQuery {
        state,
        role: role.clone(),
        resource: resource.clone(),
        email_prefix,
        after,
        descending,
        limit: size + 1,
    };
    let sight = Sight::with(app, &call, team, &((seats_taken, count), query)).await?;
    sight.standing()?.require("members.read")?;
    if let Some(role) = role.as_ref().filter(|role| sight.policy.role(role).is_none()) {
        return Err(Refusal::RoleUnknown { policy: sight.policy.name.clone(), role: role.clone() }.into());
    }

    if let Some((kind, _)) = resource.as_ref().filter(|(kind, _)| sight.policy.kind(kind).is_none()) {
        let policy = sight.policy.name.clone();
        return Err(Refusal::KindUnknown { policy, kind: kind.clone() }.into());
    }

    let pending_invitations = if is_first { pending(app, &sight).await? } else { Vec::new() };
    let ((seats_taken, total_size), members) = sight.answer;
    let tier = sight.team.facts.tier.as_ref();
    let seats = seats_taken.and_then(|taken| seats(sight.policy, tier, taken));
    let (members, next_page_token) =
        list.cut(members, size, |last| write_pair(last.joined_at.micros(), last.person.0))?;
    Ok(Response::new(pb::ListMembersResponse {
        members: members.into_iter().map(message::member).collect(),
        next_page_token,
        total_size,
        seats: seats.map(message::seats),
        pending_invitations,
    }))
}

/// The pending invitations, for those who may read them, where the policy has invitations.
async fn pending<A>(app: &App, sight: &Sight<'_, A>) -> Result<Vec<pb::Invitation>, Error> {
    let may = sight.standing()?.require("invitations.read").is_ok();
    if !may || sight.policy.invitations.is_none() {
        return Ok(Vec::new());
    }
    let (team, now) = (sight.team.id, sight.now);
    let question = PendingInvitations { now, limit: MAX_PENDING };
    // The team was seen to be the caller's. If it was deleted since, it has none.
    let asked = app.store.ask(team, &app.policies, |_| true, &question).await?;
    let pending = asked.map(|asked| asked.facts).unwrap_or_default();
    Ok(pending.into_iter().map(|one| message::invitation(team, sight.policy, one, now)).collect())
}

fn member_state(fields: &mut Fields, number: i32) -> Option<MemberState> {
    match pb::MemberState::try_from(number) {
        Ok(pb::MemberState::Unspecified | pb::MemberState::Active) => Some(MemberState::Active),
        Ok(pb::MemberState::Suspended) => Some(MemberState::Suspended),
        Err(_) => fields.violation("filter.state", "must be active or suspended"),
    }
}

/// The resource that members must have a grant of: none where neither it nor its kind is named.
fn resource(fields: &mut Fields, filter: &Filter) -> Option<Option<(KindName, ResourceId)>> {
    match (filter.resource_kind.as_str(), filter.resource_id.as_str()) {
        ("", "") => Some(None),
        ("", _) => fields.violation("filter.resource_kind", "must be there beside filter.resource_id"),
        (_, "") => fields.violation("filter.resource_id", "must be there beside filter.resource_kind"),
        (kind, id) => {
            let kind = fields.kind("filter.resource_kind", kind);
            let id = fields.text("filter.resource_id", ResourceId::parse(id));
            Some(Some((kind?, id?)))
        }
    }
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
