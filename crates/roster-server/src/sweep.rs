//! Housekeeping that nobody asks for: invitations that ran out are marked and told in the log, and answers to old
//! requests are deleted once their 24 hours are over.
//!
//! Any number of replicas may do it at once. That it runs late, or not at all, changes no answer: what ran out and what
//! is outdated is told by its age.

use std::sync::Arc;
use std::time::Duration;

use roster_domain::TeamId;
use roster_domain::decide::expire_invitations;
use roster_store::{Context, Loaded, Locked, Overdue, Result};
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::publish::publish;

/// How often invitations are marked.
const MARK: Duration = Duration::from_mins(1);

/// How often answers are deleted, in rounds of marking.
const DELETE: u64 = 60;

/// How many invitations one look finds, and one commit marks.
const AT_ONCE: u64 = 100;

/// Sweeps at once and then every minute. Once the service is stopping, it ends with the team or the batch that it is at.
pub(crate) async fn run(app: Arc<App>) {
    let mut ticks = interval(MARK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0_u64.. {
        tokio::select! {
            biased;
            () = app.shutdown.begun() => return,
            _ = ticks.tick() => {}
        }
        match mark_expired(&app).await {
            Ok(0) => {}
            Ok(marked) => tracing::info!(marked, "invitations that ran out were marked"),
            Err(error) => tracing::warn!(%error, "invitations that ran out were not marked"),
        }
        if round % DELETE != 0 || app.shutdown.has_begun() {
            continue;
        }
        match app.store.sweep_answers(|| !app.shutdown.has_begun()).await {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "outdated answers were deleted"),
            Err(error) => tracing::warn!(%error, "outdated answers were not deleted"),
        }
    }
}

/// Marks every invitation that ran out, and says how many they were. A team that is busy is left for the next time, and
/// so are those that are left when the service is stopping.
async fn mark_expired(app: &App) -> Result<u64> {
    let (mut marked, mut after) = (0, None);
    loop {
        let overdue = app.store.teams_with_overdue_invitations(after, AT_ONCE).await?;
        for team in overdue.teams {
            if app.shutdown.has_begun() {
                return Ok(marked);
            }
            match mark_in(app, team).await {
                Ok(count) => marked += count,
                Err(error) => tracing::warn!(%error, "a team's invitations that ran out were not marked"),
            }
        }
        after = overdue.next;
        if after.is_none() {
            return Ok(marked);
        }
    }
}

async fn mark_in(app: &App, team: TeamId) -> Result<u64> {
    let question = Overdue { limit: AT_ONCE };
    // Whose team it is does not matter: nobody calls.
    let loaded = app.store.lock_and_load(team, None, &app.policies, |_| true, question).await?;
    let Loaded::Fresh(Locked { mut tx, team, facts, .. }) = loaded else { return Ok(0) };
    let changes = expire_invitations(&facts, tx.now());
    tx.apply(&Context::own(), team.id, &changes).await?;
    publish(tx.finish(&[]).await?);
    Ok(changes.len() as u64)
}
