//! Invites: made and used.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use futures_util::future::LocalBoxFuture;
use roster_proto::v1::accept_invitation_request::Invitation;
use roster_proto::v1::{
    AcceptInvitationRequest, CreateInvitationRequest, CreateInviteLinkRequest, RedeemInviteLinkRequest,
};

use super::{Prepared, index};
use crate::load::{Call, Done, Turn};
use crate::world::{PEOPLE, Team, World, address, request_id, return_token};

/// The teams over which calls are spread, the one team after the other where all join the same one, and those that have
/// many pending invitations.
const TEAMS: usize = 200;
const HOT_TEAMS: usize = 16;
const PENDING_TEAMS: usize = 16;
const PENDING: usize = 1_000;

/// How many turns' worth of invitations is made at once.
const TURNS: usize = 6;

pub(super) fn create_invite_link(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let teams = world.new_teams(TEAMS, 0).await?;
        Ok(Prepared::new(Arc::new(move |turn: Turn| {
            let team = &teams[index(turn.number) % TEAMS];
            let message = CreateInviteLinkRequest {
                team_id: team.id.clone(),
                request_id: request_id(),
                ..CreateInviteLinkRequest::default()
            };
            let request = world.people.request(team.founder, message);
            let mut client = world.invites(turn.caller);
            Box::pin(async move { client.create_invite_link(request).await.map(|_| Done::Answered) })
        })))
    })
}

pub(super) fn create_invitation(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let teams = world.new_teams(TEAMS, 0).await?;
        Ok(Prepared::new(invite(world, teams)))
    })
}

pub(super) fn create_invitation_1000(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let teams = world.new_teams(PENDING_TEAMS, 0).await?;
        world
            .each(0..PENDING_TEAMS, async |number| {
                let addresses = (0..PENDING).map(|invited| format!("pending-{invited}@example.org"));
                world.invite(&teams[number], addresses.collect()).await
            })
            .await?;
        Ok(Prepared::new(invite(world, teams)))
    })
}

fn invite(world: Arc<World>, teams: Vec<Team>) -> Call {
    Arc::new(move |turn: Turn| {
        let team = &teams[index(turn.number) % teams.len()];
        let message = CreateInvitationRequest {
            team_id: team.id.clone(),
            email: format!("invited-{}@example.org", turn.number),
            role: "viewer".into(),
            delivery: Some(return_token()),
            request_id: request_id(),
            ..CreateInvitationRequest::default()
        };
        let request = world.people.request(team.founder, message);
        let mut client = world.invites(turn.caller);
        Box::pin(async move { client.create_invitation(request).await.map(|_| Done::Answered) })
    })
}

/// An invitation that waits for its person.
struct Waiting {
    person: usize,
    token: String,
}

pub(super) fn accept_invitation(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let teams = Arc::new(world.new_teams(TEAMS, 0).await?);
        let stock: Arc<Mutex<VecDeque<Waiting>>> = Arc::default();
        // How many people were invited to each team so far; all teams are at the same person.
        let invited = Arc::new(AtomicUsize::new(0));
        let restock = {
            let (world, stock) = (Arc::clone(&world), Arc::clone(&stock));
            move |wanted: usize| {
                let (world, stock) = (Arc::clone(&world), Arc::clone(&stock));
                let (teams, invited) = (Arc::clone(&teams), Arc::clone(&invited));
                let made: LocalBoxFuture<'static, Result<()>> = Box::pin(async move {
                    if stock.lock().unwrap_or_else(PoisonError::into_inner).len() >= wanted {
                        return Ok(());
                    }
                    // For several turns at once: an invitation costs less the more of them a call makes.
                    let each = (wanted * TURNS).div_ceil(TEAMS);
                    let first = invited.fetch_add(each, Ordering::Relaxed);
                    let people = move || (first..first + each).map(|person| person % PEOPLE);
                    let tokens = world
                        .each(0..TEAMS, async |number| {
                            world.invite(&teams[number], people().map(address).collect()).await
                        })
                        .await?;
                    // One team after the other, so that calls that follow each other lock different ones.
                    let mut teams: Vec<_> = tokens.into_iter().map(|tokens| people().zip(tokens)).collect();
                    let mut stock = stock.lock().unwrap_or_else(PoisonError::into_inner);
                    for _ in 0..each {
                        let next = teams.iter_mut().filter_map(Iterator::next);
                        stock.extend(next.map(|(person, token)| Waiting { person, token }));
                    }
                    Ok(())
                });
                made
            }
        };
        let call: Call = Arc::new(move |turn: Turn| {
            let waiting = stock.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(Waiting { person, token }) = waiting else {
                return Box::pin(async { Ok(Done::NothingLeft) });
            };
            let message = AcceptInvitationRequest {
                invitation: Some(Invitation::Token(token)),
                request_id: request_id(),
            };
            let request = world.people.request(person, message);
            let mut client = world.invites(turn.caller);
            Box::pin(async move { client.accept_invitation(request).await.map(|_| Done::Answered) })
        });
        Ok(Prepared { restock: Some(Arc::new(restock)), ..Prepared::new(call) })
    })
}

pub(super) fn redeem_invite_link(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let links = world.new_links(&world.new_teams(TEAMS, 0).await?).await?;
        Ok(Prepared::new(redeem(world, links, |number| (number % TEAMS, number / TEAMS))))
    })
}

pub(super) fn redeem_hot(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let links = world.new_links(&world.new_teams(HOT_TEAMS, 0).await?).await?;
        // When everybody is in one team, the next one is the one that all join.
        Ok(Prepared::new(redeem(world, links, |number| (number / PEOPLE, number % PEOPLE))))
    })
}

/// Each call is the first of its person in its team; `place` tells both.
fn redeem(world: Arc<World>, links: Vec<String>, place: fn(usize) -> (usize, usize)) -> Call {
    Arc::new(move |turn: Turn| {
        let (team, person) = place(index(turn.number));
        let Some(token) = links.get(team).filter(|_| person < PEOPLE) else {
            return Box::pin(async { Ok(Done::NothingLeft) });
        };
        let message = RedeemInviteLinkRequest { token: token.clone(), request_id: request_id() };
        let request = world.people.request(person, message);
        let mut client = world.invites(turn.caller);
        Box::pin(async move { client.redeem_invite_link(request).await.map(|_| Done::Answered) })
    })
}
