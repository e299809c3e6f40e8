//! Aligned lines for a terminal, each as soon as it is known.

use std::fmt::Write as _;

use roster_testkit::Kind;

use super::Results;
use crate::grow::Growth;
use crate::pgbench::Share;
use crate::run::Measured;

/// Says what the columns are.
pub(crate) fn print_heading(results: &Results) {
    println!(
        "Rates are calls a second; times and processor time are microseconds for a call; all are medians."
    );
    println!("A: {}", results.name);
    if let Some(against) = &results.against {
        println!("B: {against}");
    }
    println!(
        "\n{:<28} {:<8} {:>9} {:>9} {:>8} {:>8} {:>8} {:>7} {:>8}   {:>9} {:>6}  {:<12}",
        "row", "on", "in flight", "A", "of echo", "p50", "p99", "CPU", "database", "B", "A/B", "range"
    );
}

/// Prints a row.
pub(crate) fn print(measured: &Measured) {
    let Measured { row, this, .. } = measured;
    let mut line = format!(
        "{:<28} {:<8} {:>9} {:>9.0} {:>8.4} {:>8.0} {:>8.0} {:>7.0} {:>8.0}",
        row.name,
        on(measured.kind),
        measured.in_flight,
        this.rate,
        measured.of_echo,
        this.p50,
        this.p99,
        this.cpu,
        this.database_cpu,
    );
    if let Some(against) = &measured.against {
        let (low, high) = against.range;
        // A string takes every text.
        let _ = write!(
            line,
            "   {:>9.0} {:>6.3}  {low:.2}\u{2013}{high:.2}",
            against.figures.rate, against.ratio
        );
    }
    println!("{line}");
}

/// Prints how the service compares with pgbench.
pub(crate) fn print_share(share: &Share) {
    println!(
        "{:<28} {:<8} {:>9} {:>9.0} {:>8.3} of pgbench's {:.0}",
        share.title, "postgres", share.clients, share.service, share.ratio, share.pgbench
    );
}

/// Prints how a time grew.
pub(crate) fn print_growth(growth: &Growth) {
    println!(
        "{:<44} p50 {:>7.0} us small, {:>7.0} us large, {:.2}x",
        growth.title, growth.small, growth.large, growth.ratio
    );
}

/// What a kind of storage is called.
pub(crate) fn on(kind: Kind) -> &'static str {
    match kind {
        Kind::Embedded => "embedded",
        Kind::Full => "postgres",
    }
}
