//! Nobody lets in somebody who would be more than itself: neither by role nor by what is granted.

use roster_proto::v1::batch_create_invitations_request::Row;
use roster_proto::v1::{CreateInvitationRequest, CreateTeamCodeRequest, ErrorReason, Grant};
use roster_testkit::{
    ATELIER, OwnPolicy, Server, address_of, assert_invitation_refused, assert_refused, atelier, both,
    code_to, invitation_to, on, on_all,
};

use crate::abuse::{APPRENTICE, Seen};

/// A policy whose links give a role that one who makes links does not assign.
const LADDER: &str = r#"
name = "ladder"
title = "Ladder"
self_role = "never"
self_leave = "never"

[[roles]]
name = "chief"
founder = true
at_least_one = true
permissions = ["*"]
assigns = ["chief", "keeper", "guest"]
manages = ["chief", "keeper", "guest"]

[[roles]]
name = "keeper"
permissions = ["team.read", "links.manage"]
assigns = ["guest"]

[[roles]]
name = "guest"
permissions = ["team.read"]

[invite_links]
lifetime = "P1D"
role = "keeper"
"#;

#[tokio::test]
async fn nobody_gives_a_role_that_its_own_does_not_assign() {
    let (_policy, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.team_under(ATELIER, "ada", &[("fay", "foreman")]).await;
        let [above, beside] = [("bob", "steward"), ("cyd", "foreman")];
        let by_ada = server.invite("ada", &team, &address_of(above.0), above.1).await;
        let before = Seen::by(&server, "ada", &team).await;
        for (user, role) in [above, beside, ("dan", "master")] {
            let attempt = Attempt { user, role, grants: vec![] };
            attempt.assert_refused(&server, &team, ErrorReason::RoleNotAssignable).await;
        }
        assert_refused(server.try_resend("fay", &team, &by_ada.id).await, ErrorReason::RoleNotAssignable);
        before.assert_still(&server).await;
        // Who may not make it may still take it back: that lets nobody in.
        server.cancel("fay", &team, &by_ada.id).await;
        server.invite("fay", &team, &address_of("dan"), "journeyman").await;
    })
    .await;
}

#[tokio::test]
async fn nobody_gives_a_role_with_exactly_one_holder() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for (policy, sole) in [("account", "owner"), ("brand", "owner"), ("workspace", "creator")] {
            let team = match policy {
                "account" => server.account("ada", "enterprise").await,
                policy => server.create_under("ada", policy).await,
            };
            server.add(&team, &[roster_testkit::row("amy", "admin")]).await;
            for actor in ["ada", "amy"] {
                let invited = server.try_invite(actor, &team, &address_of("bob"), sole).await;
                assert_refused(invited, ErrorReason::SoleRole);
                let row = roster_testkit::invitation_row(&address_of("bob"), sole);
                let rows = server.try_invite_all(actor, &team, &[row]).await.expect("a batch").into_inner();
                assert_invitation_refused(&rows.results[0], ErrorReason::SoleRole);
            }
            if policy == "brand" {
                let coded = server.try_create_code("ada", code_to(&team, sole)).await;
                assert_refused(coded, ErrorReason::SoleRole);
            }
            assert!(server.invitations("ada", &team).await.is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_makes_a_link_to_a_role_that_its_own_does_not_assign() {
    let policy = OwnPolicy::of(LADDER);
    both(async |kind| {
        let server = Server::start_with(kind, policy.options()).await;
        let team = server.team_under("ladder", "ada", &[("kim", "keeper")]).await;
        assert_refused(server.try_create_link("kim", &team).await, ErrorReason::RoleNotAssignable);
        let link = server.create_link("ada", &team).await;
        let (_, token) = server.link("kim", &team, &link.id).await;
        assert!(token.is_empty(), "who could not make it is not shown its token");
        assert!(server.link("ada", &team, &link.id).await.1 == link.token);
    })
    .await;
}

#[tokio::test]
async fn nobody_grants_what_it_does_not_have() {
    let (_policy, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.team_under(ATELIER, "ada", &[("fay", "foreman"), ("fox", "foreman")]).await;
        // Fay views all pieces and makes one; of the rooms she keeps one alone.
        let own = [on("piece", "vase", "maker"), on("room", "kiln", "keeper")];
        server.grant("ada", &team, "fay", &own).await;
        let invited = CreateInvitationRequest {
            grants: vec![on("piece", "bowl", "maker"), on("room", "kiln", "visitor")],
            ..invitation_to(&team, &address_of("bob"), "journeyman")
        };
        let by_ada = server.invites_as("ada").create_invitation(invited).await.expect("ada may").into_inner();
        let by_ada = by_ada.invitation.expect("the invitation").invitation_id;
        let before = Seen::by(&server, "ada", &team).await;

        let kiln = on("room", "kiln", "visitor");
        for (role, grants) in [
            ("journeyman", vec![on("piece", "bowl", "maker"), kiln.clone()]),
            ("journeyman", vec![on_all("piece", "maker"), kiln.clone()]),
            ("journeyman", vec![on("room", "cellar", "visitor")]),
            // Without rooms of their own they would visit all of them.
            (APPRENTICE, vec![]),
            ("journeyman", vec![on("piece", "vase", "maker")]),
        ] {
            let attempt = Attempt { user: "cyd", role, grants };
            attempt.assert_refused(&server, &team, ErrorReason::BeyondOwnAccess).await;
        }
        assert_refused(server.try_create_link("fay", &team).await, ErrorReason::BeyondOwnAccess);
        assert_refused(server.try_resend("fay", &team, &by_ada).await, ErrorReason::BeyondOwnAccess);
        before.assert_still(&server).await;

        let within = CreateInvitationRequest {
            grants: vec![on("piece", "vase", "maker"), on("piece", "bowl", "viewer"), kiln],
            ..invitation_to(&team, &address_of("cyd"), "journeyman")
        };
        server.invites_as("fay").create_invitation(within).await.expect("as much as she has");
        server.create_link("fox", &team).await;
    })
    .await;
}

/// Somebody is to be let in by fay.
struct Attempt {
    user: &'static str,
    role: &'static str,
    grants: Vec<Grant>,
}

impl Attempt {
    /// Tries it by invitation, by the row of a batch and by code.
    async fn assert_refused(&self, server: &Server, team: &str, reason: ErrorReason) {
        let Self { user, role, grants } = self;
        let what = format!("{role} with {grants:?}");
        let email = address_of(user);
        let invite = CreateInvitationRequest { grants: grants.clone(), ..invitation_to(team, &email, role) };
        for validate_only in [true, false] {
            let invite = CreateInvitationRequest { validate_only, ..invite.clone() };
            let outcome = server.invites_as("fay").create_invitation(invite).await;
            assert!(outcome.is_err(), "{what}");
            assert_refused(outcome, reason);
        }
        let row = Row { email, role: (*role).into(), grants: grants.clone() };
        let batch = server.try_invite_all("fay", team, &[row]).await.expect("a batch is answered");
        assert_invitation_refused(&batch.get_ref().results[0], reason);
        let code = CreateTeamCodeRequest { grants: grants.clone(), ..code_to(team, role) };
        assert_refused(server.try_create_code("fay", code).await, reason);
    }
}
