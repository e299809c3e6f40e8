//! A policy of the tests' own, with what no preset has: people who help to run a team without reaching everything.

use crate::data::Options;
use crate::steps_teams::OwnPolicy;

/// The policy's name.
pub const ATELIER: &str = "atelier";

/// A steward changes, suspends and removes anybody, and grants nothing; a foreman grants and lets people in, and
/// reaches less than all.
const POLICY: &str = r#"
name = "atelier"
title = "Atelier"
suspension = true
self_role = "unless_last"
self_leave = "unless_last"

[[roles]]
name = "master"
founder = true
at_least_one = true
permissions = ["*"]
assigns = ["master", "steward", "foreman", "journeyman", "apprentice"]
manages = ["master", "steward", "foreman", "journeyman", "apprentice"]

[[roles]]
name = "steward"
permissions = [
    "team.read", "members.read", "members.change_role", "members.suspend", "members.remove", "events.read",
]
assigns = ["journeyman", "apprentice"]
manages = ["master", "steward", "foreman", "journeyman", "apprentice"]

[[roles]]
name = "foreman"
permissions = [
    "team.read", "members.read", "members.change_role", "access.manage", "links.manage", "members.invite",
    "invitations.read", "codes.manage",
]
assigns = ["journeyman", "apprentice"]
manages = ["foreman", "journeyman", "apprentice"]

[[roles]]
name = "journeyman"
permissions = ["team.read", "members.read"]

[[roles]]
name = "apprentice"
permissions = ["team.read", "members.read"]

[invitations]
lifetime = "P7D"
address_locked = true

[invite_links]
lifetime = "P1D"
role = "apprentice"

[team_codes]
prefix = "AT-"
length = 6
lifetimes = ["P7D", "never"]

[[kinds]]
name = "piece"

[[kinds.roles]]
name = "maker"
permissions = ["pieces.view", "pieces.make"]

[[kinds.roles]]
name = "viewer"
permissions = ["pieces.view"]

[kinds.reach]
master = { all = "maker" }
steward = { base = "viewer" }
foreman = { base = "viewer" }
journeyman = "granted"
apprentice = { granted = "viewer" }

[[kinds]]
name = "room"

[[kinds.roles]]
name = "keeper"
permissions = ["rooms.enter", "rooms.lock"]

[[kinds.roles]]
name = "visitor"
permissions = ["rooms.enter"]

[kinds.reach]
master = { all = "keeper" }
steward = { scoped = "keeper" }
foreman = { scoped = "keeper" }
journeyman = { scoped = "visitor" }
apprentice = { scoped = "visitor" }
"#;

/// The policy's file, and a run of the service with it. The file must outlive the run.
#[must_use]
pub fn atelier() -> (OwnPolicy, Options) {
    let policy = OwnPolicy::of(POLICY);
    let options = policy.options();
    (policy, options)
}
