//! `EnsurePersonalTeam`: the actor's team of one, made if there is none yet.

use roster_domain::decide::{create_personal_team as decide, seats};
use roster_domain::{DisplayName, Refusal, TeamId};
use roster_proto::v1 as pb;
use roster_store::{Creation, CreationQuestion, PersonalTeam};
use tonic::{Request, Response};
use uuid::Uuid;

use super::founded::founded;
use super::verb::without_etag;
use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::mutation::{Begun, Mutation, replayed};
use crate::rpc::parse::Fields;

pub(super) async fn ensure_personal_team(
    app: &App,
    request: Request<pb::EnsurePersonalTeamRequest>,
) -> Result<Response<pb::EnsurePersonalTeamResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let policy = fields.policy(app, &call, &request.policy);
    let display_name = fields.text("display_name", DisplayName::parse(&request.display_name));
    let request_id = fields.request_id(&request.request_id);
    let (Some(policy), Some(display_name), Some(request_id)) = (policy, display_name, request_id) else {
        return Err(fields.refuse());
    };

    let mutation =
        Mutation::new(app, &call, "EnsurePersonalTeam", &request, (request_id, request.validate_only));
    let actor = mutation.actor()?;
    let question = CreationQuestion { personal: Some(policy), ..Default::default() };
    let loaded = app.store.lock_creator(&actor.user_id, mutation.claim(), question).await?;
    let Creation { mut tx, facts } = match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
        Begun::Fresh(creation) => creation,
        Begun::Replay(answer) => return Ok(replayed(answer)),
    };

    let created = facts.personal.is_none();
    let (team, member) = if let Some(PersonalTeam { team, occupancy, member }) = facts.personal {
        let seats = seats(policy, team.facts.tier.as_ref(), occupancy);
        (Some(message::team(&team, seats)), member.map(message::member))
    } else {
        let changes = decide(policy, display_name, facts.creator, actor.verified_email.clone())?;
        let id = TeamId::from_uuid(Uuid::now_v7());
        let revision = tx.apply(&mutation.context(facts.creator), id, &changes).await?;
        founded(policy, id, &actor.user_id, &changes, (revision, tx.now()))
    };
    let mut answer = pb::EnsurePersonalTeamResponse { team, member, created };
    if !mutation.finish(tx, &answer).await? && created {
        answer.team.iter_mut().for_each(|team| {
            team.team_id.clear();
            team.etag.clear();
        });
        without_etag(&mut answer.member);
    }
    Ok(Response::new(answer))
}
