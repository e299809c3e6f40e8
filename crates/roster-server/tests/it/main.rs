//! Parts of the service that talk to others: tokens of identity providers, Redis, and mail.

mod jwt;
mod limiter;
mod mail;
mod token_store;
