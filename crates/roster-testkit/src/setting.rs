//! What the environment says about the peers of the tests.

use std::env;

/// The value of an environment variable that `cargo xtask test` sets.
#[must_use]
pub fn setting(name: &str) -> String {
    env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run these tests by `cargo xtask test`, which sets it"))
}
