//! The decisions: one pure function for each action.
//!
//! Each takes the policy, the facts and what is asked, and answers with the changes to make or with a
//! [`Refusal`](crate::Refusal). No changes means that what is asked for holds already. The same function serves a call
//! and its `validate_only` form. Authority comes first, so that a refusal tells nothing to somebody who may not know.

mod access;
mod add_members;
mod answer_invitation;
mod change_role;
mod change_team;
mod create_invitation;
mod create_team;
mod erase_member;
mod invitation;
mod invite_link;
mod join;
mod lowering;
mod maker;
mod manage_invitation;
mod redeem_link;
mod remove_member;
mod seats;
mod set_access;
mod standing;
mod suspend;
mod take_up_email;
mod team_code;
mod transfer;

pub use access::role_on;
pub use add_members::{Addition, add_members};
pub use answer_invitation::{Answerer, Presented, accept_invitation, decline_invitation, may_accept};
pub use change_role::{NewRole, Rewritten, change_role, rewritten};
pub use change_team::{delete_team, rename_team, set_tier};
pub use create_invitation::{InvitationRequest, create_invitation};
pub use create_team::{TeamCap, TeamRequest, create_personal_team, create_team};
pub use erase_member::{Dependence, Obstacle, Resolution, erase_member};
pub use invitation::{
    ShownInvitationState, could_invite, invitation_state, invites, may_invite, shown_invitation_state,
};
pub use invite_link::{InviteLinkState, could_make, create_link, link_state, makes_links, revoke_link};
pub use join::Redemption;
pub use manage_invitation::{ResendRequest, cancel_invitation, expire_invitations, resend_invitation};
pub use redeem_link::{may_redeem, redeem_link};
pub use remove_member::{leave_team, remove_member};
pub use seats::{Seats, seats};
pub use set_access::{purge_resource, set_access};
pub use standing::{Standing, standing};
pub use suspend::{restore_member, suspend_member};
pub use take_up_email::take_up_email;
pub use team_code::{
    CodeRequest, TeamCodeState, code_state, could_make_code, create_code, delete_code, makes_codes,
    may_redeem_code, redeem_code, revoke_code,
};
pub use transfer::{TransferBy, transfer_ownership};
