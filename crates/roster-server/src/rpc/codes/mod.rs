//! Team codes: made, listed, ended, redeemed.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod guess;
pub(super) mod list;
pub(super) mod redeem;
pub(super) mod revoke;
