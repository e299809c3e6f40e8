//! See [`roster_fuzz::page_token`].

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roster_fuzz::page_token(bytes));

#[cfg(not(fuzzing))]
fn main() {}
