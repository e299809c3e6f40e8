//! The operations that are measured. Each is a row of the page.

mod invites;
mod members;
mod reads;
mod teams;

use std::sync::Arc;

use anyhow::Result;
use futures_util::future::LocalBoxFuture;

use crate::load::{Call, Operation};
use crate::world::World;

/// One operation.
pub(crate) struct Row {
    /// What it is named on the command line.
    pub(crate) name: &'static str,
    /// What it is named on the page.
    pub(crate) title: &'static str,
    /// How many calls in flight it is measured with.
    pub(crate) in_flight: &'static [usize],
    /// Makes what it needs in that world.
    pub(crate) prepare: fn(Arc<World>) -> LocalBoxFuture<'static, Result<Prepared>>,
}

/// An operation on one service, ready to be called.
pub(crate) struct Prepared {
    pub(crate) operation: Operation,
    /// Where calls use up what others made: makes enough for so many.
    pub(crate) restock: Option<Restock>,
}

/// Makes what so many calls use up.
pub(crate) type Restock = Arc<dyn Fn(usize) -> LocalBoxFuture<'static, Result<()>>>;

impl Prepared {
    fn new(call: Call) -> Self {
        Self { operation: Operation::new(call), restock: None }
    }
}

/// The calls in flight of most rows, and of those whose calls take tenths of a second.
const SWEEP: &[usize] = &[1, 8, 32, 64];
const FEW: &[usize] = &[1, 8, 32];

/// The calls in flight of the page's first table.
pub(crate) const HEADLINE: usize = 32;

/// All of them, in the order of the page.
pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "get-policy",
        title: "GetPolicy (the edge alone)",
        in_flight: SWEEP,
        prepare: reads::get_policy,
    },
    Row { name: "get-team", title: "GetTeam", in_flight: SWEEP, prepare: reads::get_team },
    Row { name: "get-member", title: "GetMember", in_flight: SWEEP, prepare: reads::get_member },
    Row {
        name: "list-members",
        title: "ListMembers, 10 rows",
        in_flight: SWEEP,
        prepare: reads::list_members,
    },
    Row {
        name: "list-members-200",
        title: "ListMembers, 200 rows",
        in_flight: SWEEP,
        prepare: reads::list_members_200,
    },
    Row { name: "list-teams", title: "ListTeams", in_flight: SWEEP, prepare: reads::list_teams },
    Row { name: "list-events", title: "ListEvents, 20 rows", in_flight: SWEEP, prepare: reads::list_events },
    Row {
        name: "preview-invite",
        title: "PreviewInvite of a link",
        in_flight: SWEEP,
        prepare: reads::preview_invite,
    },
    Row {
        name: "list-members-pending-owner",
        title: "ListMembers, 200 invitations pending, by the owner",
        in_flight: SWEEP,
        prepare: reads::list_members_pending_owner,
    },
    Row {
        name: "list-members-pending-viewer",
        title: "ListMembers, 200 invitations pending, by a viewer",
        in_flight: SWEEP,
        prepare: reads::list_members_pending_viewer,
    },
    Row { name: "create-team", title: "CreateTeam", in_flight: SWEEP, prepare: teams::create_team },
    Row {
        name: "create-invite-link",
        title: "CreateInviteLink",
        in_flight: SWEEP,
        prepare: invites::create_invite_link,
    },
    Row {
        name: "change-member-role",
        title: "ChangeMemberRole",
        in_flight: SWEEP,
        prepare: members::change_member_role,
    },
    Row {
        name: "create-invitation",
        title: "CreateInvitation",
        in_flight: SWEEP,
        prepare: invites::create_invitation,
    },
    Row {
        name: "create-invitation-1000",
        title: "CreateInvitation, 1,000 pending",
        in_flight: SWEEP,
        prepare: invites::create_invitation_1000,
    },
    Row {
        name: "accept-invitation",
        title: "AcceptInvitation",
        in_flight: SWEEP,
        prepare: invites::accept_invitation,
    },
    Row {
        name: "redeem-invite-link",
        title: "RedeemInviteLink, many teams",
        in_flight: SWEEP,
        prepare: invites::redeem_invite_link,
    },
    Row {
        name: "redeem-hot",
        title: "RedeemInviteLink, one team",
        in_flight: SWEEP,
        prepare: invites::redeem_hot,
    },
    Row {
        name: "batch-add-members",
        title: "BatchAddMembers of 500",
        in_flight: FEW,
        prepare: members::batch_add_members,
    },
];

/// The row of that name.
pub(crate) fn named(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

/// The number of a call as an index.
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
