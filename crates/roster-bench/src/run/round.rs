//! The rounds of a row: in each, every build and the echo are called one after the other, then in the reverse order, and
//! so on, each for a fraction of a second, so that a machine that slows down or speeds up meanwhile favours nobody.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use roster_testkit::Kind;

use super::plan::{self, Plan, WARM_UP};
use crate::echo::Echo;
use crate::load::{Slice, count};
use crate::report;
use crate::rows::{Prepared, Row};
use crate::stats::{mean, median, median_ratio, percentile, ratio_range};
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
    /// Processor time of the service for a call, in microseconds, and that of its connections to Postgres.
    pub(crate) cpu: f64,
    pub(crate) database_cpu: f64,
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
    let (mut builds, mut repeats) = (vec![], plan::REPEATS);
    for world in worlds {
        world.service.empty_log()?;
        let prepared = (row.prepare)(Arc::clone(world)).await?;
        let mut build = Build { world, prepared, expected: 1_000.0 };
        let warm = together(vec![build.measure(WARM_UP_IN_FLIGHT, WARM_UP).await?]);
        // A turn lasts at least as long as a call. Where that is long, one turn there and back is long enough.
        repeats = if warm.p50 > plan::LONG_CALL { 1 } else { repeats };
        builds.push(build);
    }

    let mut all = vec![];
    for &in_flight in row.in_flight {
        let mut samples = vec![vec![]; builds.len()];
        let mut echoes = vec![];
        for round in 0..plan.rounds(in_flight) {
            let turns = builds.len() + 1;
            let there: Vec<usize> = (0..turns).map(|turn| (turn + round) % turns).collect();
            let order: Vec<usize> = there.iter().chain(there.iter().rev()).copied().collect();
            let mut pieces: Vec<Vec<Piece>> = builds.iter().map(|_| vec![]).collect();
            let mut echo_rates = vec![];
            for turn in order.repeat(repeats) {
                if let Some(build) = builds.get_mut(turn) {
                    pieces[turn].push(build.measure(in_flight, plan::piece(in_flight)).await?);
                } else {
                    echo_rates.push(echo.operation.drive(in_flight, plan::ECHO).await?.rate);
                }
            }
            for (samples, pieces) in samples.iter_mut().zip(pieces) {
                samples.push(together(pieces));
            }
            echoes.push(mean(&echo_rates));
        }
        let measured = measured(row, kind, in_flight, &samples, &echoes);
        report::print(&measured);
        all.push(measured);
    }
    Ok(all)
}

/// What a build came to in one of its turns.
struct Piece {
    slice: Slice,
    service_cpu: Duration,
    database_cpu: Duration,
}

/// A build while a row is measured.
struct Build<'a> {
    world: &'a World,
    prepared: Prepared,
    /// Calls a second, as far as is known.
    expected: f64,
}

impl Build<'_> {
    async fn measure(&mut self, in_flight: usize, length: Duration) -> Result<Piece> {
        if let Some(restock) = &self.prepared.restock {
            // With a reserve for a rate that grows with the calls in flight. What lasts no longer ends the turn early.
            restock(whole(self.expected * length.as_secs_f64() * 1.5) + in_flight + 200).await?;
        }
        let service = &self.world.service;
        let (service_before, database_before) = (service.cpu(), service.database_cpu().await?);
        let slice = self.prepared.operation.drive(in_flight, length).await?;
        self.expected = self.expected.max(slice.rate);
        let service_cpu = service.cpu().saturating_sub(service_before);
        let database_cpu = service.database_cpu().await?.saturating_sub(database_before);
        Ok(Piece { slice, service_cpu, database_cpu })
    }
}

/// What the turns of one round come to.
fn together(pieces: Vec<Piece>) -> Figures {
    let rates: Vec<f64> = pieces.iter().map(|piece| piece.slice.rate).collect();
    let service: Duration = pieces.iter().map(|piece| piece.service_cpu).sum();
    let database: Duration = pieces.iter().map(|piece| piece.database_cpu).sum();
    let mut latencies: Vec<u32> = pieces.into_iter().flat_map(|piece| piece.slice.latencies).collect();
    latencies.sort_unstable();
    let a_call = |time: Duration| time.as_secs_f64() * 1e6 / count(latencies.len());
    Figures {
        rate: mean(&rates),
        p50: percentile(&latencies, 50),
        p99: percentile(&latencies, 99),
        cpu: a_call(service),
        database_cpu: a_call(database),
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

/// The median of each figure.
fn figures(samples: &[Figures]) -> Figures {
    let over = |value: fn(&Figures) -> f64| median(&samples.iter().map(value).collect::<Vec<_>>());
    Figures {
        rate: over(|sample| sample.rate),
        p50: over(|sample| sample.p50),
        p99: over(|sample| sample.p99),
        cpu: over(|sample| sample.cpu),
        database_cpu: over(|sample| sample.database_cpu),
    }
}

/// A number of calls.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is positive and small")]
fn whole(number: f64) -> usize {
    number.ceil() as usize
}
