//! See [`roster_fuzz::address`].

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roster_fuzz::address(bytes));

#[cfg(not(fuzzing))]
fn main() {}
