//! Teams as the calls answer that make and change them.

use roster_proto::v1::{
    CreateTeamRequest, EnsurePersonalTeamRequest, Member, SetTeamTierRequest, Team, UpdateTeamRequest,
};
use roster_testkit::{PERSONAL, actor, both, known, new_team, row, service};

use crate::answers::{LOFT, assert_member, assert_team, house, moved, undone};
use crate::scene::POLICY;

/// Policies with seats and without, and tiers that they have.
const POLICIES: [(&str, &str); 9] = [
    ("organization", ""),
    ("studio", ""),
    ("brand", ""),
    ("account", ""),
    ("account", "agency"),
    ("workspace", ""),
    ("workspace", "team"),
    (POLICY, "large"),
    (LOFT, ""),
];

#[tokio::test]
async fn a_new_team_is_answered_as_it_is_read() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for (policy, tier) in POLICIES {
            for who in [known("ada"), actor("bob")] {
                let request = CreateTeamRequest {
                    tier: tier.into(),
                    external_id: format!("{policy}-{tier}-{who:?}")
                        .chars()
                        .filter(|c| c.is_alphanumeric())
                        .take(128)
                        .collect(),
                    ..new_team(policy)
                };
                let mut client = server.team_as(who.header("x-caller-scopes", "tiers.set"));
                let dry = CreateTeamRequest { validate_only: true, ..request.clone() };
                let would = client.create_team(dry).await.unwrap().into_inner();
                let made = client.create_team(request).await.unwrap().into_inner();
                let reader = made.member.as_ref().map(|member| member.user_id.clone()).unwrap();
                let team = assert_team(&server, &reader, made.team, policy).await;
                let member = assert_member(&server, (&reader, &team.team_id), made.member, policy).await;
                let (would_team, would_member) = (would.team.unwrap(), would.member.unwrap());
                assert_eq!(would_team, unmade(&team, &would_team), "{policy}: told without doing it");
                assert_eq!(would_member, unjoined(&member, &would_member), "{policy}: told without doing it");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_personal_team_is_answered_as_it_is_read_made_or_found() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for who in [known("ada"), actor("bob")] {
            let request = EnsurePersonalTeamRequest {
                policy: PERSONAL.into(),
                display_name: "Own".into(),
                ..EnsurePersonalTeamRequest::default()
            };
            let dry = EnsurePersonalTeamRequest { validate_only: true, ..request.clone() };
            let mut client = server.team_as(&who);
            let would = client.ensure_personal_team(dry.clone()).await.unwrap().into_inner();
            let made = client.ensure_personal_team(request.clone()).await.unwrap().into_inner();
            assert!(made.created && would.created);
            let reader = made.member.as_ref().map(|member| member.user_id.clone()).unwrap();
            let team = assert_team(&server, &reader, made.team, "made").await;
            let member = assert_member(&server, (&reader, &team.team_id), made.member, "made").await;
            let (would_team, would_member) = (would.team.unwrap(), would.member.unwrap());
            assert_eq!(would_team, unmade(&team, &would_team), "told without doing it");
            assert_eq!(would_member, unjoined(&member, &would_member), "told without doing it");

            server.add(&team.team_id, &[row("cem", "editor"), row("dan", "viewer")]).await;
            server.suspend(&who, &team.team_id, "dan").await;
            let found = client.ensure_personal_team(request).await.unwrap().into_inner();
            assert_eq!(client.ensure_personal_team(dry).await.unwrap().into_inner(), found);
            assert!(!found.created);
            assert_team(&server, &reader, found.team, "found").await;
            assert_member(&server, (&reader, &team.team_id), found.member, "found").await;
        }
    })
    .await;
}

#[tokio::test]
async fn another_name_is_answered_as_it_is_read() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for (policy, tier) in POLICIES {
            let team = furnished(&server, policy, tier).await;
            // A name, none that is new, and one with an address that is new: it changes the log, and not the team alone.
            for (who, name) in [(known("ada"), "One"), (known("ada"), "One"), (moved("ada"), "Two")] {
                let request = UpdateTeamRequest {
                    team_id: team.clone(),
                    display_name: name.into(),
                    ..UpdateTeamRequest::default()
                };
                let dry = UpdateTeamRequest { validate_only: true, ..request.clone() };
                let mut client = server.team_as(who);
                let would = client.update_team(dry).await.unwrap().into_inner().team.unwrap();
                let team = client.update_team(request).await.unwrap().into_inner().team;
                let team = assert_team(&server, "ada", team, policy).await;
                assert_eq!(would, undone(&team), "{policy}: told without doing it");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn another_tier_is_answered_as_it_is_read() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for (policy, tiers) in [
            ("account", ["enterprise", "free", "free"]),
            ("workspace", ["team", "standard", "standard"]),
            (POLICY, ["large", "small", "small"]),
            (LOFT, ["large", "small", "small"]),
        ] {
            let team = furnished(&server, policy, if policy == "account" { "agency" } else { "" }).await;
            for tier in tiers {
                let request = SetTeamTierRequest {
                    team_id: team.clone(),
                    tier: tier.into(),
                    ..SetTeamTierRequest::default()
                };
                let dry = SetTeamTierRequest { validate_only: true, ..request.clone() };
                let mut client = server.team_as(service("tiers.set"));
                let would = client.set_team_tier(dry).await.unwrap().into_inner().team.unwrap();
                let team = client.set_team_tier(request).await.unwrap().into_inner().team;
                let team = assert_team(&server, "ada", team, policy).await;
                assert_eq!(team.tier, tier);
                assert_eq!(would, undone(&team), "{policy}: told without doing it");
            }
        }
    })
    .await;
}

/// A team of ada's with members, one of whom is suspended where the policy knows that, and pending invitations.
async fn furnished(server: &roster_testkit::Server, policy: &str, tier: &str) -> String {
    let request = CreateTeamRequest { tier: tier.into(), ..new_team(policy) };
    let ada = known("ada").header("x-caller-scopes", "tiers.set");
    let made = server.try_create(ada, request).await.expect("a team can be made").into_inner();
    let team = made.team.expect("CreateTeam returns the team").team_id;
    if policy == "account" && tier.is_empty() {
        return team;
    }
    let role = match policy {
        "organization" | "account" | "studio" | POLICY | LOFT => "viewer",
        "brand" => "guest",
        _ => "user",
    };
    server.add(&team, &[row("bob", role), row("cem", role)]).await;
    if ["studio", POLICY, LOFT].contains(&policy) {
        server.suspend(known("ada"), &team, "cem").await;
    }
    if policy == "workspace" || policy == POLICY || policy == LOFT {
        server.invite(known("ada"), &team, "dan@example.org", role).await;
    }
    team
}

/// The team as an answer shows it that only decides, but for its time.
fn unmade(team: &Team, would: &Team) -> Team {
    let create_time = would.create_time;
    assert!(create_time.is_some());
    Team { team_id: String::new(), etag: String::new(), create_time, ..team.clone() }
}

/// The founder as an answer shows them that only decides, but for their time.
fn unjoined(member: &Member, would: &Member) -> Member {
    assert!(would.join_time.is_some());
    Member { etag: String::new(), join_time: would.join_time, ..member.clone() }
}
