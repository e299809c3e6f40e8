//! The secrets of invite links and invitations: their format, and the store that maps the digest of a link's secret to
//! the link.
//!
//! A secret is derived from a server key and never stored. What is kept, in the database and in the token store, is
//! its [`Digest`]. The token store is only ever a short cut: the database is the judge of what a link still gives.

pub mod secret;
pub mod store;

pub use secret::{Digest, Secret, SecretKind, parse};
pub use store::TokenStore;
