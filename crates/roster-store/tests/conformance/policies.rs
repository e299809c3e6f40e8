//! The policies that the teams of the cases follow.

use roster_domain::{Policy, policy};

/// Owners give all roles; stewards make links, to guests only.
const CLUB: &str = r#"
name = "club"
title = "Club"
description = "A club."
self_role = "unless_last"
self_leave = "unless_last"

[[roles]]
name = "owner"
founder = true
at_least_one = true
permissions = ["*"]
assigns = ["owner", "steward", "guest"]
manages = ["owner", "steward", "guest"]

[[roles]]
name = "steward"
permissions = ["team.read", "members.read", "links.manage"]
assigns = ["guest"]

[[roles]]
name = "guest"
permissions = ["team.read"]

[invite_links]
lifetime = "PT72H"
role = "guest"
"#;

/// What a guild has besides what a club has.
const GUILD: &str = r#"
[invitations]
lifetime = "P7D"

[team_codes]
prefix = "GD-"
length = 8
lifetimes = ["P1D", "never"]

[tiers]
names = ["small", "large"]
default = "small"

[seats]
by_tier = { small = 3, large = 30 }
pending_invitations_hold = true
suspended_members_hold = false

[[kinds]]
name = "brand"

[[kinds.roles]]
name = "editor"
permissions = ["brands.view", "brands.edit"]

[[kinds.roles]]
name = "viewer"
permissions = ["brands.view"]

[kinds.reach]
owner = { all = "editor" }
steward = { scoped = "editor" }
guest = "granted"

[[kinds]]
name = "shelf"

[[kinds.roles]]
name = "reader"
permissions = ["shelves.read"]

[kinds.reach]
owner = { all = "reader" }
steward = { scoped = "reader" }
guest = "granted"
"#;

/// The policy of every team here, unless a case says otherwise: it has neither seats nor grants.
pub(crate) fn club() -> Policy {
    policy::parse("club.toml", CLUB).unwrap()
}

/// Another policy, with the same roles.
pub(crate) fn choir() -> Policy {
    policy::parse("choir.toml", &CLUB.replace("\"club\"", "\"choir\"")).unwrap()
}

/// A policy with everything: invitations, codes, tiers, three seats in the small one, grants, suspension and teams of
/// one.
pub(crate) fn guild() -> Policy {
    let head = "personal_team = true\nsuspension = true\n\n[[roles]]";
    let text = CLUB.replace("\"club\"", "\"guild\"").replacen("[[roles]]", head, 1) + GUILD;
    policy::parse("guild.toml", &text).unwrap()
}

/// A guild with exactly one owner.
pub(crate) fn crew() -> Policy {
    let sole = "sole = { transferable = true, former_holder_becomes = \"steward\" }";
    let text = CLUB
        .replace("\"club\"", "\"crew\"")
        .replace("at_least_one = true", sole)
        .replace("[\"owner\", \"steward\", \"guest\"]", "[\"steward\", \"guest\"]")
        + GUILD;
    policy::parse("crew.toml", &text).unwrap()
}
