//! One run: start the builds, measure the rows in interleaved rounds, print, and write the page.

mod plan;
mod round;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use roster_testkit::Kind;

use crate::echo::Echo;
use crate::grow;
use crate::identity::Issuer;
use crate::pgbench::{self, Pgbench};
use crate::report::{self, Results};
use crate::rows;
use crate::service::Service;
use crate::world::{People, World};

pub(crate) use plan::{Plan, Size};
pub(crate) use round::{Figures, Measured, rounds};

/// Options of a run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Measure only these rows, and write no page. Without any, every row is measured.
    #[arg(value_name = "ROW", value_parser = plan::name)]
    names: Vec<String>,
    /// The build of the service that is measured.
    #[arg(long, value_name = "PATH")]
    binary: PathBuf,
    /// What the page calls that build, such as a commit.
    #[arg(long, value_name = "TEXT", default_value = "this build")]
    name: String,
    /// Another build, measured in the same rounds; its ratio is printed.
    #[arg(long, value_name = "PATH")]
    against: Option<PathBuf>,
    /// What the page calls the other build.
    #[arg(long, value_name = "TEXT", default_value = "the baseline")]
    against_name: String,
    /// How many rounds are measured with 32 calls in flight. The others have at most three.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=99))]
    rounds: u16,
    /// How many memberships the large database has.
    #[arg(long, value_name = "SIZE", default_value = "1m")]
    rows: Size,
    /// The program pgbench. Without it its rows are left out.
    #[arg(long, value_name = "PATH")]
    pgbench: Option<PathBuf>,
    /// Where the page is written: `performance.md` and `performance.svg`.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Measures what was asked for. A row that fails is reported and the others go on.
pub(crate) async fn run(args: &Args) -> Result<ExitCode> {
    let begun = Instant::now();
    let plan = Plan::new(&args.names, usize::from(args.rounds), args.rows);
    let issuer = Issuer::new()?;
    let people = Arc::new(People::new(&issuer)?);
    let echo = Echo::start().await?;
    let mut results =
        Results::new(args.name.clone(), args.against.as_ref().map(|_| args.against_name.clone()));

    report::print_heading(&results);
    for kind in [Kind::Full, Kind::Embedded] {
        let wanted: Vec<_> = rows::ROWS.iter().filter(|row| plan.wants(row.name)).collect();
        if wanted.is_empty() {
            continue;
        }
        let mut worlds = vec![];
        for binary in [Some(&args.binary), args.against.as_ref()].into_iter().flatten() {
            let service = Service::start(kind, binary, &issuer).await?;
            worlds.push(Arc::new(World::new(service, Arc::clone(&people)).await?));
        }
        for row in wanted {
            match rounds(row, kind, &worlds, &echo, &plan).await.with_context(|| row.name) {
                Ok(measured) => results.add(measured),
                Err(error) => results.fail(&error),
            }
        }
    }
    if let Some(program) = args.pgbench.as_ref().filter(|_| plan.wants(plan::PGBENCH)) {
        let pgbench = Pgbench { program, binary: &args.binary, issuer: &issuer, people: &people };
        match pgbench::measure(&pgbench, &plan).await.context(plan::PGBENCH) {
            Ok(measured) => results.add_pgbench(measured),
            Err(error) => results.fail(&error),
        }
    }
    if plan.wants(plan::GROWTH) {
        match grow::measure(&args.binary, &issuer, &people, &plan).await.context(plan::GROWTH) {
            Ok(measured) => results.add_growth(measured),
            Err(error) => results.fail(&error),
        }
    }
    println!("\nThis took {} s.", begun.elapsed().as_secs());
    if let Some(folder) = args.out.as_ref().filter(|_| plan.is_whole()) {
        report::write(folder, &results).await?;
    }
    Ok(ExitCode::from(u8::from(results.failed > 0)))
}
