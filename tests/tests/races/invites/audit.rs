//! What must hold of a team's invitations after any race.

use std::collections::BTreeMap;

use roster_proto::v1::event::Change;
use roster_proto::v1::{Event, Invitation, InvitationState};
use roster_testkit::{Server, Violations, faults_of};

/// What contradicts itself in a team: an invitation with two ends, one whose row tells another story than its events,
/// a membership by an invitation that was not accepted, an address with two pending ones.
pub(crate) async fn audit(server: &Server, owner: &str, team: &str) -> Violations {
    let mut violations = faults_of(server, (owner, "owner"), team).await;
    let events = server.events(owner, team).await;
    let invitations = server.invitations(owner, team).await;
    let mut pending: BTreeMap<String, usize> = BTreeMap::new();
    for invitation in &invitations {
        violations.extend(story(invitation, &events));
        if invitation.state() == InvitationState::Pending {
            *pending.entry(invitation.email.to_lowercase()).or_default() += 1;
        }
    }
    if pending.values().any(|count| *count > 1) {
        violations.push(format!("addresses with several pending invitations: {:?}", pending.values()));
    }
    violations
}

/// What an invitation's events say of it, the oldest first.
fn story(invitation: &Invitation, newest_first: &[Event]) -> Violations {
    use InvitationState as S;
    let id = invitation.invitation_id.as_str();
    let mut state = None;
    let (mut accepted_by, mut joined) = (None, Vec::new());
    let mut violations = Violations::new();
    for event in newest_first.iter().rev() {
        let next = match event.change.as_ref() {
            Some(Change::InvitationCreated(change)) if change.invitation_id == id => S::Pending,
            Some(Change::InvitationResent(change)) if change.invitation_id == id => S::Pending,
            Some(Change::InvitationCancelled(change)) if change.invitation_id == id => S::Cancelled,
            Some(Change::InvitationDeclined(change)) if change.invitation_id == id => S::Declined,
            Some(Change::InvitationExpired(change)) if change.invitation_id == id => S::Expired,
            Some(Change::InvitationAccepted(change)) if change.invitation_id == id => {
                accepted_by = Some(change.user_id.as_str());
                S::Accepted
            }
            Some(Change::MemberJoined(change)) if change.invitation_id == id => {
                joined.push(change.user_id.as_str());
                continue;
            }
            _ => continue,
        };
        // One that has expired may be sent again; every other end is the last.
        let ended = matches!(state, Some(S::Accepted | S::Declined | S::Cancelled));
        if ended || (state == Some(S::Expired) && next != S::Pending) {
            violations.push(format!("{id} was {state:?} and became {next:?}"));
        }
        state = Some(next);
    }
    if state != Some(invitation.state()) {
        violations.push(format!("{id} is {:?} and was last told to be {state:?}", invitation.state()));
    }
    if joined.as_slice() != accepted_by.as_slice() {
        violations.push(format!("{id} was accepted by {accepted_by:?}, by it joined {joined:?}"));
    }
    if invitation.state() == S::Accepted && accepted_by != Some(invitation.answered_by_user_id.as_str()) {
        violations.push(format!("{id} was accepted by {accepted_by:?}, its row says otherwise"));
    }
    violations
}
