//! How times grow with the data: ten thousand memberships against a million, in one build on two databases.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use roster_proto::v1::{GetMemberRequest, ListMembersRequest};
use roster_testkit::{Kind, connect_postgres};

use crate::identity::Issuer;
use crate::load::{Done, Operation, Turn};
use crate::report;
use crate::rows;
use crate::run::Plan;
use crate::service::Service;
use crate::stats::{median, median_ratio, percentile};
use crate::world::{People, Team, World, user_id};

const GROW: &str = include_str!("../sql/grow.sql");

/// The members of the large team that the statements add, and those of every other team.
const LARGE_TEAM: usize = 100_000;
const TEAM: usize = 18;

/// How many teams each person of the large database is in.
const TEAMS_EACH: usize = 5;

/// The rows that are measured on both.
const ROWS: [&str; 7] = [
    "get-team",
    "get-member",
    "list-members",
    "list-teams",
    "list-events",
    "preview-invite",
    "redeem-invite-link",
];

/// A deep page is that many pages of 200 into the large team.
const PAGES: usize = 250;

/// Enough to keep two cores busy without a queue of calls that would be measured in the service's place.
const IN_FLIGHT: usize = 4;
const SLICE: Duration = Duration::from_millis(400);

/// How an operation's time grew.
pub(crate) struct Growth {
    pub(crate) title: String,
    /// The size of the large database, in words.
    pub(crate) size: &'static str,
    /// Medians of p50, in microseconds: on the small database and on the large one.
    pub(crate) small: f64,
    pub(crate) large: f64,
    /// The median of the rounds.
    pub(crate) ratio: f64,
}

/// Fills a database, and measures both in interleaved rounds.
pub(crate) async fn measure(
    binary: &Path,
    issuer: &Issuer,
    people: &Arc<People>,
    plan: &Plan,
) -> Result<Vec<Growth>> {
    let start = async || -> Result<Arc<World>> {
        let service = Service::start(Kind::Full, binary, issuer).await?;
        Ok(Arc::new(World::new(service, Arc::clone(people)).await?))
    };
    let (small, large) = (start().await?, start().await?);
    let mut pairs = vec![];
    for name in ROWS {
        let row = rows::named(name).context("there is such a row")?;
        let on_small = (row.prepare)(Arc::clone(&small)).await?.operation;
        let on_large = (row.prepare)(Arc::clone(&large)).await?.operation;
        pairs.push((row.title.to_owned(), on_small, on_large));
    }
    let team = large.new_teams(1, 20).await?.pop().context("a team")?;
    fill(&large, &team, plan).await?;

    // The same operations in an ordinary team of the small database, and in the large team.
    let ordinary = small.new_teams(1, 20).await?.pop().context("a team")?;
    let in_both = |operation: fn(Arc<World>, Team, String) -> Operation, token: &str| {
        let on_small = operation(Arc::clone(&small), ordinary.clone(), String::new());
        (on_small, operation(Arc::clone(&large), team.clone(), token.to_owned()))
    };
    let deep = deep_page(&large, &team).await?;
    for (title, operation, token) in [
        ("GetMember in the large team", get_member as fn(_, _, _) -> _, ""),
        ("ListMembers, 10 rows, of the large team", list_members, ""),
        ("ListMembers, 10 rows, deep in the large team", list_members, &deep),
    ] {
        let (on_small, on_large) = in_both(operation, token);
        pairs.push((title.to_owned(), on_small, on_large));
    }

    let mut all = vec![];
    for (title, on_small, on_large) in pairs {
        for operation in [&on_small, &on_large] {
            operation.drive(IN_FLIGHT, SLICE).await.with_context(|| title.clone())?;
        }
        let (mut small, mut large) = (vec![], vec![]);
        for round in 0..plan.headline_rounds() {
            let p50 = async |operation: &Operation| -> Result<f64> {
                let mut slice = operation.drive(IN_FLIGHT, SLICE).await.with_context(|| title.clone())?;
                slice.latencies.sort_unstable();
                Ok(percentile(&slice.latencies, 50))
            };
            if round % 2 == 0 {
                small.push(p50(&on_small).await?);
                large.push(p50(&on_large).await?);
            } else {
                large.push(p50(&on_large).await?);
                small.push(p50(&on_small).await?);
            }
        }
        let ratio = median_ratio(&large, &small);
        let growth =
            Growth { title, size: plan.size.words(), small: median(&small), large: median(&large), ratio };
        report::print_growth(&growth);
        all.push(growth);
    }
    Ok(all)
}

/// Fills the database of that world, beside what calls made.
async fn fill(world: &World, large_team: &Team, plan: &Plan) -> Result<()> {
    let teams = (plan.size.memberships() - LARGE_TEAM) / TEAM;
    let people = (plan.size.memberships() / TEAMS_EACH).max(LARGE_TEAM);
    let client = connect_postgres(&world.service.postgres_url()).await;
    let id = "SELECT t.id::text FROM teams t ORDER BY t.created_at DESC, t.id DESC LIMIT 1";
    let newest: String = client.query_one(id, &[]).await?.get(0);
    let grow = GROW
        .replace("{PEOPLE}", &people.to_string())
        .replace("{TEAMS}", &teams.to_string())
        .replace("{LARGE_TEAM}", &newest);
    client.batch_execute(&grow).await.with_context(|| format!("grow.sql, for {}", large_team.id))?;
    client.batch_execute("VACUUM ANALYZE").await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(())
}

/// The token of a page far into the team's list.
async fn deep_page(world: &World, team: &Team) -> Result<String> {
    let mut page_token = String::new();
    for _ in 0..PAGES {
        let message = ListMembersRequest {
            team_id: team.id.clone(),
            page_size: 200,
            page_token,
            ..ListMembersRequest::default()
        };
        let request = world.people.request(team.founder, message);
        page_token = world.teams(0).list_members(request).await?.into_inner().next_page_token;
    }
    Ok(page_token)
}

fn get_member(world: Arc<World>, team: Team, _: String) -> Operation {
    Operation::new(Arc::new(move |turn: Turn| {
        let message =
            GetMemberRequest { team_id: team.id.clone(), user_id: user_id(team.members[turn.caller % 20]) };
        let request = world.people.request(team.founder, message);
        let mut client = world.teams(turn.caller);
        Box::pin(async move { client.get_member(request).await.map(|_| Done::Answered) })
    }))
}

fn list_members(world: Arc<World>, team: Team, page_token: String) -> Operation {
    Operation::new(Arc::new(move |turn: Turn| {
        let message = ListMembersRequest {
            team_id: team.id.clone(),
            page_size: 10,
            page_token: page_token.clone(),
            ..ListMembersRequest::default()
        };
        let request = world.people.request(team.founder, message);
        let mut client = world.teams(turn.caller);
        Box::pin(async move { client.list_members(request).await.map(|_| Done::Answered) })
    }))
}
