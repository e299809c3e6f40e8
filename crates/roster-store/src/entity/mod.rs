//! The rows as SeaORM sees them. Nothing outside this crate does.

pub(crate) mod event;
pub(crate) mod idempotency;
pub(crate) mod invite_link;
pub(crate) mod member;
pub(crate) mod member_count;
pub(crate) mod person;
pub(crate) mod removal;
pub(crate) mod signing_key;
pub(crate) mod team;
