//! `SuspendMember`: a member's access is withheld.

use roster_domain::Refusal;
use roster_domain::decide::suspend_member as decide;
use roster_proto::v1 as pb;
use roster_store::{Locked, MemberChange, MemberOf};
use tonic::{Request, Response};

use super::verb::{asked, carry_out, without_etag};
use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::mutation::{Begun, Mutation, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn suspend_member(
    app: &App,
    request: Request<pb::SuspendMemberRequest>,
) -> Result<Response<pb::SuspendMemberResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let asked = asked(&mut fields, [&request.team_id, &request.user_id, &request.etag, &request.request_id]);
    let Some(asked) = asked else {
        return Err(fields.refuse());
    };

    let mutation =
        Mutation::new(app, &call, "SuspendMember", &request, (asked.request_id, request.validate_only));
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

    let changes = decide(served(policy.as_deref())?, &facts, asked.version)?;

    let (member, revision) = carry_out(&mutation, &mut tx, team.id, (&facts, member), changes).await?;
    let mut answer = pb::SuspendMemberResponse { member, revision };
    if !mutation.finish(tx, &answer).await? {
        without_etag(&mut answer.member);
    }
    Ok(Response::new(answer))
}
