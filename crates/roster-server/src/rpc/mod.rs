//! The methods of the contract: one file each, read from top to bottom.
//!
//! A mutation goes: parse, begin (claim, lock, load), decide, apply, finish, respond. A read goes: parse, see the team
//! and the actor's place in it, require a permission, read, respond. Handlers fail with [`error::Error`]; [`status`]
//! alone makes answers of that.

mod codes;
pub mod error;
mod invitations;
mod invites;
mod joined;
mod links;
mod message;
mod mutation;
mod page;
mod parse;
mod preview;
pub mod reason;
mod sight;
pub mod status;
mod teams;

use std::sync::Arc;

use crate::app::App;

/// Implements both services of the contract.
#[derive(Clone)]
pub struct Service(pub Arc<App>);
