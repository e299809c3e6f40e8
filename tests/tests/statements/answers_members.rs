//! Members as the calls answer that change them.

use roster_proto::v1::{
    AccessChange, ChangeMemberRoleRequest, Grant, RestoreMemberRequest, SetMemberAccessRequest,
    SuspendMemberRequest, TransferOwnershipRequest,
};
use roster_testkit::{Actor, Kind, Server, both, known, on, on_all, only, row, service};

use crate::answers::{LOFT, assert_member, house, moved, undone_member};
use crate::scene::POLICY;

/// A policy, the kind of its resources with two roles, and roles that ada gives bob one after the other.
struct Case {
    policy: &'static str,
    kind: &'static str,
    on_kind: [&'static str; 2],
    roles: &'static [&'static str],
}

const CASES: [Case; 7] = [
    Case { policy: "organization", kind: "", on_kind: [""; 2], roles: &["viewer", "admin", "editor"] },
    Case { policy: "studio", kind: "", on_kind: [""; 2], roles: &["viewer", "owner", "editor"] },
    Case { policy: "workspace", kind: "", on_kind: [""; 2], roles: &["user", "admin", "user"] },
    Case {
        policy: "account",
        kind: "project",
        on_kind: ["viewer", "viewer"],
        roles: &["viewer", "editor", "viewer", "admin"],
    },
    Case {
        policy: "brand",
        kind: "brand",
        on_kind: ["standard", "viewer"],
        roles: &["member", "guest", "member", "admin", "guest"],
    },
    Case {
        policy: POLICY,
        kind: "project",
        on_kind: ["reader", "reader"],
        roles: &["viewer", "editor", "viewer", "admin", "editor"],
    },
    Case {
        policy: LOFT,
        kind: "project",
        on_kind: ["reader", "reader"],
        roles: &["editor", "admin", "viewer"],
    },
];

impl Case {
    /// Grants in an order in which they are not shown.
    fn grants(&self) -> Vec<Grant> {
        if self.kind.is_empty() {
            return Vec::new();
        }
        let [first, second] = self.on_kind;
        vec![on(self.kind, "z9", first), on(self.kind, "a1", second), on(self.kind, "m5", first)]
    }

    /// A team of ada's with bob, who has the first role and no grants yet.
    async fn team(&self, server: &Server) -> String {
        let team = server.create_under(known("ada"), self.policy).await;
        if self.policy == "account" {
            server.set_tier(&team, "enterprise").await;
        }
        server.add(&team, &[row("bob", self.roles[0])]).await;
        team
    }
}

#[tokio::test]
async fn another_role_is_answered_as_it_is_read() {
    for_each(async |server, case| {
        let team = case.team(server).await;
        let grants = case.grants();
        if !grants.is_empty() {
            server.grant(known("ada"), &team, "bob", &grants).await;
        }
        for role in case.roles.iter().skip(1).chain(case.roles) {
            change(server, (known("ada"), "bob"), &team, role, None).await;
        }
    })
    .await;
}

