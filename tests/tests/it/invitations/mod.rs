//! E-mail invitations: how they are made and how they end, whom they admit, and who sees them.

mod accept;
mod answer;
mod batch_rows;
mod batch_whole;
mod fields;
mod life;
mod lists;
mod lives;
mod maker;
mod received;
mod replays;
mod resend;
mod seats;
mod walks;

use roster_proto::v1::{Event, EventType, InvitationState};
use roster_testkit::{OwnPolicy, Refused, Server};

/// A policy whose invitations run out while one looks.
const BRIEF: &str = r#"
name = "brief"
title = "Brief"
self_role = "never"
self_leave = "never"

[[roles]]
name = "owner"
founder = true
permissions = ["*"]
assigns = ["owner", "guest"]
manages = ["owner", "guest"]

[[roles]]
name = "guest"
permissions = ["team.read"]

[invitations]
lifetime = "PT1S"
address_locked = true
"#;

/// The policy `brief`.
fn brief() -> OwnPolicy {
    OwnPolicy::of(BRIEF)
}

/// What a refusal says under a key; nothing where it has no such key.
fn said<'a>(refused: &'a Refused, key: &str) -> &'a str {
    refused.metadata.get(key).map_or("", String::as_str)
}

/// The state of an invitation, as its team sees it.
async fn state(server: &Server, team: &str, id: &str) -> InvitationState {
    server.invitation("ada", team, id).await.state()
}

/// The types of a commit's events, in their order.
async fn types_at(server: &Server, team: &str, revision: i64) -> Vec<EventType> {
    let mut events = server.events("ada", team).await;
    events.reverse();
    events.iter().filter(|event| event.revision == revision).map(Event::r#type).collect()
}
