//! Walks of the model through the store: what the store loads, writes, answers and shows is what the team in memory says.
//!
//! Two teams of the same people take a walk each, by turns, in one database: what is of the one must never show up with the
//! other. Every act is decided from what the store loaded for it.

mod acts;
mod answers;
mod aside;
mod erasure;
mod held;
mod invites;
mod log;
mod members;
mod shown;
mod world;

use std::collections::BTreeSet;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use roster_model::walk;
use roster_store::EventType;

use crate::database::Database;
use crate::dump::clear;
use log::name_of;
pub(crate) use world::Still;
use world::World;

/// How many pairs of walks are taken: the same ones every time.
const PAIRS: usize = 18;

#[tokio::test]
async fn the_store_on_sqlite_is_the_team_in_memory() {
    take_walks(&Database::sqlite().await).await;
}

#[tokio::test]
async fn the_store_on_postgres_is_the_team_in_memory() {
    take_walks(&Database::postgres().await).await;
}

async fn take_walks(db: &Database) {
    db.store.migrate_up().await.unwrap();
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let store = db.store_that_stands_still().await;
    let (mut met, mut erased) = (BTreeSet::new(), 0);
    for n in 0..PAIRS {
        let (policy, one) = walk().new_tree(&mut runner).unwrap().current();
        let (_, other) = walk().new_tree(&mut runner).unwrap().current();
        clear(db).await;
        let mut world = World::new(db, &store, &policy, n).await;
        world.create([&one, &other]).await;
        let (one, other) = (one.steps(), other.steps());
        for n in 0..one.len().max(other.len()) {
            for (side, steps) in [&one, &other].into_iter().enumerate() {
                if let Some(step) = steps.get(n) {
                    world.take(side, n, step).await;
                    world.look(side, n).await;
                }
            }
        }
        world.look_at_all().await;
        world.erase(n).await;
        erased += usize::from(world.erased.is_some());
        met.extend(world.sides.iter().flat_map(|side| &side.record.log).map(|one| name_of(&one.change)));
    }
    assert!(erased > PAIRS / 2, "only {erased} were erased");
    for kind in EventType::all() {
        assert!(met.contains(&format!("{kind:?}")), "no walk met {kind:?}");
    }
}
