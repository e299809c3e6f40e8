//! The rounds of a row: in each, every build and the echo are called one after the other, and once more in the reverse
//! order, so that a machine that slows down or speeds up meanwhile favours nobody.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use roster_testkit::Kind;

use super::Plan;
use super::plan::{ECHO, WARM_UP, slice};
use crate::echo::Echo;
use crate::load::count;
use crate::report;
use crate::rows::{Prepared, Row};
use crate::stats::{median, median_ratio, ratio_range};
use crate::world::World;

/// The calls in flight of a warm-up.
const WARM_UP_IN_FLIGHT: usize = 8;

/// What a row came to with so many calls in flight.
pub(crate) struct Measured {
    pub(crate) row: &'static Row,
    pub(crate) kind: Kind,
    pub(crate) in_flight: usize,
    pub(crate) this: Figures,
    pub(crate) against: Option<Against>,
    /// The rate of this build as a share of the echo's.
    pub(crate) of_echo: f64,
    /// The echo's own rate.
    pub(crate) echo: f64,
}

/// Medians over the rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// Calls a second.
    pub(crate) rate: f64,
    /// In microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Processor time of the service for a call, in microseconds.
    pub(crate) cpu: f64,
}

/// How this build compares with the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Against {
    pub(crate) figures: Figures,
    /// The rate of this build as a share of the other's: the median of the rounds, and the range.
    pub(crate) ratio: f64,
    pub(crate) range: (f64, f64),
}

/// Measures a row with each number of calls in flight, and prints each as it is done.
pub(crate) async fn rounds(
    row: &'static Row,
    kind: Kind,
    worlds: &[Arc<World>],
    echo: &Echo,
    plan: &Plan,
) -> Result<Vec<Measured>> {
    let mut builds = vec![];
    for world in worlds {
        world.service.empty_log()?;
        let prepared = (row.prepare)(Arc::clone(world)).await?;
        let mut build = Build { world, prepared, expected: 1_000.0 };
        build.measure(WARM_UP_IN_FLIGHT, WARM_UP).await?;
        builds.push(build);
    }

    let mut all = vec![];
    for &in_flight in row.in_flight {
        let mut samples = vec![vec![]; builds.len()];
        let mut echoes = vec![];
        for round in 0..plan.rounds(in_flight) {
            let turns = builds.len() + 1;
            let order: Vec<usize> = (0..turns).map(|turn| (turn + round) % turns).collect();
            let mut halves = vec![vec![]; builds.len()];
            let mut echo_rates = vec![];
            for turn in order.iter().chain(order.iter().rev()) {
                match builds.get_mut(*turn) {
                    Some(build) => halves[*turn].push(build.measure(in_flight, slice(in_flight) / 2).await?),
                    None => echo_rates.push(echo.operation.drive(in_flight, ECHO / 2).await?.rate),
                }
            }
            for (samples, halves) in samples.iter_mut().zip(halves) {
                samples.push(figures(&halves));
            }
            echoes.push(median(&echo_rates));
        }
        let measured = measured(row, kind, in_flight, &samples, &echoes);
        report::print(&measured);
        all.push(measured);
    }
    Ok(all)
}

/// A build while a row is measured.
struct Build<'a> {
    world: &'a World,
    prepared: Prepared,
    /// Calls a second, as far as is known.
    expected: f64,
}

impl Build<'_> {
    async fn measure(&mut self, in_flight: usize, length: Duration) -> Result<Figures> {
        if let Some(restock) = &self.prepared.restock {
            // With a reserve for a rate that grows with the calls in flight. What lasts no longer ends the slice early.
            restock(whole(self.expected * length.as_secs_f64() * 1.5) + in_flight + 200).await?;
        }
        let before = self.world.service.cpu();
        let slice = self.prepared.operation.drive(in_flight, length).await?;
        self.expected = self.expected.max(slice.rate);
        let used = self.world.service.cpu().saturating_sub(before);
        let (p50, p99) = (f64::from(slice.p50), f64::from(slice.p99));
        Ok(Figures { rate: slice.rate, p50, p99, cpu: used.as_secs_f64() * 1e6 / count(slice.calls) })
    }
}

fn measured(
    row: &'static Row,
    kind: Kind,
    in_flight: usize,
    samples: &[Vec<Figures>],
    echoes: &[f64],
) -> Measured {
    let rates = |samples: &[Figures]| samples.iter().map(|sample| sample.rate).collect::<Vec<_>>();
    let this = rates(&samples[0]);
    let against = samples.get(1).map(|samples| {
        let other = rates(samples);
        Against {
            figures: figures(samples),
            ratio: median_ratio(&this, &other),
            range: ratio_range(&this, &other),
        }
    });
    Measured {
        row,
        kind,
        in_flight,
        this: figures(&samples[0]),
        against,
        of_echo: median_ratio(&this, echoes),
        echo: median(echoes),
    }
}

/// The median of each figure; of two it is their mean.
fn figures(samples: &[Figures]) -> Figures {
    let over = |value: fn(&Figures) -> f64| median(&samples.iter().map(value).collect::<Vec<_>>());
    Figures {
        rate: over(|sample| sample.rate),
        p50: over(|sample| sample.p50),
        p99: over(|sample| sample.p99),
        cpu: over(|sample| sample.cpu),
    }
}

/// A number of calls.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is positive and small")]
fn whole(number: f64) -> usize {
    number.ceil() as usize
}
