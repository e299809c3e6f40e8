//! Changes as pgbench runs them, without a service: what Postgres gives at most. The texts are those that the service
//! sends, in five round trips, on a database that only they use.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use roster_testkit::{Data, Kind, connect_postgres};
use tempfile::TempDir;
use tokio::process::Command;

use crate::identity::Issuer;
use crate::load::count;
use crate::report;
use crate::rows::{self, Prepared};
use crate::run::Plan;
use crate::service::Service;
use crate::stats::{median, median_ratio};
use crate::world::{People, World};

const SEED: &str = include_str!("../sql/seed.sql");

/// Makes the invitations that a slice accepts: for the first of its transactions' numbers, and so many.
const INVITATIONS: &str = include_str!("../sql/invitations.sql");

const BEGIN: &str = include_str!("../sql/begin.sql");
const CLAIM_AND_LOCK: &str = include_str!("../sql/claim_and_lock.sql");

/// The rows of the service, each with what pgbench runs beside it, one part after the other.
const SCRIPTS: [(&str, &[&str]); 6] = [
    ("create-team", &[BEGIN, include_str!("../sql/create_team.sql")]),
    ("create-invite-link", &[BEGIN, CLAIM_AND_LOCK, include_str!("../sql/create_invite_link.sql")]),
    ("redeem-invite-link", &[BEGIN, CLAIM_AND_LOCK, include_str!("../sql/redeem_invite_link.sql")]),
    ("change-member-role", &[BEGIN, CLAIM_AND_LOCK, include_str!("../sql/change_member_role.sql")]),
    ("create-invitation", &[BEGIN, CLAIM_AND_LOCK, include_str!("../sql/create_invitation.sql")]),
    ("accept-invitation", &[BEGIN, include_str!("../sql/accept_invitation.sql")]),
];

/// The numbers of clients, which are the service's calls in flight as well.
const CLIENTS: [usize; 2] = [8, 32];

/// A slice of the service, and one of pgbench: long enough that the new connections that it makes each time matter little.
const SERVICE: Duration = Duration::from_secs(1);
const SECONDS: usize = 3;

/// More transactions than a slice can have.
const NUMBERS: usize = 30_000;

/// More calls than a slice of the service can have that use up what others made.
const STOCK: usize = 4_000;

/// The rate of the service as a share of pgbench's.
pub(crate) struct Share {
    /// The operation.
    pub(crate) title: &'static str,
    pub(crate) clients: usize,
    /// Calls a second.
    pub(crate) service: f64,
    /// Transactions a second.
    pub(crate) pgbench: f64,
    /// The median of the rounds.
    pub(crate) ratio: f64,
}

/// What is needed to measure.
pub(crate) struct Pgbench<'a> {
    pub(crate) program: &'a Path,
    pub(crate) binary: &'a Path,
    pub(crate) issuer: &'a Issuer,
    pub(crate) people: &'a Arc<People>,
}

/// Runs service and scripts in interleaved rounds.
pub(crate) async fn measure(with: &Pgbench<'_>, plan: &Plan) -> Result<Vec<Share>> {
    let service = Service::start(Kind::Full, with.binary, with.issuer).await?;
    let world = Arc::new(World::new(service, Arc::clone(with.people)).await?);
    let data = Data::fresh_for(Kind::Full, with.binary).await;
    let client = connect_postgres(&data.postgres_url()).await;
    client.batch_execute(SEED).await.context("seed.sql")?;
    client.batch_execute("VACUUM ANALYZE").await?;
    let folder = TempDir::new()?;
    let path = folder.path().join("script.sql");

    let mut shares = vec![];
    let mut base = 0;
    for (name, script) in SCRIPTS {
        let row = rows::named(name).context("there is such a row")?;
        let Prepared { operation, restock } = (row.prepare)(Arc::clone(&world)).await?;
        std::fs::write(&path, script.concat())?;
        for clients in CLIENTS {
            let (mut service, mut pgbench) = (vec![], vec![]);
            for _ in 0..plan.few_rounds() {
                if let Some(restock) = &restock {
                    restock(STOCK).await?;
                    client.execute(INVITATIONS, &[&i64::try_from(base)?, &i64::try_from(NUMBERS)?]).await?;
                    client.batch_execute("VACUUM ANALYZE invitations").await?;
                }
                service.push(operation.drive(clients, SERVICE).await?.rate);
                pgbench.push(with.run(&path, &data.postgres_url(), clients, base).await?);
                base += NUMBERS;
            }
            let share = Share {
                title: row.title,
                clients,
                service: median(&service),
                pgbench: median(&pgbench),
                ratio: median_ratio(&service, &pgbench),
            };
            report::print_share(&share);
            shares.push(share);
        }
    }
    Ok(shares)
}

impl Pgbench<'_> {
    /// Transactions a second of that script. Its transactions are numbered from `base` on.
    async fn run(&self, script: &Path, url: &str, clients: usize, base: usize) -> Result<f64> {
        let mut command = Command::new(self.program);
        // As the service's sessions have it: pgbench's plans are made while its tables are small, too.
        command.env("PGOPTIONS", "-c enable_seqscan=off -c jit=off -c plan_cache_mode=force_generic_plan");
        command.args(["--no-vacuum", "--protocol=prepared", "--time"]).arg(SECONDS.to_string());
        command.arg("--client").arg(clients.to_string()).arg("--file").arg(script);
        for (name, value) in [("n", 0), ("base", base), ("clients", clients)] {
            command.arg("--define").arg(format!("{name}={value}"));
        }
        let output = command.arg(url).stdin(Stdio::null()).output().await.context("pgbench does not run")?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "pgbench ended with {}:\n{out}{err}", output.status);
        let rate = rate(&out).with_context(|| format!("pgbench tells no rate:\n{out}"))?;
        ensure!(rate * count(SECONDS) < count(NUMBERS), "more transactions than numbers");
        Ok(rate)
    }
}

/// What pgbench says of its rate.
fn rate(output: &str) -> Option<f64> {
    let line = output.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read() {
        let output = "latency average = 9.8 ms\ntps = 815.475646 (without initial connection time)\n";
        assert!(rate(output).is_some_and(|rate| (rate - 815.475_646).abs() < 1e-9));
        assert_eq!(rate("pgbench: error"), None);
    }
}
