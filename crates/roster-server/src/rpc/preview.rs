//! `PreviewInvite`: what a token or a code leads to. A look never redeems.

use roster_domain::decide::{Answerer, Presented, Redemption, may_accept, may_redeem, may_redeem_code};
use roster_domain::policy::PolicyName;
use roster_domain::{CodeKey, PersonKey, RoleName, Timestamp};
use roster_proto::v1 as pb;
use roster_store::{Onlooker, Preview};
use tonic::{Request, Response};

use super::codes::guess::Attempt;
use super::links::place;
use crate::app::App;
use crate::authn::{Actor, Call};
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::parse::Fields;
use crate::tokens::{self, Digest, SecretKind};

pub(super) async fn preview_invite(
    app: &App,
    request: Request<pb::PreviewInviteRequest>,
) -> Result<Response<pb::PreviewInviteResponse>, Error> {
    let call = Call::of(&request)?;
    let actor = call.actor()?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let presented = match (request.token.is_empty(), request.code.is_empty()) {
        (false, true) => fields.token(&request.token).map(Presents::Token),
        (true, false) => fields.code(&request.code).map(Presents::Code),
        (true, true) => fields.violation("token", "must be there, or code in its place"),
        (false, false) => fields.violation("code", "must not stand beside token"),
    };
    let Some(presented) = presented else { return Err(fields.refuse()) };

    let visible = |policy: &PolicyName| app.has_policy_for(&call, policy);
    let onlooker = Onlooker { user: &actor.user_id, policies: &app.policies, visible };
    let answer = match presented {
        Presents::Code(key) => {
            let attempt = Attempt::begin(app, &call, None).await?;
            match by_code(app, key.as_ref(), onlooker).await? {
                Some(seen) => {
                    attempt.found().await;
                    seen?
                }
                None => return Err(attempt.not_found().await),
            }
        }
        Presents::Token(text) => match tokens::parse(text) {
            Some((SecretKind::Link, digest)) => by_link(app, digest, onlooker).await?,
            Some((SecretKind::Invitation, digest)) => by_invitation(app, actor, digest, onlooker).await?,
            None => return Err(Error::InviteNotFound),
        },
    };
    Ok(Response::new(answer))
}

/// What a person presents. Within a code, none where no code looks like that.
enum Presents<'a> {
    Token(&'a str),
    Code(Option<CodeKey>),
}

async fn by_link(
    app: &App,
    digest: Digest,
    onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool + Copy>,
) -> Result<pb::PreviewInviteResponse, Error> {
    let found = place::find(app, digest).await?;
    let mut seen = app.store.preview_link(found.place, *digest.as_bytes(), onlooker).await?;
    if seen.is_none() && found.hearsay {
        let found = place::confirm(app, digest).await?;
        seen = app.store.preview_link(found.place, *digest.as_bytes(), onlooker).await?;
    }
    let seen = seen.ok_or(Error::InviteNotFound)?;
    let policy = app.policy_of_team(&seen.team.policy)?;
    let comes = may_redeem(policy, &seen.facts, seen.now)?;
    let link = &seen.facts.link;
    let way = (&link.role, Some(link.expires_at), pb::JoinMethod::InviteLink);
    shown(app, &seen, way, comes)
}

async fn by_invitation(
    app: &App,
    actor: &Actor,
    digest: Digest,
    onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
) -> Result<pb::PreviewInviteResponse, Error> {
    let digest = *digest.as_bytes();
    let found = app.store.find_invitation(digest).await?.ok_or(Error::InviteNotFound)?;
    let seen = app.store.preview_invitation(found, digest, onlooker).await?;
    let seen = seen.ok_or(Error::InviteNotFound)?;
    let policy = app.policy_of_team(&seen.team.policy)?;
    // Who looks matters only by its address: it may be known to nobody yet.
    let person = seen.facts.joining.membership.as_ref().map_or(PersonKey(0), |member| member.person);
    let answerer = Answerer { person, email: actor.verified_email.as_ref(), presented: Presented::ByToken };
    let comes = may_accept(policy, &seen.facts, answerer, seen.now)?;
    let invitation = &seen.facts.invitation;
    let way = (&invitation.role, Some(invitation.expires_at), pb::JoinMethod::Invitation);
    shown(app, &seen, way, comes)
}

/// Within, the answer or a refusal for a code that leads somewhere.
async fn by_code(
    app: &App,
    key: Option<&CodeKey>,
    onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
) -> Result<Option<Result<pb::PreviewInviteResponse, Error>>, Error> {
    let Some(key) = key else { return Ok(None) };
    let Some(found) = app.store.find_code(key).await? else { return Ok(None) };
    let Some(seen) = app.store.preview_code(found, key, onlooker).await? else { return Ok(None) };
    let policy = app.policy_of_team(&seen.team.policy)?;
    let code = &seen.facts.code;
    let way = (&code.role, code.expires_at, pb::JoinMethod::TeamCode);
    let comes = may_redeem_code(policy, &seen.facts, seen.now);
    Ok(Some(comes.map_err(Error::from).and_then(|comes| shown(app, &seen, way, comes))))
}

fn shown<F>(
    app: &App,
    seen: &Preview<F>,
    (role, expires_at, method): (&RoleName, Option<Timestamp>, pb::JoinMethod),
    comes: Redemption,
) -> Result<pb::PreviewInviteResponse, Error> {
    let policy = app.policy_of_team(&seen.team.policy)?;
    Ok(pb::PreviewInviteResponse {
        team_id: seen.team.id.to_string(),
        team_display_name: seen.team.facts.display_name.as_str().to_owned(),
        role: role.to_string(),
        role_title: policy.role(role).map(|role| role.title.clone()).unwrap_or_default(),
        inviter_user_id: seen.maker_user_id.clone().unwrap_or_default(),
        expire_time: expires_at.map(message::timestamp),
        already_member: comes == Redemption::AlreadyMember,
        join_method: method.into(),
    })
}
