//! Changes of members.

use std::sync::Arc;

use anyhow::Result;
use futures_util::future::LocalBoxFuture;
use roster_proto::v1::batch_add_members_request::Row as MemberRow;
use roster_proto::v1::{BatchAddMembersRequest, ChangeMemberRoleRequest};

use super::{Prepared, index};
use crate::load::{Done, Turn};
use crate::world::{World, request, request_id, user_id};

/// The teams whose members change, and the members of each.
const TEAMS: usize = 200;
const MEMBERS: usize = 20;

/// The teams that grow, and the rows of one call.
const GROWING_TEAMS: usize = 64;
const BATCH: usize = 500;

pub(super) fn change_member_role(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let teams = world.new_teams(TEAMS, MEMBERS).await?;
        Ok(Prepared::new(Arc::new(move |turn: Turn| {
            let number = index(turn.number);
            let team = &teams[number % TEAMS];
            let member = team.members[number / TEAMS % MEMBERS];
            // They begin as viewers, and each call changes something.
            let role = if (number / (TEAMS * MEMBERS)).is_multiple_of(2) { "editor" } else { "viewer" };
            let message = ChangeMemberRoleRequest {
                team_id: team.id.clone(),
                user_id: user_id(member),
                role: role.into(),
                request_id: request_id(),
                ..ChangeMemberRoleRequest::default()
            };
            let request = world.people.request(team.founder, message);
            let mut client = world.teams(turn.caller);
            Box::pin(async move { client.change_member_role(request).await.map(|_| Done::Answered) })
        })))
    })
}

pub(super) fn batch_add_members(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        let teams = world.new_teams(GROWING_TEAMS, 0).await?;
        Ok(Prepared::new(Arc::new(move |turn: Turn| {
            let members = (0..BATCH).map(|row| MemberRow {
                user_id: format!("added-{}-{row}", turn.number),
                role: "viewer".into(),
                ..MemberRow::default()
            });
            let message = BatchAddMembersRequest {
                team_id: teams[index(turn.number) % GROWING_TEAMS].id.clone(),
                members: members.collect(),
                request_id: request_id(),
                ..BatchAddMembersRequest::default()
            };
            let request = request(&world.people.service, message);
            let mut client = world.teams(turn.caller);
            Box::pin(async move { client.batch_add_members(request).await.map(|_| Done::Answered) })
        })))
    })
}
