//! Reads. What they look at never changes.

use std::sync::Arc;

use anyhow::Result;
use futures_util::future::LocalBoxFuture;
use roster_proto::v1::{
    GetMemberRequest, GetPolicyRequest, GetTeamRequest, ListEventsRequest, ListMembersRequest,
    ListTeamsRequest, PreviewInviteRequest,
};

use super::{Prepared, index};
use crate::load::{Done, Turn};
use crate::service::POLICY;
use crate::world::{PEOPLE, Team, World, user_id};

/// Large teams for pages of 200 rows, and teams with so many pending invitations.
const LARGE_TEAMS: usize = 8;
const PENDING_TEAMS: usize = 16;
const PENDING: usize = 200;

pub(super) fn get_policy(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        Ok(Prepared::new(Arc::new(move |turn: Turn| {
            let message = GetPolicyRequest { name: POLICY.into() };
            let request = world.people.request(index(turn.number) % PEOPLE, message);
            let mut client = world.teams(turn.caller);
            Box::pin(async move { client.get_policy(request).await.map(|_| Done::Answered) })
        })))
    })
}

pub(super) fn get_team(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let teams = world.read_teams().await?;
        Ok(Prepared::new(Arc::new(move |turn: Turn| {
            let (team, member) = pick(&teams, turn);
            let request = world.people.request(member, GetTeamRequest { team_id: team.id.clone() });
            let mut client = world.teams(turn.caller);
            Box::pin(async move { client.get_team(request).await.map(|_| Done::Answered) })
        })))
    })
}

pub(super) fn get_member(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let teams = world.read_teams().await?;
        Ok(Prepared::new(Arc::new(move |turn: Turn| {
            let (team, member) = pick(&teams, turn);
            let message = GetMemberRequest { team_id: team.id.clone(), user_id: user_id(member) };
            let request = world.people.request(team.founder, message);
            let mut client = world.teams(turn.caller);
            Box::pin(async move { client.get_member(request).await.map(|_| Done::Answered) })
        })))
    })
}

pub(super) fn list_members(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let teams = world.read_teams().await?;
        Ok(members_pages(world, teams, 10, By::Member))
    })
}

pub(super) fn list_members_200(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let teams = Arc::new(world.new_teams(LARGE_TEAMS, 200).await?);
        Ok(members_pages(world, teams, 200, By::Member))
    })
}

pub(super) fn list_members_pending_owner(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    list_members_pending(world, By::Founder)
}

pub(super) fn list_members_pending_viewer(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    list_members_pending(world, By::Member)
}

fn list_members_pending(world: Arc<World>, by: By) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let teams = Arc::new(world.new_teams(PENDING_TEAMS, 10).await?);
        world
            .each(0..teams.len(), async |number| {
                let addresses = (0..PENDING).map(|invited| format!("invited-{invited}@example.org"));
                world.invite(&teams[number], addresses.collect()).await
            })
            .await?;
        Ok(members_pages(world, teams, 10, by))
    })
}

/// Who asks.
#[derive(Clone, Copy)]
enum By {
    Founder,
    Member,
}

fn members_pages(world: Arc<World>, teams: Arc<Vec<Team>>, page_size: i32, by: By) -> Prepared {
    Prepared::new(Arc::new(move |turn: Turn| {
        let (team, member) = pick(&teams, turn);
        let message =
            ListMembersRequest { team_id: team.id.clone(), page_size, ..ListMembersRequest::default() };
        let person = match by {
            By::Founder => team.founder,
            By::Member => member,
        };
        let request = world.people.request(person, message);
        let mut client = world.teams(turn.caller);
        Box::pin(async move { client.list_members(request).await.map(|_| Done::Answered) })
    }))
}

pub(super) fn list_teams(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        world.read_teams().await?;
        Ok(Prepared::new(Arc::new(move |turn: Turn| {
            let request = world.people.request(index(turn.number) % PEOPLE, ListTeamsRequest::default());
            let mut client = world.teams(turn.caller);
            Box::pin(async move { client.list_teams(request).await.map(|_| Done::Answered) })
        })))
    })
}

pub(super) fn list_events(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let teams = world.read_teams().await?;
        Ok(Prepared::new(Arc::new(move |turn: Turn| {
            let (team, _) = pick(&teams, turn);
            let message =
                ListEventsRequest { team_id: team.id.clone(), page_size: 20, ..ListEventsRequest::default() };
            let request = world.people.request(team.founder, message);
            let mut client = world.teams(turn.caller);
            Box::pin(async move { client.list_events(request).await.map(|_| Done::Answered) })
        })))
    })
}

pub(super) fn preview_invite(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let links = world.read_links().await?;
        Ok(Prepared::new(Arc::new(move |turn: Turn| {
            let number = index(turn.number);
            let message =
                PreviewInviteRequest { token: links[number % links.len()].clone(), code: String::new() };
            // Somebody else for each team in turn: most of them are not its members.
            let request = world.people.request(number % (PEOPLE - 1), message);
            let mut client = world.invites(turn.caller);
            Box::pin(async move { client.preview_invite(request).await.map(|_| Done::Answered) })
        })))
    })
}

/// A team in turn, and one of its members in turn.
fn pick(teams: &[Team], turn: Turn) -> (&Team, usize) {
    let number = index(turn.number);
    let team = &teams[number % teams.len()];
    (team, team.members[number / teams.len() % team.members.len()])
}
