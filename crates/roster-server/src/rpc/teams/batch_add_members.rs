//! `BatchAddMembers`: a calling service adds people who were members elsewhere.

use std::collections::{BTreeSet, HashMap};

use roster_domain::decide::{Addition as Row, add_members as decide};
use roster_domain::{Change, PersonKey, Refusal, UserId};
use roster_proto::v1 as pb;
use roster_proto::v1::batch_add_members_request::Row as PbRow;
use roster_proto::v1::batch_add_members_response::{Result as PbResult, result::Outcome};
use roster_store::{Addition, Locked, Member};
use tonic::{Request, Response};

use crate::app::{App, served};
use crate::authn::Call;
use crate::rpc::error::{Error, Violation};
use crate::rpc::mutation::{Begun, Mutation, replayed};
use crate::rpc::parse::Fields;
use crate::rpc::{message, status};

/// How many rows one call may have.
const MAX_ROWS: usize = 500;

pub(super) async fn batch_add_members(
    app: &App,
    request: Request<pb::BatchAddMembersRequest>,
) -> Result<Response<pb::BatchAddMembersResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let count = match request.members.len() {
        1..=MAX_ROWS => Some(()),
        _ => fields.violation("members", "must have 1 to 500 rows: send more in further calls"),
    };
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(()), Some(request_id)) = (team, count, request_id) else {
        return Err(fields.refuse());
    };
    // What is wrong with one row is that row's own affair.
    let rows: Vec<Result<Parsed, Error>> =
        request.members.iter().enumerate().map(|(place, row)| parse(place, row)).collect();
    // Who is named as acting comes last, and is made known with the others: in the order of ids, which every call keeps.
    let named = call.actor.iter().map(|actor| actor.user_id.clone());
    let users: Vec<UserId> = rows.iter().flatten().map(|row| row.user.clone()).chain(named).collect();

    let mutation =
        Mutation::new(app, &call, "BatchAddMembers", &request, (request_id, request.validate_only));
    let question = Addition { users: &users };
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, facts } = match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
        Begun::Fresh(locked) => locked,
        Begun::Replay(answer) => return Ok(replayed(answer)),
    };

    let policy = served(policy.as_deref())?;
    let wanted: Vec<Row> = rows
        .iter()
        .flatten()
        .zip(&facts.people)
        .map(|(row, person)| Row { person: *person, ..row.row.clone() })
        .collect();
    let cap = app.limits.grants_per_member;
    let decided = decide(policy, &facts.facts, &wanted, cap, tx.now());

    let changes: Vec<Change> = decided.iter().filter_map(|one| one.clone().ok().flatten()).collect();
    let actor = facts.people.get(wanted.len()).copied();
    let revision = tx.apply(&mutation.context(actor), team.id, &changes).await?;
    let users: HashMap<PersonKey, &UserId> = facts.people.iter().copied().zip(&users).collect();
    let joined = changes.iter().filter_map(|change| match change {
        Change::MemberJoined(new) => {
            Some(Member::joined(new, users.get(&new.person)?.as_str(), None, (revision, tx.now())))
        }
        _ => None,
    });
    let members: HashMap<PersonKey, Member> =
        facts.shown.into_iter().chain(joined).map(|member| (member.person, member)).collect();
    let mut decided = wanted.iter().map(|row| row.person).zip(decided);
    let results = rows.into_iter().enumerate().map(|(place, row)| match row {
        Err(error) => refused(error),
        Ok(_) => match decided.next() {
            Some((person, Ok(change))) => added(members.get(&person).cloned(), change.is_none()),
            Some((_, Err(refusal))) => refused(of_row(place, refusal)),
            None => refused(Error::Internal("a row was not decided")),
        },
    });
    let mut answer = pb::BatchAddMembersResponse { results: results.collect(), revision };
    if !mutation.finish(tx, &answer).await? {
        without_new_etags(&mut answer.results);
    }
    Ok(Response::new(answer))
}

/// Takes the etag from those who would be new, in every row that shows them: a later row of the same person finds it
/// there already.
fn without_new_etags(results: &mut [PbResult]) {
    let mut new = BTreeSet::new();
    for PbResult { outcome, already_member } in results {
        if let Some(Outcome::Member(member)) = outcome {
            if !*already_member {
                new.insert(member.user_id.clone());
            }
            if new.contains(&member.user_id) {
                member.etag.clear();
            }
        }
    }
}

/// A row whose fields are well-shaped. The person's key is not known yet.
struct Parsed {
    user: UserId,
    row: Row,
}

fn parse(place: usize, row: &PbRow) -> Result<Parsed, Error> {
    let mut fields = Fields::default();
    let at = |field: &str| at(place, field);
    let user = fields.user_id(&at("user_id"), &row.user_id);
    let role = fields.role(&at("role"), &row.role);
    let grants = fields.grants(&at("grants"), &row.grants);
    let joined_at = fields.time(&at("join_time"), row.join_time);
    let email = fields.email(&at("email"), &row.email);
    let (Some(user), Some(role), Some(grants), Some(joined_at), Some(email)) =
        (user, role, grants, joined_at, email)
    else {
        return Err(fields.refuse());
    };
    Ok(Parsed { user, row: Row { person: PersonKey(0), role, grants, email, joined_at } })
}

fn added(member: Option<Member>, already_member: bool) -> PbResult {
    PbResult { outcome: member.map(message::member).map(Outcome::Member), already_member }
}

/// The refusal of a row; where it is about a field, with the field's place in the request.
fn of_row(place: usize, refusal: Refusal) -> Error {
    match refusal {
        Refusal::JoinTimeAhead => {
            Error::Invalid(vec![Violation::new(at(place, "join_time"), refusal.to_string())])
        }
        refusal => refusal.into(),
    }
}

fn at(place: usize, field: &str) -> String {
    format!("members[{place}].{field}")
}

fn refused(error: Error) -> PbResult {
    PbResult { outcome: Some(Outcome::Status(status::of_row(error))), already_member: false }
}
