//! A team that was just created, with its creator as a member.

use roster_domain::decide::seats;
use roster_domain::facts::Occupancy;
use roster_domain::{Change, Policy, Revision, TeamId, Timestamp, UserId};
use roster_proto::v1 as pb;
use roster_store::{Member, Team, occupancy_after};

use crate::rpc::message;

/// What is shown of the team and the creator's membership. None where the changes create no team.
pub(super) fn founded(
    policy: &Policy,
    id: TeamId,
    creator: &UserId,
    changes: &[Change],
    at: (Revision, Timestamp),
) -> (Option<pb::Team>, Option<pb::Member>) {
    let team = changes.iter().find_map(|change| match change {
        Change::TeamCreated(new) => Some(Team::created(id, new, creator.as_str(), at).after(changes, at.0)),
        _ => None,
    });
    let member = changes.iter().find_map(|change| match change {
        Change::MemberJoined(new) => Some(Member::joined(new, creator.as_str(), None, at)),
        _ => None,
    });
    let taken = occupancy_after(Occupancy::default(), changes);
    let shown = |team: Team| message::team(&team, seats(policy, team.facts.tier.as_ref(), taken));
    (team.map(shown), member.map(message::member))
}
