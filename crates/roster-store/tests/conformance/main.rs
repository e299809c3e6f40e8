//! The store's conformance suite: one set of cases, run on SQLite and on Postgres.
//!
//! Each case has a database of its own. Postgres is the server that `ROSTER_TEST_POSTGRES_URL` names; without it the
//! cases fail, they do not skip.

#[cfg(test)]
mod changes;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod counts;
#[cfg(test)]
mod creation;
#[cfg(test)]
mod database;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod events;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod links;
#[cfg(test)]
mod members;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod people;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod plans;
#[cfg(test)]
#[cfg(feature = "failpoints")]
mod races;
#[cfg(test)]
mod redemptions;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod teams;
#[cfg(test)]
mod transactions;
