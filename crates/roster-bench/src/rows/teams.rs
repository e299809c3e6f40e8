//! Changes of teams.

use std::sync::Arc;

use anyhow::Result;
use futures_util::future::LocalBoxFuture;
use roster_proto::v1::CreateTeamRequest;

use super::{Prepared, index};
use crate::load::{Done, Turn};
use crate::service::POLICY;
use crate::world::{FOUNDERS, PEOPLE, World, request_id};

pub(super) fn create_team(world: Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>> {
    Box::pin(async move {
        Ok(Prepared::new(Arc::new(move |turn: Turn| {
            let message = CreateTeamRequest {
                policy: POLICY.into(),
                display_name: "A new team".into(),
                request_id: request_id(),
                ..CreateTeamRequest::default()
            };
            // Founders, so that ListTeams of the people finds what it found before.
            let request = world.people.request(PEOPLE + index(turn.number) % FOUNDERS, message);
            let mut client = world.teams(turn.caller);
            Box::pin(async move { client.create_team(request).await.map(|_| Done::Answered) })
        })))
    })
}
