//! `RedeemTeamCode`: the actor joins.

use roster_domain::CodeKey;
use roster_domain::decide::redeem_code as decide;
use roster_domain::facts::CodeRedemptionFacts;
use roster_proto::v1 as pb;
use roster_store::{CodeInvite, Joiner, JoinerAsMember, Joining, Loaded, Locked, Member};
use tonic::{Request, Response};

use super::guess::Attempt;
use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::joined::{Entrant, joined};
use crate::rpc::mutation::{Begun, Mutation, replayed};
use crate::rpc::parse::Fields;

pub(in crate::rpc) async fn redeem_team_code(
    app: &App,
    request: Request<pb::RedeemTeamCodeRequest>,
) -> Result<Response<pb::RedeemTeamCodeResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let code = fields.code(&request.code);
    let request_id = fields.request_id(&request.request_id);
    let (Some(code), Some(request_id)) = (code, request_id) else { return Err(fields.refuse()) };

    let mutation = Mutation::new(app, &call, "RedeemTeamCode", &request, (request_id, false));
    let attempt = Attempt::begin(app, &call, mutation.claim()).await?;
    // How the attempt ended is told once the team's lock is gone: nobody may wait for Redis under it.
    let redeemed = match begin(app, &mutation, code.as_ref()).await? {
        Some(loaded) => redeem(&mutation, loaded).await,
        None => return Err(attempt.not_found().await),
    };
    attempt.found().await;
    redeemed
}

/// The code leads somewhere: decides, and carries out.
async fn redeem(
    mutation: &Mutation<'_>,
    loaded: Loaded<Locked<(Joiner<CodeRedemptionFacts>, Option<Member>)>>,
) -> Result<Response<pb::RedeemTeamCodeResponse>, Error> {
    let Locked { mut tx, team, policy, facts: (found, member) } =
        match mutation.begun(loaded, Error::InviteNotFound)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };

    let policy = served(policy.as_deref())?;
    let (person, facts, inviter_user_id) = (found.person()?, found.facts, found.inviter_user_id);
    let email = mutation.actor()?.verified_email.clone();
    let changes = decide(policy, &facts, person, email, tx.now())?;

    let entrant = Entrant { person, joining: &facts.joining, inviter_user_id, member };
    let joined = joined(policy, mutation, &mut tx, team, entrant, changes).await?;
    let answer = pb::RedeemTeamCodeResponse {
        team: joined.team,
        member: joined.member,
        already_member: joined.already_member,
    };
    mutation.finish(tx, &answer).await?;
    Ok(Response::new(answer))
}

/// Locks the team that the code leads to; none where it leads nowhere for this caller.
async fn begin(
    app: &App,
    mutation: &Mutation<'_>,
    key: Option<&CodeKey>,
) -> Result<Option<Loaded<Locked<(Joiner<CodeRedemptionFacts>, Option<Member>)>>>, Error> {
    let Some(key) = key else { return Ok(None) };
    let (user, invite) = (&mutation.actor()?.user_id, CodeInvite(key));
    let question = (Joining { invite, user }, JoinerAsMember);
    let claim = mutation.claim();
    let loaded = app.store.lock_by_invite(invite, claim, &app.policies, mutation.visible(), question).await?;
    Ok(match loaded {
        Loaded::Fresh(Locked { tx, team, policy, facts: (Some(found), member) }) => {
            Some(Loaded::Fresh(Locked { tx, team, policy, facts: (found, member) }))
        }
        Loaded::Replay(answer) => Some(Loaded::Replay(answer)),
        Loaded::Fresh(Locked { facts: (None, _), .. }) | Loaded::Absent => None,
    })
}
