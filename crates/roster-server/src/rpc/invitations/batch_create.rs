//! `BatchCreateInvitations`: many addresses are invited in one commit.

use std::collections::HashMap;

use roster_domain::decide::{InvitationRequest, create_invitation as decide, may_invite};
use roster_domain::facts::InvitingFacts;
use roster_domain::{
    Change, Delivery, EmailAddress, Grant, InvitationId, Policy, Refusal, RoleName, Timestamp,
};
use roster_proto::v1 as pb;
use roster_proto::v1::batch_create_invitations_request::Row as PbRow;
use roster_proto::v1::batch_create_invitations_response::{Result as PbResult, result::Outcome};
use roster_store::{Inviting, Locked, StoredInvitation};
use tonic::{Request, Response};
use uuid::Uuid;

use super::mail::{self, Takings};
use super::token;
use crate::app::{App, served};
use crate::authn::Call;
use crate::limiter::MailTaken;
use crate::rpc::error::Error;
use crate::rpc::mutation::{Begun, Mutation, found, replayed};
use crate::rpc::parse::Fields;
use crate::rpc::{message, status};
use crate::tokens::Secret;

/// How many rows one call may have.
const MAX_ROWS: usize = 100;

pub(in crate::rpc) async fn batch_create_invitations(
    app: &App,
    request: Request<pb::BatchCreateInvitationsRequest>,
) -> Result<Response<pb::BatchCreateInvitationsResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let team = fields.team_id(&request.team_id);
    let count = match request.invitations.len() {
        1..=MAX_ROWS => Some(()),
        _ => fields.violation("invitations", "must have 1 to 100 rows: send more in further calls"),
    };
    let delivery = fields.delivery(request.delivery.as_ref());
    let request_id = fields.request_id(&request.request_id);
    let (Some(team), Some(()), Some(delivery), Some(request_id)) = (team, count, delivery, request_id) else {
        return Err(fields.refuse());
    };
    // What is wrong with one row is that row's own affair.
    let rows: Vec<Result<Row, Error>> =
        request.invitations.iter().enumerate().map(|(place, row)| parse(place, row)).collect();
    let emails: Vec<EmailAddress> = rows.iter().flatten().map(|row| row.email.clone()).collect();

    let mutation =
        Mutation::new(app, &call, "BatchCreateInvitations", &request, (request_id, request.validate_only));
    let actor = &mutation.actor()?.user_id;
    let mut takings = mail::take(app, &call, &mutation, (team, &emails), &delivery).await?;
    let pending_cap = app.limits.pending_invitations_per_team;
    let question = Inviting { actor, emails: &emails, pending_cap };
    let loaded =
        app.store.lock_and_load(team, mutation.claim(), &app.policies, mutation.visible(), question).await?;
    let Locked { mut tx, team, policy, mut facts } =
        match mutation.begun(loaded, Refusal::TeamNotAccessible)? {
            Begun::Fresh(locked) => locked,
            Begun::Replay(answer) => return Ok(replayed(with_tokens(app, &call, &delivery, answer).await?)),
        };

    let policy = served(policy.as_deref())?;
    may_invite(policy, facts.actor.as_ref())?;
    let now = tx.now();
    let mut made: Vec<Result<Invited<'_>, Error>> = Vec::with_capacity(rows.len());
    for row in rows {
        let invited = match row {
            Ok(row) => invite(app, policy, &mut facts, (&row, now), (&delivery, &mut takings)),
            Err(error) => Err(error),
        };
        made.push(invited);
    }

    let actor = found(facts.actor.as_ref())?;
    let changes: Vec<Change> =
        made.iter().flatten().flat_map(|invited| invited.changes.iter().cloned()).collect();
    let changes = mutation.with_email(changes, actor);
    let revision = tx.apply(&mutation.context(actor.person), team.id, &changes).await?;
    let inviter = mutation.inviter(actor, &facts.actor_access)?;
    let created = changes.iter().filter_map(|change| match change {
        Change::InvitationCreated(new) => {
            Some(StoredInvitation::created(new, inviter.clone(), (revision, tx.now())))
        }
        _ => None,
    });
    let mut shown: HashMap<InvitationId, pb::Invitation> =
        created.map(|one| (one.invitation.id, message::invitation(team.id, policy, one, tx.now()))).collect();
    let (mut secrets, mut taken) = (Vec::new(), Vec::new());
    let mut results = Vec::with_capacity(made.len());
    for invited in made {
        results.push(match invited {
            Ok(Invited { id, secret, mail, .. }) => {
                secrets.push(secret);
                taken.extend(mail);
                let outcome = shown.remove(&id).map(Outcome::Invitation);
                PbResult { outcome, token: String::new() }
            }
            Err(error) => {
                let outcome = Some(Outcome::Status(status::of_row(error)));
                PbResult { outcome, token: String::new() }
            }
        });
    }

    let mut answer = pb::BatchCreateInvitationsResponse { results, revision };
    let happened = mutation.finish(tx, &answer).await?;
    mail::settle(app, taken, happened).await;
    for ((invitation, token), secret) in made_in(&mut answer).zip(secrets) {
        if happened {
            *token = token::shown(&secret, &delivery);
        } else {
            message::only_decided(invitation);
        }
    }
    Ok(Response::new(answer))
}

