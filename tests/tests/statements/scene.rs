//! A service with a policy that has everything, and the teams that calls are made about.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use roster_testkit::{Data, Options, OwnPolicy, Server, known, new_team, row};

/// The name of the policy.
pub(crate) const POLICY: &str = "hall";

/// The policy has whatever a method can be about, so that nothing is left out for want of it.
pub(crate) const TEXT: &str = r#"
name = "hall"
title = "Hall"
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
permissions = ["team.read", "members.read"]

[[roles]]
name = "viewer"
permissions = ["team.read", "members.read"]

[invitations]
lifetime = "P7D"
address_locked = false

[invite_links]
lifetime = "P3D"
role = "viewer"

[team_codes]
prefix = "HALL-"
length = 6
lifetimes = ["P7D", "never"]

[tiers]
names = ["small", "large"]
default = "small"

[seats]
by_tier = { small = 1000, large = 2000 }
pending_invitations_hold = true

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

/// A service on new data.
pub(crate) struct Scene {
    /// The service.
    pub(crate) server: Server,
    next: AtomicU32,
    _policy: OwnPolicy,
}

/// A team, and its owner, whose address is known.
pub(crate) struct Hall {
    /// The team.
    pub(crate) id: String,
    /// The owner.
    pub(crate) owner: String,
}

impl Scene {
    /// Starts the service on these data.
    pub(crate) async fn start(data: Data, with: impl FnOnce(Options) -> Options) -> Self {
        let policy = OwnPolicy::of(TEXT);
        let server = Server::start_on(Arc::new(data), with(policy.options())).await;
        Self { server, next: AtomicU32::new(0), _policy: policy }
    }

    /// A name that nobody has.
    pub(crate) fn somebody(&self) -> String {
        format!("p{}", self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// A team of its own for a call.
    pub(crate) async fn hall(&self) -> Hall {
        let owner = self.somebody();
        let made = self.server.try_create(known(&owner), new_team(POLICY)).await.expect("a team can be made");
        let id = made.into_inner().team.expect("CreateTeam returns the team").team_id;
        Hall { id, owner }
    }

    /// A new member, whose address is known.
    pub(crate) async fn member(&self, hall: &Hall, role: &str) -> String {
        let user = self.somebody();
        let email = roster_testkit::address_of(&user);
        let row = roster_proto::v1::batch_add_members_request::Row { email, ..row(&user, role) };
        self.server.add(&hall.id, &[row]).await;
        user
    }

    /// Somebody whom the service knows and who is in no team that calls are made about.
    pub(crate) async fn acquaintance(&self) -> String {
        let elsewhere = self.hall().await;
        self.member(&elsewhere, "viewer").await
    }

    /// Invites that address to be an editor. The invitation's id and token.
    pub(crate) async fn invited(&self, hall: &Hall, email: &str) -> roster_testkit::Invite {
        self.server.invite(known(&hall.owner), &hall.id, email, "editor").await
    }
}
