//! `RedeemInviteLink`: the actor joins.

use roster_domain::decide::redeem_link as decide;
use roster_domain::facts::RedemptionFacts;
use roster_proto::v1 as pb;
use roster_store::{Joiner, JoinerAsMember, Joining, LinkInvite, Loaded, Locked, Member};
use tonic::{Request, Response};

use super::{place, token};
use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::joined::{Entrant, joined};
use crate::rpc::mutation::{Begun, Mutation, replayed};
use crate::rpc::parse::Fields;
use crate::tokens::Digest;

pub(in crate::rpc) async fn redeem_invite_link(
    app: &App,
    request: Request<pb::RedeemInviteLinkRequest>,
) -> Result<Response<pb::RedeemInviteLinkResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let token = fields.token(&request.token);
    let request_id = fields.request_id(&request.request_id);
    let (Some(token), Some(request_id)) = (token, request_id) else { return Err(fields.refuse()) };
    let digest = token::digest(token)?;

    let mutation = Mutation::new(app, &call, "RedeemInviteLink", &request, (request_id, false));
    let Locked { mut tx, team, policy, facts } =
        match mutation.begun(begin(app, &mutation, digest).await?, Error::InviteNotFound)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };
    let (found, member) = facts;
    let found = found.ok_or(Error::InviteNotFound)?;
    let (person, facts, inviter_user_id) = (found.person()?, found.facts, found.inviter_user_id);

    let policy = served(policy.as_deref())?;
    let email = mutation.actor()?.verified_email.clone();
    let changes = decide(policy, &facts, person, email, tx.now())?;

    let entrant = Entrant { person, joining: &facts.joining, inviter_user_id, member };
    let joined = joined(policy, &mutation, &mut tx, team, entrant, changes).await?;
    let answer = pb::RedeemInviteLinkResponse {
        team: joined.team,
        member: joined.member,
        already_member: joined.already_member,
    };
    mutation.finish(tx, &answer).await?;
    Ok(Response::new(answer))
}

/// Locks the team that the token leads to. What the token store says is hearsay: where the database does not confirm
/// it under the lock, the database is asked by the digest.
async fn begin(
    app: &App,
    mutation: &Mutation<'_>,
    digest: Digest,
) -> Result<Loaded<Locked<(Option<Joiner<RedemptionFacts>>, Option<Member>)>>, Error> {
    let user = &mutation.actor()?.user_id;
    let lock = |place: roster_store::LinkPlace| {
        let invite = LinkInvite { link: place.link, digest: *digest.as_bytes() };
        let question = (Joining { invite, user }, JoinerAsMember);
        app.store.lock_and_load(place.team, mutation.claim(), &app.policies, mutation.visible(), question)
    };
    let found = place::find(app, digest).await?;
    match lock(found.place).await? {
        Loaded::Fresh(Locked { tx, facts: (None, _), .. }) if found.hearsay => {
            tx.undo().await?;
            Ok(lock(place::confirm(app, digest).await?.place).await?)
        }
        Loaded::Absent if found.hearsay => Ok(lock(place::confirm(app, digest).await?.place).await?),
        loaded => Ok(loaded),
    }
}
