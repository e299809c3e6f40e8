//! Invite links: made, shown, listed, revoked, redeemed.

pub(super) mod create;
pub(super) mod get;
pub(super) mod list;
pub(super) mod place;
pub(super) mod redeem;
pub(super) mod revoke;
mod token;
