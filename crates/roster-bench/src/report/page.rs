//! The page: tables, what they were measured on, and how to read them.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};
use roster_testkit::{Kind, connect_postgres, setting};

use super::Results;
use crate::rows::{HEADLINE, ROWS};
use crate::run::{Figures, Measured};

/// What the page says of itself, whatever was measured.
const INTRODUCTION: &str = "\
How fast each operation is, as a share of what the transport alone can do. Absolute figures differ by a factor of two
between machines and between hours of one machine, so compare ratios only, and only those of one run.

- **of echo** is the rate as a share of a bare tonic echo's, in a process of its own, behind the same transport settings
  and in the same rounds. It is the limit.
- **p50** and **p99** are times in milliseconds, as the client sees them, with that many calls in flight.
- **CPU** is processor time of the service for one call, in microseconds, and after the plus sign that of its connections to
  Postgres. What Postgres does in the background and what the client takes come on top.
- Every figure is a median over rounds. In each round every build and the echo have four turns of a fraction of a second,
  there and back, so that a machine that slows down favours nobody.
- Client, service, Postgres and Redis share the cores. Callers show tokens of their own, which the service has verified
  before; limits are on, and the log goes to a file at `info`; every change has a `request_id` of its own. Postgres keeps
  what it commits (`fsync` is on). A refused call fails its row.

![Rates as a share of echo, 32 calls in flight](performance.svg)
";

const CLOSING: &str = "
## To measure it yourself

```
cargo xtask bench                               # everything, in less than 25 minutes; writes this page
cargo xtask bench get-team redeem-invite-link   # these rows alone, less than a minute each; writes nothing
cargo xtask bench get-team --against BINARY     # beside another build, in the same rounds
cargo xtask bench growth --rows 10m             # against ten million memberships
```

A difference of less than the range that a build has against itself is none: give the same binary twice to see it.
[`crates/roster-bench`](../crates/roster-bench/src/main.rs) has the operations.
";

/// The page as Markdown.
pub(super) async fn text(results: &Results) -> Result<String> {
    let mut page = format!("# Performance\n\n{INTRODUCTION}\n");
    // A string takes every text.
    let _ = writeln!(page, "Measured: {}.", results.name);
    if let Some(against) = &results.against {
        let _ = writeln!(page, "Compared with: {against}.");
    }
    let _ = writeln!(page, "{}", machine().await?);
    for (kind, title) in [(Kind::Full, "On Postgres with Redis"), (Kind::Embedded, "Embedded, on SQLite")] {
        headline(&mut page, results, kind, title);
        sweep(&mut page, results, kind);
    }
    pgbench(&mut page, results);
    growth(&mut page, results);
    page += CLOSING;
    Ok(page)
}

/// When and on what it was measured.
async fn machine() -> Result<String> {
    let client = connect_postgres(&setting("ROSTER_TEST_POSTGRES_URL")).await;
    let postgres: String = client.query_one("SHOW server_version", &[]).await?.get(0);
    let postgres = postgres.split(' ').next().unwrap_or_default();
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").context("/proc/cpuinfo")?;
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("a processor without a name", |(_, name)| name);
    let cores = std::thread::available_parallelism()?;
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d");
    Ok(format!("Date: {date}. Processor: {model}, {cores} cores. Postgres {postgres}."))
}

/// One line for each operation.
fn headline(page: &mut String, results: &Results, kind: Kind, title: &str) {
    let compared = results.against.is_some();
    let _ = writeln!(page, "\n## {title}, {HEADLINE} calls in flight\n");
    let mut head = "| operation | a second | of echo | p50 | p99 | CPU |".to_owned();
    let mut rule = "| --- | ---: | ---: | ---: | ---: | ---: |".to_owned();
    if compared {
        head += " of the baseline | range |";
        rule += " ---: | ---: |";
    }
    let _ = writeln!(page, "{head}\n{rule}");
    let mut echoes = vec![];
    for measured in results.measured.iter().filter(|m| m.kind == kind && m.in_flight == HEADLINE) {
        let Measured { row, this, .. } = measured;
        echoes.push(measured.echo);
        let _ = write!(
            page,
            "| {} | {} | {} | {} | {} | {} |",
            row.title,
            number(this.rate),
            share(measured.of_echo),
            milliseconds(this.p50),
            milliseconds(this.p99),
            cpu(kind, this)
        );
        if let Some(against) = &measured.against {
            let (low, high) = against.range;
            let _ = write!(page, " {:.2} | {low:.2}\u{2013}{high:.2} |", against.ratio);
        }
        page.push('\n');
    }
    let _ = writeln!(page, "\nThe echo itself: {} a second.", number(crate::stats::median(&echoes)));
}

