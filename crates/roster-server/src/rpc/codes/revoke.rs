//! `RevokeTeamCode`: a code ends at once, and its record stays.

use roster_domain::Refusal;
use roster_domain::decide::revoke_code as decide;
use roster_proto::v1 as pb;
use roster_store::{CodeChange, Locked};
use tonic::{Request, Response};

use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;

pub(in crate::rpc) async fn revoke_team_code(
    app: &App,
    request: Request<pb::RevokeTeamCodeRequest>,
) -> Result<Response<pb::RevokeTeamCodeResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let code = fields.code_id(&request.code_id);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(code), Some(request_id)) = (team, code, request_id) else {
        return Err(fields.refuse());
    };

    let mutation = Mutation::new(app, &call, "RevokeTeamCode", &request, (request_id, request.validate_only));
    let question = CodeChange { actor: &mutation.actor()?.user_id, code };
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
    let stored = stored.ok_or(Refusal::TeamCodeNotFound)?.after(&changes, tx.now());
    let mut code = message::team_code(team.id, policy, stored, tx.now());
    // It admits nobody any more, and what is kept for a retry holds no code.
    code.code.clear();
    let answer = pb::RevokeTeamCodeResponse { team_code: Some(code), revision };
    mutation.finish(tx, &answer).await?;
    Ok(Response::new(answer))
}
