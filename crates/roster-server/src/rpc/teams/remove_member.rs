//! `RemoveMember`: another person's membership ends.

use roster_domain::decide::remove_member as decide;
use roster_domain::{Change, Refusal};
use roster_proto::v1 as pb;
use roster_store::{Locked, MemberChange, MemberOf, Removal};
use tonic::{Request, Response};

use super::verb::asked;
use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn remove_member(
    app: &App,
    request: Request<pb::RemoveMemberRequest>,
) -> Result<Response<pb::RemoveMemberResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let asked = asked(&mut fields, [&request.team_id, &request.user_id, &request.etag, &request.request_id]);
    let Some(asked) = asked else {
        return Err(fields.refuse());
    };

    let mutation =
        Mutation::new(app, &call, "RemoveMember", &request, (asked.request_id, request.validate_only));
    let actor = &mutation.actor()?.user_id;
    let change = MemberChange { actor, target: &asked.target };
    let removal = Removal { change, adopt_invites: request.adopt_invites };
    let question = (removal, MemberOf(&asked.target));
    let loaded = app
        .store
        .lock_and_load(asked.team, mutation.claim(), &app.policies, mutation.visible(), question)
        .await?;
    let Locked { mut tx, team, policy, facts: (facts, member) } =
        match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };

    let policy = served(policy.as_deref())?;
    let changes = decide(policy, &facts, request.adopt_invites, asked.version, tx.now())?;

    let facts = &facts.member;
    let actor = found(facts.actor.as_ref())?;
    let mut answer = pb::RemoveMemberResponse { member: member.map(message::member), ..also(&changes) };
    let changes = mutation.with_email(changes, actor);
    answer.revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    mutation.finish(tx, &answer).await?;
    Ok(Response::new(answer))
}

/// What ends, or changes hands, with the membership.
fn also(changes: &[Change]) -> pb::RemoveMemberResponse {
    let mut also = pb::RemoveMemberResponse::default();
    for change in changes {
        match change {
            Change::InviteLinkAdopted { link, .. } => also.adopted_link_ids.push(link.to_string()),
            Change::TeamCodeAdopted { code, .. } => also.adopted_code_ids.push(code.to_string()),
            Change::InvitationCancelled { invitation } => {
                also.cancelled_invitation_ids.push(invitation.to_string());
            }
            _ => {}
        }
    }
    also
}
