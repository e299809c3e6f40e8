//! What is about the process and what surrounds it: its start and end, its connections, keys, mails, limits and peers.

mod canaries;
mod credentials;
mod deadlines;
mod examples;
mod import;
mod keys;
mod limits;
mod mail;
mod mail_start;
mod mesh;
mod outages;
mod redis;
mod rolling;
mod serving;
mod telemetry;
mod tokens;
mod walk;