/// Rates with other numbers of calls in flight.
fn sweep(page: &mut String, results: &Results, kind: Kind) {
    let columns = [1, 8, HEADLINE, 64];
    page.push_str("\nCalls a second (and p50) with so many calls in flight:\n\n| operation |");
    for in_flight in columns {
        let _ = write!(page, " {in_flight} |");
    }
    page.push_str("\n| --- | ---: | ---: | ---: | ---: |\n");
    for row in ROWS {
        let _ = write!(page, "| {} |", row.title);
        for in_flight in columns {
            let is_it = |m: &&Measured| m.row.name == row.name && m.kind == kind && m.in_flight == in_flight;
            let _ = match results.measured.iter().find(is_it) {
                Some(m) => write!(page, " {} ({}) |", number(m.this.rate), milliseconds(m.this.p50)),
                None => write!(page, " |"),
            };
        }
        page.push('\n');
    }
}

fn pgbench(page: &mut String, results: &Results) {
    if results.pgbench.is_empty() {
        return;
    }
    page.push_str(
        "\n## Against pgbench\n\nWhat Postgres gives without a service: pgbench sends [the same texts](../crates/roster-bench/sql), \
         read off\nPostgres' log, in as many round trips and with the settings of the service's sessions. Beside each slice of it the\nservice has one.\n\n\
         | operation | clients | service | pgbench | ratio |\n| --- | ---: | ---: | ---: | ---: |\n",
    );
    for share in &results.pgbench {
        let (service, pgbench) = (number(share.service), number(share.pgbench));
        let _ = writeln!(
            page,
            "| {} | {} | {service} | {pgbench} | {:.2} |",
            share.title, share.clients, share.ratio
        );
    }
}

fn growth(page: &mut String, results: &Results) {
    let Some(first) = results.growth.first() else { return };
    let _ = write!(
        page,
        "\n## Growth\n\np50 with ten thousand memberships and with {}, of which one team has 100,000; 4 calls in flight.\n\n\
         | operation | small | large | ratio |\n| --- | ---: | ---: | ---: |\n",
        first.size
    );
    for growth in &results.growth {
        let (small, large) = (milliseconds(growth.small), milliseconds(growth.large));
        let _ = writeln!(page, "| {} | {small} | {large} | {:.2} |", growth.title, growth.ratio);
    }
}

/// A rate with thousands set apart, or with a digit after the point if it is small.
fn number(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Two digits that say something.
fn share(value: f64) -> String {
    if value < 0.01 {
        format!("{value:.4}")
    } else if value < 0.1 {
        format!("{value:.3}")
    } else {
        format!("{value:.2}")
    }
}

/// The service's processor time for a call, and the database's where that is another program.
fn cpu(kind: Kind, figures: &Figures) -> String {
    match kind {
        Kind::Embedded => format!("{:.0}", figures.cpu),
        Kind::Full => format!("{:.0} + {:.0}", figures.cpu, figures.database_cpu),
    }
}

fn milliseconds(micros: f64) -> String {
    format!("{:.2}", micros / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!([12.34, 740.4, 5_400.0, 1_234_567.0].map(number), ["12.3", "740", "5,400", "1,234,567"]);
        assert_eq!([0.3901, 0.0932, 0.0071].map(share), ["0.39", "0.093", "0.0071"]);
        assert_eq!(milliseconds(1_234.0), "1.23");
    }
}
