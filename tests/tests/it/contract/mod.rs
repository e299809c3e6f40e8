//! What holds of every method of the contract, driven by the descriptors that the service serves and by one row a
//! method in `rows.rs`.
//!
//! A method without a row fails, and so does a row without a method, a request whose row is granted to nobody, and a
//! text field of which `kinds.rs` does not say what is bad for it.

mod call;
mod fields;
mod kinds;
mod matrix;
mod pages;
mod people;
mod policy;
mod refusals;
mod replays;
mod request;
mod rows;
mod scene;
