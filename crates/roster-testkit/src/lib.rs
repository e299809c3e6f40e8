//! Starts the real binary on either storage kind, and its peers, and calls it over a socket: the harness of the
//! black-box tests, the fault tests and the bench.
//!
//! It knows the contract and the command line, and nothing of the service's crates. Everything here panics to fail
//! the test that uses it, with a sentence that says what was expected.
#![expect(clippy::missing_panics_doc, reason = "a harness panics to fail the test that uses it")]

mod actor;
mod atelier;
mod authority;
mod cluster;
mod data;
mod demand;
mod every;
mod every_way_in;
pub mod frames;
mod frontend;
mod grpcurl;
mod kind;
mod load;
mod memory;
mod oidc;
mod otlp;
mod pgbouncer;
mod postgres;
mod process;
mod proxy;
mod race;
mod raw;
mod redis_server;
mod replay;
mod server;
mod setting;
mod smtp;
mod steps;
mod steps_codes;
mod steps_invitations;
mod steps_members;
mod steps_privacy;
mod steps_teams;
mod unprivileged;
mod wait;

pub use actor::{Actor, InviteClient, TeamClient, actor};
pub use atelier::{ATELIER, atelier};
pub use authority::{Authority, Naming, Pair, TlsFiles};
pub use cluster::{Cluster, Stop};
pub use data::{Data, Finished, Options};
pub use demand::{Refused, assert_invalid, assert_refused, code_of, refused};
pub use every::{Outcomes, Target};
pub use frontend::Session;
pub use grpcurl::{Grpcurl, grpcurl};
pub use kind::{Kind, both};
pub use load::{Load, Sample, assert_all_succeed, assert_refused_only_as, percentile};
pub use memory::Memory;
pub use oidc::OidcPeer;
pub use otlp::{Collector, SeenSpan};
pub use pgbouncer::{Pgbouncer, PoolMode};
pub use postgres::{connect_postgres, dump};
pub use process::Process;
pub use proxy::{Proxy, Wire};
pub use race::{
    Violations, faults_of, locked, nothing_goes_wrong, something_goes_wrong, unlocked, without_lock,
};
pub use raw::{call_framed, call_raw};
pub use redis_server::RedisServer;
pub use replay::{assert_replayed, assert_same_link, is_replay, request_id};
pub use server::Server;
pub use setting::setting;
pub use smtp::{ReceivedMail, SmtpPeer, SmtpTls};
pub use steps::{ADMIN, EDITOR, Link, Outcome, PERSONAL, POLICY, VIEWER, micros};
pub use steps_codes::code_to;
pub use steps_invitations::{
    By, Invite, accepting, address_of, assert_invitation_refused, declining, invitation_row, invitation_to,
    known, return_token, row_invitation,
};
pub use steps_members::{assert_row_refused, on, on_all, only, row, row_member, service};
pub use steps_privacy::{end, eraser, erasing, hand_to};
pub use steps_teams::{OwnPolicy, new_team, numbers};
pub use wait::{all_at_once, eventually, ten_at_a_time, within};
