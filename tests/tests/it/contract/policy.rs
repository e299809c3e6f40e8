//! The policy of the contract suite's team.

/// The policy has whatever a method can be about.
pub(crate) const POLICY: &str = r#"
name = "matrix"
title = "Matrix"
suspension = true
self_role = "unless_last"
self_leave = "unless_last"

[[roles]]
name = "owner"
founder = true
sole = { transferable = true, former_holder_becomes = "admin" }
permissions = ["*"]
assigns = ["admin", "editor", "viewer"]
manages = ["admin", "editor", "viewer"]

[[roles]]
name = "admin"
permissions = ["*"]
assigns = ["admin", "editor", "viewer"]
manages = ["admin", "editor", "viewer"]

[[roles]]
name = "editor"
permissions = ["team.read", "members.read", "invitations.read", "events.read"]

[[roles]]
name = "viewer"
permissions = ["team.read"]

[invitations]
lifetime = "P7D"
address_locked = false

[invite_links]
lifetime = "P3D"
role = "viewer"

[team_codes]
prefix = "MX-"
length = 6
lifetimes = ["P7D", "never"]

[tiers]
names = ["small", "large"]
default = "small"

[[kinds]]
name = "project"

[[kinds.roles]]
name = "manager"
permissions = ["projects.read", "projects.write"]

[[kinds.roles]]
name = "reader"
permissions = ["projects.read"]

[kinds.reach]
owner = { all = "manager" }
admin = { all = "manager" }
editor = { scoped = "reader" }
viewer = { scoped = "reader" }
"#;
