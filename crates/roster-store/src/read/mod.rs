//! Reads outside of a mutation. None of them changes anything or takes a lock; lists go on from a key, never by
//! counting rows over.

pub(crate) mod access;
pub(crate) mod after;
pub(crate) mod code;
pub(crate) mod delivery;
pub(crate) mod event;
pub(crate) mod export;
pub(crate) mod invitation;
pub(crate) mod link;
pub(crate) mod member;
pub(crate) mod orphans;
pub(crate) mod overdue;
pub(crate) mod payload;
pub(crate) mod received;
pub(crate) mod team;
