//! `CreateInviteLink`: a link by which many may join.

use roster_domain::decide::create_link as decide;
use roster_domain::{Change, LinkId, Refusal};
use roster_proto::v1 as pb;
use roster_store::{HolderOf, InviteOf, LinkCreation, LinkPlace, Locked, StoredLink};
use tonic::{Request, Response};
use uuid::Uuid;

use super::token;
use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;
use crate::rpc::sight::Sight;

pub(in crate::rpc) async fn create_invite_link(
    app: &App,
    request: Request<pb::CreateInviteLinkRequest>,
) -> Result<Response<pb::CreateInviteLinkResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(request_id)) = (team, request_id) else {
        return Err(fields.refuse());
    };

    let mutation =
        Mutation::new(app, &call, "CreateInviteLink", &request, (request_id, request.validate_only));
    let question = LinkCreation { actor: &mutation.actor()?.user_id };
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, facts } = match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
        Begun::Fresh(locked) => locked,
        Begun::Replay(answer) => return Ok(replayed(with_token(app, &call, answer).await?)),
    };

    let policy = served(policy.as_deref())?;
    let id = LinkId::from_uuid(Uuid::now_v7());
    let (secret, record) = token::make(app, id)?;
    let now = tx.now();
    let changes = decide(policy, &facts, (id, record), now, app.limits.live_links_per_team)?;

    let actor = found(facts.actor.as_ref())?;
    let changes = mutation.with_email(changes, actor);
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let inviter = mutation.inviter(actor, &facts.actor_access)?;
    let new = changes.iter().find_map(|change| match change {
        Change::InviteLinkCreated(new) => Some(new),
        _ => None,
    });
    let new = new.ok_or(Error::Internal("nothing was created"))?;
    let stored = StoredLink::created(new, inviter, (revision, tx.now()));
    let expires_at = stored.link.expires_at;
    let link = message::invite_link(team.id, policy, stored, now);
    let mut answer = pb::CreateInviteLinkResponse { invite_link: Some(link), token: String::new(), revision };
    if mutation.finish(tx, &answer).await? {
        // Only once the link is committed: the token store never knows of one that is not.
        let place = LinkPlace { team: team.id, link: id, expires_at };
        app.tokens.put(secret.digest(), &place, now).await;
        secret.expose().clone_into(&mut answer.token);
    } else {
        answer.invite_link.iter_mut().for_each(|link| link.link_id.clear());
    }
    Ok(Response::new(answer))
}

/// An answer that was given before holds no secret. Whoever may still copy the link gets it again.
async fn with_token(
    app: &App,
    call: &Call,
    mut answer: pb::CreateInviteLinkResponse,
) -> Result<pb::CreateInviteLinkResponse, Error> {
    let made = answer.invite_link.as_ref();
    let ids = made.and_then(|link| Some((link.team_id.parse().ok()?, link.link_id.parse().ok()?)));
    let (team, link) = ids.ok_or(Error::Internal("a stored answer names no link"))?;
    // Without access any more the answer is still the same, only without the secret.
    let question = (HolderOf(&call.actor()?.user_id), InviteOf::<LinkId>(link));
    match Sight::with(app, call, team, &question).await {
        Ok(Sight { policy, answer: (holder, stored), now, .. }) => {
            if let Some(stored) = stored {
                answer.token = token::copy(app, policy, &stored, holder.as_ref(), now)?;
            }
            Ok(answer)
        }
        Err(Error::Refusal(_)) => Ok(answer),
        Err(error) => Err(error),
    }
}
