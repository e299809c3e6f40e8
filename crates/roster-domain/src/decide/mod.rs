//! The decisions: one pure function for each action.
//!
//! Each takes the policy, the facts and what is asked, and answers with the changes to make or with a
//! [`Refusal`](crate::Refusal). No changes means that what is asked for holds already. The same function serves a call
//! and its `validate_only` form. Authority comes first, so that a refusal tells nothing to somebody who may not know.

mod change_role;
mod create_team;
mod invite_link;
mod redeem_link;
mod remove_member;
mod standing;
mod take_up_email;

pub use change_role::change_role;
pub use create_team::{TeamCap, create_team};
pub use invite_link::{InviteLinkState, could_make, create_link, link_state, makes_links, revoke_link};
pub use redeem_link::{Redemption, may_redeem, redeem_link};
pub use remove_member::remove_member;
pub use standing::{Standing, standing};
pub use take_up_email::take_up_email;
