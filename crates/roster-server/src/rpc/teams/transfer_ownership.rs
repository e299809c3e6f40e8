//! `TransferOwnership`: the role with exactly one holder moves.

use roster_domain::Refusal;
use roster_domain::decide::{TransferBy, transfer_ownership as decide};
use roster_proto::v1 as pb;
use roster_store::{Locked, Member, Transfer, Transferring};
use tonic::{Request, Response};

use super::verb::without_etag;
use crate::app::{App, served};
use crate::authn::{Call, Scope};
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn transfer_ownership(
    app: &App,
    request: Request<pb::TransferOwnershipRequest>,
) -> Result<Response<pb::TransferOwnershipResponse>, Error> {
    let call = Call::of(&request)?;
    // Whoever is acted for is judged as that person, whatever its service may do by itself.
    let by = match call.actor {
        Some(_) => TransferBy::Member,
        None => call.by_itself(Scope::TeamsAdminister).map(|()| TransferBy::Service)?,
    };
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let target = fields.user_id("user_id", &request.user_id);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(target), Some(request_id)) = (team, target, request_id) else {
        return Err(fields.refuse());
    };

    let mutation =
        Mutation::new(app, &call, "TransferOwnership", &request, (request_id, request.validate_only));
    let actor = call.actor.as_ref().map(|actor| &actor.user_id);
    let question = Transfer { actor, target: &target };
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, facts: Transferring { facts, holder, target } } =
        match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };

    let mut changes = decide(served(policy.as_deref())?, &facts, by)?;

    let moves = !changes.is_empty();
    if let Some(actor) = &facts.actor {
        changes = mutation.with_email(changes, actor);
    }
    let actor = facts.actor.as_ref().map(|actor| actor.person);
    let revision = tx.apply(&mutation.context(actor), team.id, &changes).await?;
    let after = |member: Option<Member>| Some(message::member(member?.after(&changes, revision)));
    let (member, former_holder) = (after(target), after(holder.filter(|_| moves)));
    let mut answer = pb::TransferOwnershipResponse { member, former_holder, revision };
    if !mutation.finish(tx, &answer).await? {
        without_etag(&mut answer.member);
        without_etag(&mut answer.former_holder);
    }
    Ok(Response::new(answer))
}
