//! `EraseUser`: a person's data is erased; its deeds stay in the logs under a pseudonym.

use std::collections::{BTreeSet, HashMap, HashSet};

use roster_domain::decide::{Dependence, Obstacle, Resolution, erase_member as decide};
use roster_domain::refusal::Cap;
use roster_domain::{Change, PolicyName, Pseudonym, Refusal, TeamId, UserId};
use roster_proto::v1 as pb;
use roster_proto::v1::erase_user_request::TeamResolution;
use roster_proto::v1::erase_user_request::team_resolution::Action;
use roster_store::{Erasure, ErasureQuestion, Team, TouchedTeam};
use tonic::{Request, Response};

use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::{Error, Violation};
use crate::rpc::mutation::{Begun, Mutation, replayed};
use crate::rpc::parse::Fields;

/// How many teams one erasure changes at most: it holds the locks of all of them.
const MOST_TEAMS: u16 = 1_000;

/// What is to become of a team, and where in the request that stands.
struct Resolved {
    place: usize,
    resolution: Resolution,
    successor: Option<UserId>,
}

type Resolutions = HashMap<TeamId, Resolved>;

pub(super) async fn erase_user(
    app: &App,
    request: Request<pb::EraseUserRequest>,
) -> Result<Response<pb::EraseUserResponse>, Error> {
    let call = Call::of(&request)?;
    // Before anything is looked at: the answer would tell of a person under policies of others.
    if !app.has_every_policy_for(&call) {
        return Err(Error::NotEveryPolicy);
    }
    let request = request.into_inner();
    let mut fields = Fields::default();
    let user = fields.user_id("user_id", &request.user_id);
    let emails = fields.emails("emails", &request.emails);
    let resolutions = resolutions(&mut fields, &request.resolutions);
    let request_id = fields.request_id(&request.request_id);
    let (Some(user), Some(emails), Some(resolutions), Some(request_id)) =
        (user, emails, resolutions, request_id)
    else {
        return Err(fields.refuse());
    };

    let mutation = Mutation::new(app, &call, "EraseUser", &request, (request_id, request.validate_only));
    let successors: Vec<(TeamId, UserId)> =
        resolutions.iter().filter_map(|(team, one)| Some((*team, one.successor.clone()?))).collect();
    let question = ErasureQuestion {
        user: &user,
        emails: &emails,
        successors: &successors,
        most_teams: MOST_TEAMS.into(),
    };
    let loaded = app.store.lock_erasure(mutation.claim(), &app.policies, question).await?;
    let erasure = match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
        Begun::Fresh(erasure) => erasure,
        Begun::Replay(answer) => {
            // The first call may have ended before it came to that.
            app.store.empty_log().await;
            return Ok(replayed(answer));
        }
    };
    let too_many = Refusal::CapReached { cap: Cap::TeamsPerErasure, limit: MOST_TEAMS.into() };
    let mut erasure = erasure.ok_or(too_many)?;
    require_served(&call, &erasure)?;

    let decided = decide_all(&erasure, &resolutions)?;

    let mut answer = pb::EraseUserResponse::default();
    // The person must not become known anew, nor be named, by erasing itself.
    let by = mutation.context(None);
    for (team, changes) in &decided {
        count(&mut answer, changes);
        erasure.apply(&by, team, changes).await?;
    }
    let pseudonym = pseudonym()?;
    answer.invitations_scrubbed = i64::try_from(erasure.scrub(pseudonym).await?).unwrap_or(i64::MAX);
    if erasure.person.is_some() {
        answer.pseudonym = pseudonym.to_string();
    }
    if mutation.finish(erasure.tx, &answer).await? {
        app.store.empty_log().await;
    } else {
        answer.pseudonym.clear();
    }
    Ok(Response::new(answer))
}

/// Refuses where a team's policy is not served: whether the team depends on the person cannot be said without it, and to
/// leave the person in it would be no erasure. A service that is bound by names does not hear of others.
fn require_served(call: &Call, erasure: &Erasure) -> Result<(), Error> {
    let unserved = erasure.teams.iter().filter(|touched| touched.policy.is_none());
    let unserved: BTreeSet<&PolicyName> = unserved.map(|touched| &touched.team.policy).collect();
    if unserved.is_empty() {
        return Ok(());
    }
    if unserved.iter().any(|name| !call.caller.policies.include(name)) {
        return Err(Error::NotEveryPolicy);
    }
    Err(Refusal::PolicyNotServed { policies: unserved.into_iter().cloned().collect() }.into())
}

