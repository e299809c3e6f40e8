//! E-mail invitations: made, listed, sent again, cancelled, and answered by whom they are for.

pub(super) mod accept;
mod answer;
pub(super) mod batch_create;
pub(super) mod cancel;
pub(super) mod create;
pub(super) mod decline;
pub(super) mod get;
pub(super) mod list;
pub(super) mod list_received;
mod mail;
pub(super) mod resend;
pub(super) mod token;