#[tokio::test]
async fn another_role_with_grants_is_answered_as_it_is_read() {
    for_each(async |server, case| {
        let grants = case.grants();
        if grants.is_empty() {
            return;
        }
        let team = case.team(server).await;
        for (turn, role) in case.roles.iter().skip(1).chain(case.roles).enumerate() {
            // None, one, and all of them, without those that the role may not have.
            let some = grants.iter().take(turn % 3 * grants.len() / 2);
            let some: Vec<_> =
                some.filter(|grant| *role != "guest" || grant.role == case.on_kind[1]).cloned().collect();
            // A role that reaches everything has no grants but where the policy keeps them.
            let access = (*role != "admin" && *role != "editor"
                || case.policy == POLICY && *role == "editor")
                .then(|| only(&some));
            change(server, (known("ada"), "bob"), &team, role, access).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_own_role_is_answered_with_an_address_that_is_new() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for (policy, founder, role) in [("organization", "admin", "editor"), ("studio", "owner", "viewer")] {
            let team = server.create_under(known("ada"), policy).await;
            server.add(&team, &[row("bob", founder)]).await;
            change(&server, (moved("bob"), "bob"), &team, founder, None).await;
            let changed = change(&server, (known("bob"), "bob"), &team, role, None).await;
            assert_eq!(changed, "bob@example.org");
        }
    })
    .await;
}

#[tokio::test]
async fn grants_are_answered_as_they_are_read() {
    for_each(async |server, case| {
        let grants = case.grants();
        if grants.is_empty() {
            return;
        }
        let team = case.team(server).await;
        let all = on_all(case.kind, case.on_kind[1]);
        let mut mixed = vec![grants[0].clone(), all, grants[1].clone()];
        if case.policy != "brand" {
            mixed.remove(1);
        }
        let unrestrict = AccessChange { grants: Vec::new(), unrestrict_kinds: vec![case.kind.into()] };
        let unrestricted = (case.policy != "brand").then_some(unrestrict);
        let turns = [only(&grants), only(&mixed), only(&[]), only(&grants[1..])];
        for access in turns.into_iter().chain(unrestricted) {
            let request = SetMemberAccessRequest {
                team_id: team.clone(),
                user_id: "bob".into(),
                access: Some(access),
                ..SetMemberAccessRequest::default()
            };
            let dry = SetMemberAccessRequest { validate_only: true, ..request.clone() };
            let mut client = server.team_as(known("ada"));
            let would = client.set_member_access(dry).await.unwrap().into_inner();
            let did = client.set_member_access(request).await.unwrap().into_inner();
            let member = assert_member(server, ("ada", &team), did.member, case.policy).await;
            assert_eq!(would.member.unwrap(), undone_member(&member), "{}", case.policy);
            assert_eq!(
                (would.revision, did.revision),
                (did.revision, server.team("ada", &team).await.revision)
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_suspension_and_its_end_are_answered_as_they_are_read() {
    for_each(async |server, case| {
        if !["studio", POLICY, LOFT].contains(&case.policy) {
            return;
        }
        let team = case.team(server).await;
        if !case.kind.is_empty() {
            server.grant(known("ada"), &team, "bob", &case.grants()).await;
        }
        // Each of them twice: the second changes nothing.
        for _ in 0..2 {
            let request = SuspendMemberRequest {
                team_id: team.clone(),
                user_id: "bob".into(),
                ..SuspendMemberRequest::default()
            };
            let dry = SuspendMemberRequest { validate_only: true, ..request.clone() };
            let mut client = server.team_as(known("ada"));
            let would = client.suspend_member(dry).await.unwrap().into_inner();
            let did = client.suspend_member(request).await.unwrap().into_inner();
            let member = assert_member(server, ("ada", &team), did.member, case.policy).await;
            assert_eq!(would.member.unwrap(), undone_member(&member), "{}", case.policy);
            assert_eq!(
                (would.revision, did.revision),
                (did.revision, server.team("ada", &team).await.revision)
            );
        }
        for _ in 0..2 {
            let request = RestoreMemberRequest {
                team_id: team.clone(),
                user_id: "bob".into(),
                ..RestoreMemberRequest::default()
            };
            let dry = RestoreMemberRequest { validate_only: true, ..request.clone() };
            let mut client = server.team_as(known("ada"));
            let would = client.restore_member(dry).await.unwrap().into_inner();
            let did = client.restore_member(request).await.unwrap().into_inner();
            let member = assert_member(server, ("ada", &team), did.member, case.policy).await;
            assert_eq!(would.member.unwrap(), undone_member(&member), "{}", case.policy);
            assert_eq!(
                (would.revision, did.revision),
                (did.revision, server.team("ada", &team).await.revision)
            );
        }
    })
    .await;
}

// `transfer.rs` has the rest: what an owner's own transfer answers, and what it keeps of grants.
#[tokio::test]
async fn a_transfer_is_answered_as_it_is_read_with_restrictions_and_an_address_that_is_new() {
    for_each(async |server, case| {
        if ["organization", "studio"].contains(&case.policy) {
            return;
        }
        let team = case.team(server).await;
        if !case.kind.is_empty() {
            server.grant(known("ada"), &team, "bob", &case.grants()).await;
        }
        let workspace = case.policy == "workspace";
        for (from, to) in [("ada", "bob"), ("bob", "ada"), ("ada", "ada")] {
            let who = if workspace { service("teams.administer") } else { moved(from) };
            let request = TransferOwnershipRequest {
                team_id: team.clone(),
                user_id: to.into(),
                ..TransferOwnershipRequest::default()
            };
            let dry = TransferOwnershipRequest { validate_only: true, ..request.clone() };
            let mut client = server.team_as(who);
            let would = client.transfer_ownership(dry).await.unwrap().into_inner();
            let did = client.transfer_ownership(request).await.unwrap().into_inner();
            let holder = assert_member(server, ("ada", &team), did.member, case.policy).await;
            assert_eq!(would.member.unwrap(), undone_member(&holder), "{}", case.policy);
            if let Some(former) = did.former_holder {
                let former = assert_member(server, ("ada", &team), Some(former), case.policy).await;
                assert_eq!(would.former_holder.unwrap(), undone_member(&former));
            } else {
                assert_eq!((from, would.former_holder), (to, None));
            }
            assert_eq!(
                (would.revision, did.revision),
                (did.revision, server.team("ada", &team).await.revision)
            );
        }
    })
    .await;
}

/// Runs a test with every policy, on both kinds.
async fn for_each(test: impl AsyncFn(&Server, &Case)) {
    both(async |kind: Kind| {
        let (_policy, server) = house(kind).await;
        for case in &CASES {
            test(&server, case).await;
        }
    })
    .await;
}

/// Gives a member a role, and compares the answers with what is read. The member's address.
async fn change(
    server: &Server,
    (who, user): (Actor, &str),
    team: &str,
    role: &str,
    access: Option<AccessChange>,
) -> String {
    let request = ChangeMemberRoleRequest {
        team_id: team.into(),
        user_id: user.into(),
        role: role.into(),
        access,
        ..ChangeMemberRoleRequest::default()
    };
    let dry = ChangeMemberRoleRequest { validate_only: true, ..request.clone() };
    let mut client = server.team_as(who);
    let would = client.change_member_role(dry).await.expect("it would be").into_inner();
    let did = client.change_member_role(request).await.expect("it is changed").into_inner();
    let what = format!("{user} as {role}");
    let member = assert_member(server, ("ada", team), did.member, &what).await;
    assert_eq!(would.member, Some(undone_member(&member)), "{what}");
    assert_eq!(would.rewritten_grants, did.rewritten_grants, "{what}");
    assert_eq!((would.revision, did.revision), (did.revision, server.team("ada", team).await.revision));
    member.email
}
