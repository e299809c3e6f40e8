//! The rows as SeaORM sees them. Nothing outside this crate does.

pub(crate) mod event;
pub(crate) mod grant;
pub(crate) mod idempotency;
pub(crate) mod invitation;
pub(crate) mod invite_link;
pub(crate) mod mail;
pub(crate) mod member;
pub(crate) mod member_count;
pub(crate) mod offered_grant;
pub(crate) mod person;
pub(crate) mod policy_role;
pub(crate) mod removal;
pub(crate) mod signing_key;
pub(crate) mod team;
pub(crate) mod team_code;
