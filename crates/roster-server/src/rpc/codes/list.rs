//! `ListTeamCodes`: a team's codes, the newest first.

use roster_domain::decide::{TeamCodeState, could_make_code};
use roster_proto::v1 as pb;
use roster_store::{CodeQuery, HolderOf, StoredCode};
use tonic::{Request, Response};

use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::page::{List, read_number};
use crate::rpc::parse::Fields;
use crate::rpc::sight::Sight;

pub(in crate::rpc) async fn list_team_codes(
    app: &App,
    request: Request<pb::ListTeamCodesRequest>,
) -> Result<Response<pb::ListTeamCodesResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let filter = request.filter.unwrap_or_default();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let size = fields.page_size(request.page_size);
    let state = code_state(&mut fields, filter.state);
    let (Some(team), Some(size), Some(state)) = (team, size, state) else {
        return Err(fields.refuse());
    };

    let parameters = [request.team_id.as_bytes(), &filter.state.to_be_bytes()];
    let list = List::new(app, &call, "ListTeamCodes", &parameters);
    let after = list.place(&request.page_token, read_number)?;
    let query = CodeQuery { state, after, limit: size + 1 };
    let question = (HolderOf(&call.actor()?.user_id), query);
    let sight = Sight::with(app, &call, team, &question).await?;
    sight.standing()?.require("codes.manage")?;
    let Sight { policy, answer: (holder, codes), now, .. } = sight;
    let (codes, next_page_token) = list.cut(codes, size, |last| last.code.revision.to_be_bytes().to_vec())?;
    // Whoever could not make a code itself must not be able to use it either.
    let shown = |stored: StoredCode| {
        let (role, access) = (&stored.code.role, &stored.code.access);
        let could = could_make_code(policy, holder.as_ref(), role, access);
        let mut code = message::team_code(team, policy, stored, now);
        if !could {
            code.code.clear();
        }
        code
    };
    let team_codes = codes.into_iter().map(shown).collect();
    Ok(Response::new(pb::ListTeamCodesResponse { team_codes, next_page_token }))
}

/// The state that is asked for: none where it is unspecified.
fn code_state(fields: &mut Fields, number: i32) -> Option<Option<TeamCodeState>> {
    match pb::TeamCodeState::try_from(number) {
        Ok(pb::TeamCodeState::Unspecified) => Some(None),
        Ok(pb::TeamCodeState::Live) => Some(Some(TeamCodeState::Live)),
        Ok(pb::TeamCodeState::Expired) => Some(Some(TeamCodeState::Expired)),
        Ok(pb::TeamCodeState::Revoked) => Some(Some(TeamCodeState::Revoked)),
        Ok(pb::TeamCodeState::Exhausted) => Some(Some(TeamCodeState::Exhausted)),
        Ok(pb::TeamCodeState::MakerGone) => Some(Some(TeamCodeState::MakerGone)),
        Err(_) => fields.violation("filter.state", "must be a known state of a team code"),
    }
}
