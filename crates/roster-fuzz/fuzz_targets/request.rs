//! See [`roster_fuzz::request`].

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roster_fuzz::request(bytes));

#[cfg(not(fuzzing))]
fn main() {}
