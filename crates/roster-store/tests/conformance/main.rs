//! The store's conformance suite: one set of cases, run on SQLite and on Postgres.
//!
//! Each case has a database of its own. Postgres is the server that `ROSTER_TEST_POSTGRES_URL` names; without it the
//! cases fail, they do not skip.

#[cfg(test)]
mod access;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod asks;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod code_facts;
#[cfg(test)]
mod code_lists;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod counts;
#[cfg(test)]
mod creation;
#[cfg(test)]
mod database;
#[cfg(test)]
mod deletion;
#[cfg(test)]
#[cfg(feature = "failpoints")]
mod dump;
#[cfg(test)]
mod erasure;
#[cfg(test)]
mod erasure_ended;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod events;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod external_ids;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod invitation_lists;
#[cfg(test)]
mod invitations;
#[cfg(test)]
mod inviting;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod large;
#[cfg(test)]
mod links;
#[cfg(test)]
mod listen;
#[cfg(test)]
mod log;
#[cfg(test)]
mod log_story;
#[cfg(test)]
mod making;
#[cfg(test)]
mod members;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod named;
#[cfg(test)]
mod orphans;
#[cfg(test)]
mod outbox;
#[cfg(test)]
mod outbox_claims;
#[cfg(test)]
mod overdue;
#[cfg(test)]
mod people;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod plans_access;
#[cfg(test)]
mod plans_sqlite;
#[cfg(test)]
mod plans_ways_in;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod purges;
#[cfg(test)]
#[cfg(feature = "failpoints")]
mod races;
#[cfg(test)]
mod received;
#[cfg(test)]
mod redemptions;
#[cfg(test)]
mod reinviting;
#[cfg(test)]
mod removals;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod statements_ways_in;
#[cfg(test)]
mod suspensions;
#[cfg(test)]
mod team_changes;
#[cfg(test)]
mod teams;
#[cfg(test)]
mod transactions;
#[cfg(test)]
mod transfers;
#[cfg(test)]
mod twins;
#[cfg(test)]
#[cfg(feature = "failpoints")]
mod walks;
#[cfg(test)]
#[cfg(feature = "failpoints")]
mod written;
