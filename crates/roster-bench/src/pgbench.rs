//! `RedeemInviteLink` as pgbench runs it, without a service: what Postgres gives at most. The service's own statements,
//! and a form in five round trips, both on a database that only they use.

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
use crate::rows;
use crate::run::Plan;
use crate::service::Service;
use crate::stats::{median, median_ratio};
use crate::world::{People, World};

const SEED: &str = include_str!("../sql/redeem_seed.sql");

/// What is run, and what it is called.
const SCRIPTS: [(&str, &str); 2] = [
    ("its own statements", include_str!("../sql/redeem_today.sql")),
    ("five round trips", include_str!("../sql/redeem_five.sql")),
];

/// The numbers of clients, which are the service's calls in flight as well.
const CLIENTS: [usize; 2] = [8, 32];

/// A slice of the service, and one of pgbench: long enough that the new connections that it makes each time matter little.
const SERVICE: Duration = Duration::from_secs(1);
const SECONDS: usize = 4;

/// More transactions than a slice can have.
const NUMBERS: usize = 100_000;

/// The rate of the service as a share of pgbench's.
pub(crate) struct Share {
    /// What pgbench ran.
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
    let row = rows::named("redeem-invite-link").context("there is such a row")?;
    let service = Service::start(Kind::Full, with.binary, with.issuer).await?;
    let world = Arc::new(World::new(service, Arc::clone(with.people)).await?);
    let redeem = (row.prepare)(Arc::clone(&world)).await?.operation;
    redeem.drive(CLIENTS[0], SERVICE / 2).await?;

    let data = Data::fresh_for(Kind::Full, with.binary).await;
    let client = connect_postgres(&data.postgres_url()).await;
    client.batch_execute(SEED).await.context("redeem_seed.sql")?;
    client.batch_execute("VACUUM ANALYZE").await?;
    let folder = TempDir::new()?;

    let mut shares = vec![];
    let mut base = 0;
    for clients in CLIENTS {
        let mut service = vec![];
        let mut scripts = [vec![], vec![]];
        for round in 0..plan.few_rounds() {
            let turns = SCRIPTS.len() + 1;
            for turn in (0..turns).map(|turn| (turn + round) % turns) {
                let Some((_, script)) = SCRIPTS.get(turn) else {
                    service.push(redeem.drive(clients, SERVICE).await?.rate);
                    continue;
                };
                let path = folder.path().join("script.sql");
                std::fs::write(&path, script)?;
                scripts[turn].push(with.run(&path, &data.postgres_url(), clients, base).await?);
                base += NUMBERS;
            }
        }
        for ((title, _), rates) in SCRIPTS.iter().zip(scripts) {
            let share = Share {
                title,
                clients,
                service: median(&service),
                pgbench: median(&rates),
                ratio: median_ratio(&service, &rates),
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
