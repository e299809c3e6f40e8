//! What all changes of one member have in common.

use roster_domain::facts::MemberFacts;
use roster_domain::{Change, Revision, TeamId, UserId};
use roster_proto::v1 as pb;
use roster_store::{Member, Tx};
use uuid::Uuid;

use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Mutation, found};
use crate::rpc::parse::Fields;

/// The fields that each of them has.
pub(super) struct Asked {
    /// The team.
    pub(super) team: TeamId,
    /// The member.
    pub(super) target: UserId,
    /// The version of the member that the caller has read.
    pub(super) version: Option<Revision>,
    /// What makes a retry safe.
    pub(super) request_id: Option<Uuid>,
}

/// Parses team, member, etag and request id.
pub(super) fn asked(fields: &mut Fields, [team, target, etag, request_id]: [&str; 4]) -> Option<Asked> {
    let team = fields.team_id(team);
    let target = fields.user_id("user_id", target);
    let version = fields.etag(etag);
    let request_id = fields.request_id(request_id);
    Some(Asked { team: team?, target: target?, version: version?, request_id: request_id? })
}

/// Carries out what was decided, and shows the member as it is then.
pub(super) async fn carry_out(
    mutation: &Mutation<'_>,
    tx: &mut Tx,
    team: TeamId,
    (facts, member): (&MemberFacts, Option<Member>),
    changes: Vec<Change>,
) -> Result<(Option<pb::Member>, Revision), Error> {
    let actor = found(facts.actor.as_ref())?;
    let changes = mutation.with_email(changes, actor);
    let revision = tx.apply(&mutation.context(actor.person), team, &changes).await?;
    let member = member.map(|member| member.after(&changes, revision));
    Ok((member.map(message::member), revision))
}

/// Takes the etag from a member whose change was only decided: another change may yet get this one.
pub(super) fn without_etag(member: &mut Option<pb::Member>) {
    if let Some(member) = member {
        member.etag.clear();
    }
}
