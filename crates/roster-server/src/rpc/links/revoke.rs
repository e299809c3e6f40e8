//! `RevokeInviteLink`: a link ends at once.

use roster_domain::Refusal;
use roster_domain::decide::revoke_link as decide;
use roster_proto::v1 as pb;
use roster_store::{LinkChange, Locked};
use tonic::{Request, Response};

use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;
use crate::tokens::Digest;

pub(in crate::rpc) async fn revoke_invite_link(
    app: &App,
    request: Request<pb::RevokeInviteLinkRequest>,
) -> Result<Response<pb::RevokeInviteLinkResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let link = fields.link_id(&request.link_id);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(link), Some(request_id)) = (team, link, request_id) else {
        return Err(fields.refuse());
    };

    let mutation =
        Mutation::new(app, &call, "RevokeInviteLink", &request, (request_id, request.validate_only));
    let question = LinkChange { actor: &mutation.actor()?.user_id, link };
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, facts: (facts, stored) } =
        match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };

    let policy = served(policy.as_deref())?;
    let changes = decide(policy, &facts)?;

    let actor = found(facts.actor.as_ref())?;
    let changes = mutation.with_email(changes, actor);
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let stored = stored.ok_or(Refusal::InviteLinkNotFound)?.after(&changes, tx.now());
    let digest = Digest::from_bytes(stored.secret.digest);
    let link = message::invite_link(team.id, policy, stored, tx.now());
    let answer = pb::RevokeInviteLinkResponse { invite_link: Some(link), revision };
    if mutation.finish(tx, &answer).await? {
        // Only tidiness: a token store that keeps the entry cannot revive the link.
        app.tokens.remove(digest).await;
    }
    Ok(Response::new(answer))
}
