//! `ListEvents`: a team's audit log, the newest event first.

use prost::Message;
use roster_domain::{PolicyName, Refusal};
use roster_proto::v1 as pb;
use roster_store::{EventFilter, EventType};
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::{Call, Scope};
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::page::{List, read_pair, write_pair};
use crate::rpc::parse::Fields;
use crate::rpc::sight::Sight;

/// How many types a filter may name.
const MAX_TYPES: usize = 50;

pub(super) async fn list_events(
    app: &App,
    request: Request<pb::ListEventsRequest>,
) -> Result<Response<pb::ListEventsResponse>, Error> {
    let call = Call::of(&request)?;
    if call.actor.is_none() {
        call.by_itself(Scope::EventsWatchAll)?;
    }
    let request = request.into_inner();
    let filter = request.filter.unwrap_or_default();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let size = fields.page_size(request.page_size);
    let types = event_types(&mut fields, &filter.types);
    let actor = match filter.actor_user_id.as_str() {
        "" => Some(None),
        id => fields.anybody("filter.actor_user_id", id).map(Some),
    };
    let target = match filter.target_user_id.as_str() {
        "" => Some(None),
        id => fields.anybody("filter.target_user_id", id).map(Some),
    };
    let start = fields.time("filter.start_time", filter.start_time);
    let end = fields.time("filter.end_time", filter.end_time);
    let (Some(team), Some(size), Some(types), Some(actor), Some(target), Some(start), Some(end)) =
        (team, size, types, actor, target, start, end)
    else {
        return Err(fields.refuse());
    };

    let list = List::new(app, &call, "ListEvents", &[request.team_id.as_bytes(), &filter.encode_to_vec()]);
    let after = list.place(&request.page_token, |cursor| {
        let (revision, position) = read_pair(cursor)?;
        Some((revision, i16::try_from(position).ok()?))
    })?;
    let filter = EventFilter { types, actor, target, start, end, after, limit: size + 1 };
    let events = if call.actor.is_some() {
        let sight = Sight::with(app, &call, team, &filter).await?;
        sight.standing()?.require("events.read")?;
        sight.answer
    } else {
        let visible = |policy: &PolicyName| app.has_policy_for(&call, policy);
        let asked = app.store.ask_even_deleted(team, &app.policies, visible, &filter).await?;
        asked.ok_or(Refusal::TeamNotAccessible)?.facts
    };
    let (events, next_page_token) =
        list.cut(events, size, |last| write_pair(last.revision, i64::from(last.position)))?;
    let events = events.into_iter().map(|event| message::event(team, event)).collect();
    Ok(Response::new(pb::ListEventsResponse { events, next_page_token }))
}

fn event_types(fields: &mut Fields, numbers: &[i32]) -> Option<Vec<EventType>> {
    if numbers.len() > MAX_TYPES {
        return fields.violation("filter.types", "must name at most 50 types");
    }
    let types: Vec<Option<EventType>> = numbers
        .iter()
        .enumerate()
        .map(|(place, number)| match pb::EventType::try_from(*number).ok().and_then(message::stored_type) {
            Some(kind) => Some(kind),
            None => fields.violation(format!("filter.types[{place}]"), "must be a known type of event"),
        })
        .collect();
    types.into_iter().collect()
}
