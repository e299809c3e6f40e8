//! What a call costs the database, and that its answer is nevertheless what a reader sees.
//!
//! Statements are counted for every method of the contract and compared with a table that people can read. Answers of
//! mutations are computed from what was loaded under the lock: each is compared with what a read shows right after.

mod answers;
mod answers_batch;
mod answers_endings;
mod answers_invites;
mod answers_joins;
mod answers_members;
mod answers_teams;
mod call;
mod calls_invites;
mod calls_teams;
mod count;
mod log;
mod scene;
mod spans;
mod table;
