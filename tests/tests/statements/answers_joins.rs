//! Team and membership as everybody is answered who joins, or is there already.

use roster_proto::v1::{CreateInvitationRequest, CreateTeamCodeRequest, Grant, Member, Team};
use roster_testkit::{Actor, By, Server, actor, both, code_to, invitation_to, known, on, row};

use crate::answers::{LOFT, assert_member, assert_team, house, moved};
use crate::scene::POLICY;

#[tokio::test]
async fn by_a_link() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for policy in ["organization", POLICY, LOFT] {
            let team = scene(&server, policy).await;
            let link = server.create_link(known("ada"), &team).await;
            for (who, user, is_there) in joiners() {
                let joined = server.redeem(who, &link.token).await;
                assert_eq!(joined.already_member, is_there, "{policy}: {user}");
                assert_seen(&server, (&team, user), joined.team, joined.member).await;
            }
            back(&server, policy, &team).await;
            let link = server.create_link(known("ada"), &team).await;
            let joined = server.redeem(known("bob"), &link.token).await;
            assert_seen(&server, (&team, "bob"), joined.team, joined.member).await;
        }
    })
    .await;
}

#[tokio::test]
async fn by_a_code() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for policy in ["brand", POLICY, LOFT] {
            let team = scene(&server, policy).await;
            let (role, grants) = offered(policy);
            let request = CreateTeamCodeRequest { grants, ..code_to(&team, role) };
            let code = server.create_code_of(known("ada"), request.clone()).await.code;
            for (who, user, is_there) in joiners() {
                let joined = server.redeem_code(who, &code).await;
                assert_eq!(joined.already_member, is_there, "{policy}: {user}");
                assert_seen(&server, (&team, user), joined.team, joined.member).await;
            }
            back(&server, policy, &team).await;
            let code = server.create_code_of(known("ada"), request).await.code;
            let joined = server.redeem_code(known("bob"), &code).await;
            assert_seen(&server, (&team, "bob"), joined.team, joined.member).await;
        }
    })
    .await;
}

#[tokio::test]
async fn by_an_invitation() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for policy in ["account", "brand", "studio", "workspace", POLICY, LOFT] {
            let team = scene(&server, policy).await;
            // By token without an address where the policy does not lock it.
            let open = ["account", POLICY, LOFT].contains(&policy);
            for (who, user, is_there) in joiners() {
                // Only the last of them has one that is new: there each answer is to an invitation of its own.
                let email = if is_there {
                    format!("{user}@moved.example.org")
                } else {
                    format!("{user}@example.org")
                };
                let named = actor(user).email(&email);
                let who = if open { who } else { named };
                let by = By::Token(invite(&server, (&team, policy), &email).await);
                let joined = server.accept(&who, by.clone()).await;
                assert_eq!(joined.already_member, is_there, "{policy}: {user}");
                assert_seen(&server, (&team, user), joined.team, joined.member).await;
                // Again, which changes nothing.
                let joined = server.accept(&who, by).await;
                assert_seen(&server, (&team, user), joined.team, joined.member).await;
            }
            back(&server, policy, &team).await;
            let token = invite(&server, (&team, policy), "bob@example.org").await;
            let joined = server.accept(known("bob"), By::Token(token)).await;
            assert_seen(&server, (&team, "bob"), joined.team, joined.member).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_member_accepts_with_an_address_that_is_new_and_frees_the_seat_that_was_held() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for policy in ["workspace", POLICY, LOFT, "account", "brand"] {
            let team = scene(&server, policy).await;
            server.add(&team, &[row("bob", offered(policy).0)]).await;
            for email in ["bob@example.org", "bob@moved.example.org"] {
                let token = invite(&server, (&team, policy), email).await;
                let joined = server.accept(actor("bob").email(email), By::Token(token)).await;
                assert!(joined.already_member);
                assert_seen(&server, (&team, "bob"), joined.team, joined.member).await;
                assert_eq!(server.member("bob", &team, "bob").await.email, email, "{policy}");
            }
        }
    })
    .await;
}

/// Newcomers with a verified address and without, and one who is there already, with the same address and another. The
/// last says who is there.
fn joiners() -> [(Actor, &'static str, bool); 4] {
    [
        (known("bob"), "bob", false),
        (actor("cem"), "cem", false),
        (moved("bob"), "bob", true),
        (moved("cem"), "cem", true),
    ]
}

/// A team of ada's with seats for all, where it has seats, some of which are taken.
async fn scene(server: &Server, policy: &str) -> String {
    let team = server.create_under(known("ada"), policy).await;
    match policy {
        "account" => drop(server.set_tier(&team, "enterprise").await),
        "workspace" => drop(server.set_tier(&team, "team").await),
        _ => {}
    }
    let (role, _) = offered(policy);
    server.add(&team, &[row("dan", role), row("eve", role)]).await;
    if ["studio", POLICY, LOFT].contains(&policy) {
        server.suspend(known("ada"), &team, "eve").await;
    }
    if !["organization"].contains(&policy) {
        server.invite(known("ada"), &team, "fay@example.org", role).await;
    }
    team
}

/// Bob is removed, so that he joins a second time.
async fn back(server: &Server, policy: &str, team: &str) {
    let removed = server.remove(known("ada"), team, "bob").await;
    assert!(removed.revision > 0, "{policy}");
}

/// A role and grants, in an order in which they are not shown.
fn offered(policy: &str) -> (&'static str, Vec<Grant>) {
    match policy {
        "organization" | "studio" => ("viewer", Vec::new()),
        "workspace" => ("user", Vec::new()),
        "brand" => ("member", vec![on("brand", "z9", "standard"), on("brand", "a1", "viewer")]),
        "account" => ("viewer", vec![on("project", "z9", "viewer"), on("project", "a1", "viewer")]),
        _ => ("editor", vec![on("project", "z9", "reader"), on("project", "a1", "reader")]),
    }
}

/// Invites an address to all that is offered. The invitation's token.
async fn invite(server: &Server, (team, policy): (&str, &str), email: &str) -> String {
    let (role, grants) = offered(policy);
    let request = CreateInvitationRequest { grants, ..invitation_to(team, email, role) };
    let made = server.invites_as(known("ada")).create_invitation(request).await;
    made.expect("it can be made").into_inner().token
}

/// Fails unless reads show the team and the membership of an answer.
async fn assert_seen(
    server: &Server,
    (team, user): (&str, &str),
    answered: Option<Team>,
    member: Option<Member>,
) {
    assert_team(server, user, answered, user).await;
    assert_member(server, (user, team), member, user).await;
}
