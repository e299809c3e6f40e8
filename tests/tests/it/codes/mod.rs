//! Team codes: made, typed, looked at, redeemed, ended. What happens to them at the same time is in `tests/tests/races/codes.rs`.

mod adoption;
mod ends;
mod gifts;
mod lives;
mod looks;
mod makers;
mod order;
mod replays;
mod shown;
mod texts;
mod uses;

use roster_testkit::{Data, Kind, Options, OwnPolicy, Server};

/// The preset with codes: an owner, admins, members, and guests whose grants are locked to one role.
const BRAND: &str = "brand";

/// A policy with what the preset lacks: another look of codes, seats, suspension, members who are restricted to what
/// they were granted, a steward who makes codes, and a warden who removes people and makes none.
const CLUB: &str = r#"
name = "club"
title = "Club"
suspension = true

[[roles]]
name = "owner"
founder = true
at_least_one = true
permissions = ["*"]
assigns = ["owner", "steward", "warden", "member"]
manages = ["owner", "steward", "warden", "member"]

[[roles]]
name = "steward"
permissions = ["team.read", "members.read", "codes.manage"]
assigns = ["member"]

[[roles]]
name = "warden"
permissions = ["team.read", "members.read", "members.remove"]
manages = ["steward", "member"]

[[roles]]
name = "member"
permissions = ["team.read", "members.read"]

[team_codes]
prefix = "CLUB-"
length = 8
lifetimes = ["PT36H", "never"]

[tiers]
names = ["small", "large"]
default = "large"

[seats]
by_tier = { small = 3, large = 200 }
pending_invitations_hold = false
suspended_members_hold = false

[[kinds]]
name = "room"

[[kinds.roles]]
name = "keeper"
permissions = ["rooms.enter", "rooms.lock"]

[[kinds.roles]]
name = "visitor"
permissions = ["rooms.enter"]

[kinds.reach]
owner = { all = "keeper" }
steward = { all = "keeper" }
warden = { base = "visitor" }
member = { scoped = "visitor" }
"#;

/// The club's policy, and a service that runs it. The file must outlive the service.
async fn club(kind: Kind) -> (OwnPolicy, Server) {
    let policy = OwnPolicy::of(CLUB);
    let server = Server::start_with(kind, policy.options()).await;
    (policy, server)
}

/// Starts the service again on the same data, after a kill, which takes less time than a stop.
async fn again(server: Server, options: Options) -> Server {
    let data: std::sync::Arc<Data> = server.crash().await;
    Server::start_on(data, options).await
}
