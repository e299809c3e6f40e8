//! `ChangeMemberRole`: a member gets another role.

use roster_domain::decide::{NewRole, change_role as decide, rewritten};
use roster_domain::{Change, Refusal};
use roster_proto::v1 as pb;
use roster_store::{Locked, MemberChange, MemberOf};
use tonic::{Request, Response};

use super::verb::{asked, carry_out, without_etag};
use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn change_member_role(
    app: &App,
    request: Request<pb::ChangeMemberRoleRequest>,
) -> Result<Response<pb::ChangeMemberRoleResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let asked = asked(&mut fields, [&request.team_id, &request.user_id, &request.etag, &request.request_id]);
    let role = fields.role("role", &request.role);
    let access = match &request.access {
        Some(access) => fields.access("access", access).map(Some),
        None => Some(None),
    };
    let (Some(asked), Some(role), Some(access)) = (asked, role, access) else {
        return Err(fields.refuse());
    };

    let mutation =
        Mutation::new(app, &call, "ChangeMemberRole", &request, (asked.request_id, request.validate_only));
    let actor = &mutation.actor()?.user_id;
    let change = (MemberChange { actor, target: &asked.target }, MemberOf(&asked.target));
    let loaded = app
        .store
        .lock_and_load(asked.team, mutation.claim(), &app.policies, mutation.visible(), change)
        .await?;
    let Locked { mut tx, team, policy, facts: (facts, member) } =
        match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };

    let cap = app.limits.grants_per_member;
    let new = NewRole { role: &role, access: access.as_ref(), grant_cap: cap };
    let changes = decide(served(policy.as_deref())?, &facts, &new, asked.version)?;
    let rewritten_grants = changes.iter().find_map(|change| match change {
        Change::MemberAccessChanged { before, after, .. } => Some(rewritten(before, after)),
        _ => None,
    });
    let rewritten_grants = message::rewritten_grants(&rewritten_grants.unwrap_or_default());

    let (member, revision) = carry_out(&mutation, &mut tx, team.id, (&facts, member), changes).await?;
    let mut answer = pb::ChangeMemberRoleResponse { member, revision, rewritten_grants };
    if !mutation.finish(tx, &answer).await? {
        without_etag(&mut answer.member);
    }
    Ok(Response::new(answer))
}
