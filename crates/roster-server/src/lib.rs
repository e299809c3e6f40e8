//! The Roster service, as a library: what the binary `roster` runs.
//!
//! A call passes [`edge`], reaches a handler under [`rpc`], and every error becomes an answer in one
//! place. [`serve`] builds all of it, runs it and ends it.

pub mod app;
pub mod authn;
pub mod boot;
pub mod config;
pub mod edge;
pub mod edge_error;
mod greeting;
pub mod keys;
pub mod limiter;
#[cfg(test)]
mod listen;
pub mod mail;
pub mod methods;
mod network;
pub mod places;
pub mod policies;
mod publish;
pub mod redis;
pub mod request_id;
mod routes;
pub mod rpc;
pub mod serve;
pub mod shutdown;
mod sweep;
pub mod telemetry;
mod to_its_end;
pub mod tokens;
pub mod transport;