/// What changes in each team. All that is wrong with the resolutions is reported together, and else all teams that
/// lack one.
fn decide_all(erasure: &Erasure, resolutions: &Resolutions) -> Result<Vec<(Team, Vec<Change>)>, Error> {
    let mut wrong = Vec::new();
    let mut blocked: Vec<(TeamId, Dependence)> = Vec::new();
    let mut decided = Vec::with_capacity(erasure.teams.len());
    let mut unmet: HashSet<TeamId> = resolutions.keys().copied().collect();
    for TouchedTeam { team, policy, facts } in &erasure.teams {
        unmet.remove(&team.id);
        let resolved = resolutions.get(&team.id);
        let resolution = resolved.map(|one| one.resolution);
        match decide(served(policy.as_deref())?, facts, resolution, erasure.tx.now()) {
            Ok(changes) => decided.push((team.clone(), changes)),
            Err(Obstacle::Depends(dependence)) => blocked.push((team.id, dependence)),
            Err(Obstacle::NothingToResolve) => {
                unmet.insert(team.id);
            }
            Err(Obstacle::Successor(expected)) => {
                let place = resolved.map_or(0, |one| one.place);
                wrong.push((place, "transfer_to", expected));
            }
        }
    }
    let unmet = unmet.iter().filter_map(|team| resolutions.get(team));
    wrong.extend(unmet.map(|one| (one.place, "team_id", "must be a team that depends on the person")));
    wrong.sort_unstable();
    if !wrong.is_empty() {
        let violation =
            |(place, field, expected)| Violation::new(format!("resolutions[{place}].{field}"), expected);
        return Err(wrong.into_iter().map(violation).collect::<Vec<_>>().into());
    }
    if !blocked.is_empty() {
        return Err(Refusal::ErasureBlocked { teams: blocked }.into());
    }
    Ok(decided)
}

/// A new pseudonym: of random bytes alone, so that it does not tell when the person was erased.
fn pseudonym() -> Result<Pseudonym, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Error::Internal("the system gave no random bytes"))?;
    Ok(Pseudonym::from_uuid(uuid::Builder::from_random_bytes(bytes).into_uuid()))
}

fn count(answer: &mut pb::EraseUserResponse, changes: &[Change]) {
    let has = |is: fn(&Change) -> bool| i64::from(changes.iter().any(is));
    answer.memberships_ended += has(|change| matches!(change, Change::MemberRemoved { .. }));
    answer.teams_deleted += has(|change| matches!(change, Change::TeamDeleted));
    answer.teams_transferred += has(|change| {
        matches!(change, Change::OwnershipTransferred { .. } | Change::MemberRoleChanged { .. })
    });
}

/// The resolutions by team, no two of them for one.
fn resolutions(fields: &mut Fields, asked: &[TeamResolution]) -> Option<Resolutions> {
    if asked.len() > MOST_TEAMS.into() {
        return fields.violation("resolutions", "must be at most 1,000");
    }
    let mut resolutions = Resolutions::new();
    let mut right = true;
    for (place, one) in asked.iter().enumerate() {
        let at = |field: &str| format!("resolutions[{place}].{field}");
        let team: Option<TeamId> = one
            .team_id
            .parse()
            .ok()
            .or_else(|| fields.violation(at("team_id"), "must be a team's id: team_ and 26 characters"));
        let action = match &one.action {
            Some(Action::TransferTo(user)) => {
                let user = fields.user_id(&at("transfer_to"), user);
                user.map(|user| (Resolution::Transfer, Some(user)))
            }
            Some(Action::DeleteTeam(true)) => Some((Resolution::Delete, None)),
            Some(Action::DeleteTeam(false)) => {
                fields.violation(at("delete_team"), "must be true, or transfer_to be named instead")
            }
            None => fields.violation(format!("resolutions[{place}]"), "must name transfer_to or delete_team"),
        };
        let (Some(team), Some((resolution, successor))) = (team, action) else {
            right = false;
            continue;
        };
        if resolutions.insert(team, Resolved { place, resolution, successor }).is_some() {
            fields.violation::<()>(at("team_id"), "must not be the same as in another resolution");
            right = false;
        }
    }
    right.then_some(resolutions)
}
