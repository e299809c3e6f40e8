//! What members are granted on a product's resources: set, kept, lowered, ended; never more than who grants has.

mod brand;
mod own;
mod project;
mod purge;
mod set;

use roster_proto::v1::{
    AccessChange, ChangeMemberRoleRequest, ChangeMemberRoleResponse, Event, Grant, Member,
};
use roster_testkit::{Outcome, Server, row};

/// Somebody's grants and restrictions.
fn access(member: &Member) -> (&[Grant], Vec<&str>) {
    (&member.grants, member.restricted_kinds.iter().map(String::as_str).collect())
}

/// A request for another role, with what the member is to be granted then.
fn change(team: &str, user: &str, role: &str, access: Option<AccessChange>) -> ChangeMemberRoleRequest {
    ChangeMemberRoleRequest {
        team_id: team.into(),
        user_id: user.into(),
        role: role.into(),
        access,
        ..ChangeMemberRoleRequest::default()
    }
}

async fn try_change(
    server: &Server,
    actor: &str,
    request: ChangeMemberRoleRequest,
) -> Outcome<ChangeMemberRoleResponse> {
    server.team_as(actor).change_member_role(request).await
}

/// A brand of ada, the owner; bob, an admin; mia and max, members; and gus, a guest.
async fn brand(server: &Server) -> String {
    let people = [("bob", "admin"), ("mia", "member"), ("max", "member"), ("gus", "guest")];
    server.team_under("brand", "ada", &people).await
}

/// An account of ada, the owner; abe, an admin; eve, an editor; and vic, a viewer.
async fn account(server: &Server) -> String {
    let team = server.account("ada", "enterprise").await;
    server.add(&team, &[row("abe", "admin"), row("eve", "editor"), row("vic", "viewer")]).await;
    team
}

/// The events of the team's last commit, the first first.
async fn last_commit(server: &Server, team: &str) -> Vec<Event> {
    let events = server.events("ada", team).await;
    let revision = events[0].revision;
    events
        .into_iter()
        .take_while(|event| event.revision == revision)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect()
}
