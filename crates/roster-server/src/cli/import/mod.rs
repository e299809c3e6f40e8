//! `roster import`: makes a team what a file records, by calls of a running service.
//!
//! It is a client like any other: nothing goes past the service's rules, and no rule of a product is here. The file's
//! words are mapped by what the policy says of itself.

mod carry_out;
mod client;
mod desired;
mod file;
mod plan;
mod progress;
mod report;
mod rows;
mod rules;
mod team;
mod wire;
mod yaml;

#[cfg(test)]
mod desired_tests;
#[cfg(test)]
mod plan_tests;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use roster_proto::v1 as pb;

use self::carry_out::{Outcome, Task, carry_out};
use self::client::{Client, Teams};
use self::desired::desired;
use self::file::Organization;
use self::plan::{Wish, plan};
use self::rows::{BadRow, shown};
use self::rules::{Choice, Rules};
use self::team::{Wanted, find_or_create};
use super::small_runtime;

/// What to import, and how.
#[derive(Args)]
pub(super) struct Import {
    /// The file: an organization's admins, members and teams with their repositories, in YAML.
    file: PathBuf,
    /// The policy of the team.
    #[arg(long)]
    policy: String,
    /// The service's address, such as 127.0.0.1:50051; the configured one if absent.
    #[arg(long)]
    address: Option<String>,
    /// The team's name, if it has to be made; the file's own if absent.
    #[arg(long)]
    name: Option<String>,
    /// The key by which the team is found again; the file's name without its extension if absent.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// The admin who founds the team and makes the changes; the file's first if absent, or who founded it.
    #[arg(long, value_name = "LOGIN")]
    founder: Option<String>,
    /// The member of the team who makes the changes, if that is not to be the founder.
    #[arg(long, value_name = "LOGIN")]
    actor: Option<String>,
    /// The role of the file's admins; the founder's if absent.
    #[arg(long, value_name = "ROLE")]
    admin_role: Option<String>,
    /// The role of the file's members; the policy's last if absent.
    #[arg(long, value_name = "ROLE")]
    member_role: Option<String>,
    /// The kind of resource that repositories are; the policy's only one if absent.
    #[arg(long)]
    kind: Option<String>,
    /// Remove members whom the file does not name.
    #[arg(long)]
    prune: bool,
    /// Say what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// The calling service's name.
    #[arg(long, value_name = "NAME", default_value = "roster-import")]
    caller: String,
}

/// Imports the file; fails if any of its rows could not be.
pub(super) fn run(
    command: &Import,
    configured_address: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<ExitCode> {
    let organization = file::read(&command.file)?;
    let address = match &command.address {
        Some(address) => address.clone(),
        None => configured_address()?,
    };
    small_runtime()?.block_on(import(command, &organization, &address))
}

async fn import(command: &Import, organization: &Organization, address: &str) -> anyhow::Result<ExitCode> {
    let client = Client::connect(address, &command.caller).await?;
    let choice = Choice {
        admin_role: command.admin_role.as_deref(),
        member_role: command.member_role.as_deref(),
        kind: command.kind.as_deref(),
    };
    let policy = policy(&client, &command.policy).await?;
    let rules = Rules::of(&policy, choice, organization.has_repos())?;
    let desired = desired(organization, &rules);

    let external_id = external_id(command)?;
    let name = command.name.as_deref().or(organization.name.as_deref());
    let wanted = Wanted {
        policy: &command.policy,
        name: name.context("the file has no name; --name gives the team one")?,
        external_id: &external_id,
        founder: command.founder.as_deref(),
        actor: command.actor.as_deref(),
        dry_run: command.dry_run,
    };
    let team = find_or_create(&client, &wanted, &desired).await?;
    let (members, actor) = team.as_ref().map_or((&[][..], ""), |team| (&team.members[..], &team.actor));
    let plan = plan(&desired, members, &rules, Wish { prune: command.prune, actor });

    let outcome = match &team {
        Some(team) => {
            let (client, validate_only) = (&client, command.dry_run);
            let task = Task { client, team_id: &team.team_id, actor: &team.actor, validate_only };
            carry_out(&task, &plan.changes).await
        }
        None => Outcome::default(),
    };

    let mut lines = Vec::new();
    if command.dry_run {
        lines.extend(report::changes(&plan.changes));
    }
    lines.extend(report::left(&plan, command.prune));
    let summary = if command.dry_run { report::dry_summary(&plan) } else { report::summary(&plan, &outcome) };
    lines.push(match &team {
        Some(team) if team.created => format!("{}, created: {summary}", team.team_id),
        Some(team) => format!("{}: {summary}", team.team_id),
        None => format!("a new team: {summary}"),
    });
    print(&lines);
    let mut bad = [desired.bad, plan.bad, outcome.bad].concat();
    // In the file's order; what has no line comes last.
    bad.sort_by_key(|row| (row.line.is_none(), row.line));
    finish(command, &bad, outcome.stopped)
}

/// Prints lines. That nobody reads them to their end is no fault.
fn print(lines: &[String]) {
    let text: String = lines.iter().flat_map(|line| [shown(line), "\n".to_owned()]).collect();
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Names the bad rows; fails if there are any.
fn finish(command: &Import, bad: &[BadRow], stopped: Option<client::Failure>) -> anyhow::Result<ExitCode> {
    for row in bad {
        eprintln!("{}", shown(&format!("{}{row}", command.file.display())));
    }
    if let Some(failure) = stopped {
        return Err(failure).context("the import stopped before its end; the same command goes on with it");
    }
    if bad.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let rest = if command.dry_run { "everything else could" } else { "everything else was" };
    eprintln!("{} could not be imported; {rest}", report::counted(bad.len(), "row"));
    Ok(ExitCode::FAILURE)
}

async fn policy(client: &Client, name: &str) -> anyhow::Result<pb::Policy> {
    let request = pb::GetPolicyRequest { name: name.to_owned() };
    let send = async |mut teams: Teams, request| teams.get_policy(request).await;
    let answer = client.call(None, &request, send).await.context("reading the policy")?;
    answer.policy.context("the service answered without a policy")
}

fn external_id(command: &Import) -> anyhow::Result<String> {
    let stem = || command.file.file_stem()?.to_str().map(str::to_owned);
    let id = command.external_id.clone().or_else(stem);
    id.context("the file's name is no text; --external-id gives the team a key")
}
