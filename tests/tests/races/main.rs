//! Changes that happen at once: right as the service is, and seen to go wrong where facts are loaded before the lock.

mod codes;
mod erasure;
mod invites;
mod members;
mod roles;
mod seats;
mod teams;