/// A row that is not refused.
struct Invited<'a> {
    id: InvitationId,
    secret: Secret,
    mail: Option<MailTaken<'a>>,
    changes: Vec<Change>,
}

/// Decides one row after those before it, and moves the facts on.
fn invite<'a>(
    app: &App,
    policy: &Policy,
    facts: &mut InvitingFacts,
    (row, now): (&Row, Timestamp),
    (delivery, takings): (&Delivery, &mut Takings<'a>),
) -> Result<Invited<'a>, Error> {
    let id = InvitationId::from_uuid(Uuid::now_v7());
    let (secret, record) = token::make(app, id, 0)?;
    let asked = InvitationRequest {
        email: &row.email,
        role: &row.role,
        grants: &row.grants,
        delivery: delivery.clone(),
        grant_cap: app.limits.grants_per_member,
        pending_cap: app.limits.pending_invitations_per_team,
    };
    let changes = decide(policy, &facts.of(&row.email), &asked, (id, record), now)?;
    let mail = mail::granted(app, delivery, takings, &row.email)?;
    facts.note(&changes);
    Ok(Invited { id, secret, mail, changes })
}

/// The invitations of an answer, each with the place of its secret.
fn made_in(
    answer: &mut pb::BatchCreateInvitationsResponse,
) -> impl Iterator<Item = (&mut pb::Invitation, &mut String)> {
    answer.results.iter_mut().filter_map(|result| match &mut result.outcome {
        Some(Outcome::Invitation(invitation)) => Some((invitation, &mut result.token)),
        _ => None,
    })
}

async fn with_tokens(
    app: &App,
    call: &Call,
    delivery: &Delivery,
    mut answer: pb::BatchCreateInvitationsResponse,
) -> Result<pb::BatchCreateInvitationsResponse, Error> {
    let shown: Vec<&pb::Invitation> = answer.results.iter().filter_map(invitation_in).collect();
    let secrets = token::again(app, call, delivery, &shown).await?;
    for ((_, token), secret) in made_in(&mut answer).zip(secrets) {
        *token = secret;
    }
    Ok(answer)
}

fn invitation_in(result: &PbResult) -> Option<&pb::Invitation> {
    match &result.outcome {
        Some(Outcome::Invitation(invitation)) => Some(invitation),
        _ => None,
    }
}

/// A row whose fields are well-shaped.
struct Row {
    email: EmailAddress,
    role: RoleName,
    grants: Vec<Grant>,
}

fn parse(place: usize, row: &PbRow) -> Result<Row, Error> {
    let mut fields = Fields::default();
    let at = |field: &str| format!("invitations[{place}].{field}");
    let email = fields.invitee(&at("email"), &row.email);
    let role = fields.role(&at("role"), &row.role);
    let grants = fields.grants(&at("grants"), &row.grants);
    let (Some(email), Some(role), Some(grants)) = (email, role, grants) else { return Err(fields.refuse()) };
    Ok(Row { email, role, grants })
}
