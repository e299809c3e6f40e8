//! Faults of Postgres and of the network before it: what callers are told meanwhile, and how soon all is well again. These
//! tests compare times, so few of them run at once.
//!
//! Every fault has a short form, which runs with all other tests. `cargo xtask faults` runs the long forms.

mod causes;
mod exhausted;
mod failed_over;
mod frozen;
mod given_up;
mod pooler;
mod read_only;
mod refused;
mod restarted;
mod scene;
mod standby;
mod vanished;
