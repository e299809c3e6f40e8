//! A team in memory, random acts on it through the real decisions, and what must hold after each: the model that the
//! rules' own property tests and the store's walks share.
//!
//! Everything here panics to fail the test that uses it, with a sentence that says what was expected.
#![expect(clippy::missing_panics_doc, reason = "a model panics to fail the test that uses it")]

mod acts;
#[cfg(test)]
mod admission;
mod apply;
#[cfg(test)]
mod asked;
#[cfg(test)]
mod authority;
#[cfg(test)]
mod batch;
mod commits;
#[cfg(test)]
mod endings;
mod facts;
#[cfg(test)]
mod faults;
mod load;
#[cfg(test)]
mod lowering;
#[cfg(test)]
mod manuals;
#[cfg(test)]
mod outcomes;
mod policies;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reach;
mod record;
#[cfg(test)]
#[path = "../../roster-domain/tests/it/support/golden_refusals.rs"]
mod refusals;
#[cfg(test)]
mod rules;
mod scene;
mod settle;
mod steps;
#[cfg_attr(not(test), expect(dead_code, reason = "what the rules ask of a team is asked in tests"))]
mod team;
mod turn;
#[cfg(test)]
mod walk;

pub use acts::PEOPLE;
pub use commits::{Commit, Walk, commits, walk};
pub use facts::{Facts, Needs};
pub use policies::{arbitrary_policy, policy_file};
pub use record::{Entry, Record};
pub use team::{FOUNDER, Member, Team};
pub use turn::{Step, Taken, Turn, erased};
