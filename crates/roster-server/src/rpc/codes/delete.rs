//! `DeleteTeamCode`: the record of a code that admits nobody any more is gone.

use roster_domain::Refusal;
use roster_domain::decide::delete_code as decide;
use roster_proto::v1 as pb;
use roster_store::{CodeChange, Locked};
use tonic::{Request, Response};

use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;

pub(in crate::rpc) async fn delete_team_code(
    app: &App,
    request: Request<pb::DeleteTeamCodeRequest>,
) -> Result<Response<pb::DeleteTeamCodeResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let code = fields.code_id(&request.code_id);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(code), Some(request_id)) = (team, code, request_id) else {
        return Err(fields.refuse());
    };

    let mutation = Mutation::new(app, &call, "DeleteTeamCode", &request, (request_id, request.validate_only));
    let question = CodeChange { actor: &mutation.actor()?.user_id, code };
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, facts: (facts, _) } =
        match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(answer)),
        };

    let changes = decide(served(policy.as_deref())?, &facts, tx.now())?;

    let actor = found(facts.actor.as_ref())?;
    let changes = mutation.with_email(changes, actor);
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let answer = pb::DeleteTeamCodeResponse { revision };
    mutation.finish(tx, &answer).await?;
    Ok(Response::new(answer))
}
