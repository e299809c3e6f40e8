//! `CreateTeamCode`: a code that people type to join.

use roster_domain::decide::{CodeRequest, could_make_code, create_code as decide};
use roster_domain::{Change, CodeId, CodeText, Policy, Refusal};
use roster_proto::v1 as pb;
use roster_store::{CodeCreation, Coding, HolderOf, InviteOf, Locked, StoredCode};
use tonic::{Request, Response};
use uuid::Uuid;

use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;
use crate::rpc::sight::Sight;

/// How many texts are tried: with a million codes about, one in a thousand of the shortest is taken.
const TRIES: usize = 4;

pub(in crate::rpc) async fn create_team_code(
    app: &App,
    request: Request<pb::CreateTeamCodeRequest>,
) -> Result<Response<pb::CreateTeamCodeResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let role = fields.role("role", &request.role);
    let grants = fields.grants("grants", &request.grants);
    let lifetime = fields.code_lifetime(&request.lifetime);
    let max_uses = fields.max_uses(request.max_uses);
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(role), Some(grants), Some(lifetime), Some(max_uses), Some(request_id)) =
        (team, role, grants, lifetime, max_uses, request_id)
    else {
        return Err(fields.refuse());
    };

    let mutation = Mutation::new(app, &call, "CreateTeamCode", &request, (request_id, request.validate_only));
    let random = random()?;
    let actor = &mutation.actor()?.user_id;
    let question = CodeCreation { actor, random: &random };
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, facts: Coding { free, facts } } =
        match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(with_text(app, &call, answer).await?)),
        };

    let policy = served(policy.as_deref())?;
    let asked = CodeRequest {
        role: &role,
        grants: &grants,
        lifetime,
        max_uses,
        grant_cap: app.limits.grants_per_member,
        code_cap: app.limits.live_codes_per_team,
    };
    let id = CodeId::from_uuid(Uuid::now_v7());
    let changes = decide(policy, &facts, &asked, (id, text_for(policy, free)?), tx.now())?;

    let actor = found(facts.actor.as_ref())?;
    let changes = mutation.with_email(changes, actor);
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let inviter = mutation.inviter(actor, &facts.actor_access)?;
    let new = changes.iter().find_map(|change| match change {
        Change::TeamCodeCreated(new) => Some(new),
        _ => None,
    });
    let new = new.ok_or(Error::Internal("nothing was created"))?;
    let stored = StoredCode::created(new, inviter, (revision, tx.now()));
    let mut code = message::team_code(team.id, policy, stored, tx.now());
    let text = std::mem::take(&mut code.code);
    let mut answer = pb::CreateTeamCodeResponse { team_code: Some(code), revision };
    let happened = mutation.finish(tx, &answer).await?;
    if let Some(code) = &mut answer.team_code {
        if happened {
            code.code.clone_from(&text);
        } else {
            code.code_id.clear();
        }
    }
    Ok(Response::new(answer))
}

fn random() -> Result<[[u8; 32]; TRIES], Error> {
    let mut random = [[0; 32]; TRIES];
    for bytes in &mut random {
        getrandom::fill(bytes).map_err(|_| Error::Internal("the system gave no random bytes"))?;
    }
    Ok(random)
}

/// The text that the code gets. Under a policy without codes there is none, and the decision refuses.
fn text_for(policy: &Policy, free: Option<CodeText>) -> Result<CodeText, Error> {
    match free {
        Some(text) => Ok(text),
        None if policy.team_codes.is_none() => Ok(CodeText::new(String::new())),
        None => Err(Error::Internal("no text is left for a code: give the policy longer ones")),
    }
}

/// An answer that was given before holds no code. Whoever could still make it gets it again.
async fn with_text(
    app: &App,
    call: &Call,
    mut answer: pb::CreateTeamCodeResponse,
) -> Result<pb::CreateTeamCodeResponse, Error> {
    let made = answer.team_code.as_mut();
    let made = made.and_then(|code| Some((code.team_id.parse().ok()?, code.code_id.parse().ok()?, code)));
    let (team, id, code) = made.ok_or(Error::Internal("a stored answer names no code"))?;
    let question = (HolderOf(&call.actor()?.user_id), InviteOf::<CodeId>(id));
    match Sight::with(app, call, team, &question).await {
        Ok(Sight { policy, answer: (holder, stored), .. }) => {
            let may =
                |one: &StoredCode| could_make_code(policy, holder.as_ref(), &one.code.role, &one.code.access);
            if let Some(stored) = stored.filter(may) {
                stored.text.reveal().clone_into(&mut code.code);
            }
            Ok(answer)
        }
        // Without access any more the answer is still the same, only without the code.
        Err(Error::Refusal(_)) => Ok(answer),
        Err(error) => Err(error),
    }
}
