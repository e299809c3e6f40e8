//! The Roster service, as a library: what the binary `roster` runs.
//!
//! A call passes the steps of [`layers`], reaches a handler under [`rpc`], and every error becomes an answer in one
//! place. [`serve`] builds all of it, runs it and ends it.

pub mod app;
pub mod authn;
pub mod boot;
pub mod config;
mod greeting;
pub mod keys;
pub mod layers;
pub mod limiter;
pub mod mail;
mod network;
pub mod places;
pub mod policies;
mod publish;
pub mod redis;
pub mod request_id;
pub mod rpc;
pub mod serve;
mod sweep;
pub mod telemetry;
pub mod tokens;
pub mod transport;
