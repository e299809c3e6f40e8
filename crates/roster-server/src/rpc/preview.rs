//! `PreviewInvite`: what a token or a code leads to. A look never redeems.

use std::sync::Arc;

use roster_domain::decide::{Answerer, Presented, Redemption, may_accept, may_redeem, may_redeem_code};
use roster_domain::facts::RedemptionFacts;
use roster_domain::policy::PolicyName;
use roster_domain::{CodeKey, PersonKey, Policy, RoleName, Timestamp};
use roster_proto::v1 as pb;
use roster_store::ask::{Invite, Named};
use roster_store::{Asked, CodeInvite, Joiner, Joining, LinkInvite, LinkPlace, MailInvite};
use tonic::{Request, Response};

use super::codes::guess::Attempt;
use super::links::place;
use crate::app::App;
use crate::authn::{Actor, Call};
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::parse::Fields;
use crate::to_its_end;
use crate::tokens::{self, Digest, SecretKind};

pub(super) async fn preview_invite(
    app: &Arc<App>,
    request: Request<pb::PreviewInviteRequest>,
) -> Result<Response<pb::PreviewInviteResponse>, Error> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::default();
    let presented = match (request.token.is_empty(), request.code.is_empty()) {
        (false, true) => fields.token(&request.token).map(Presents::Token),
        (true, false) => fields.code(&request.code).map(Presents::Code),
        (true, true) => fields.violation("token", "must be there, or code in its place"),
        (false, false) => fields.violation("code", "must not stand beside token"),
    };
    let Some(presented) = presented else { return Err(fields.refuse()) };

    let answer = match presented {
        Presents::Code(key) => {
            let guess = guess(Arc::clone(app), Arc::clone(&call), key);
            to_its_end::run_part(call.request_id.clone(), guess).await??
        }
        Presents::Token(text) => {
            let look = Look::of(app, &call)?;
            match tokens::parse(text) {
                Some((SecretKind::Link, digest)) => look.by_link(digest).await?,
                Some((SecretKind::Invitation, digest)) => look.by_invitation(digest).await?,
                None => return Err(Error::InviteNotFound),
            }
        }
    };
    Ok(Response::new(answer))
}

/// Looks a code up. To be run to its end: a guess that is taken back before it is answered must count as well.
async fn guess(
    app: Arc<App>,
    call: Arc<Call>,
    key: Option<CodeKey>,
) -> Result<pb::PreviewInviteResponse, Error> {
    let attempt = Attempt::begin(&app, &call, None).await?;
    match Look::of(&app, &call)?.by_code(key.as_ref()).await? {
        Some(seen) => {
            attempt.found().await;
            seen
        }
        None => Err(attempt.not_found().await),
    }
}

/// What a person presents. Within a code, none where no code looks like that.
enum Presents<'a> {
    Token(&'a str),
    Code(Option<CodeKey>),
}

/// Who looks.
struct Look<'a> {
    app: &'a App,
    call: &'a Call,
    actor: &'a Actor,
}

/// What they see.
type Seen<F> = Asked<Joiner<F>>;

impl<'a> Look<'a> {
    fn of(app: &'a App, call: &'a Call) -> Result<Self, Error> {
        Ok(Self { app, call, actor: call.actor()? })
    }

    /// Loads what joining by an invite would be decided by. None where no team has it, or where that was deleted or is not
    /// one of the calling service's.
    async fn by<I: Invite + Named>(&self, invite: I) -> Result<Option<Seen<I::Facts>>, Error> {
        let app = self.app;
        let joining = Joining { invite, user: &self.actor.user_id };
        let visible = |policy: &PolicyName| app.has_policy_for(self.call, policy);
        Ok(app.store.ask_by_invite(&app.policies, visible, &joining).await?)
    }

    /// The same of a link that is said to be there.
    async fn at(&self, place: LinkPlace, digest: Digest) -> Result<Option<Seen<RedemptionFacts>>, Error> {
        let app = self.app;
        let invite = LinkInvite { link: place.link, digest: *digest.as_bytes() };
        let question = Joining { invite, user: &self.actor.user_id };
        let visible = |policy: &PolicyName| app.has_policy_for(self.call, policy);
        let asked = app.store.ask(place.team, &app.policies, visible, &question).await?;
        Ok(asked.and_then(|Asked { team, facts, now }| Some(Asked { team, facts: facts?, now })))
    }

    async fn by_link(&self, digest: Digest) -> Result<pb::PreviewInviteResponse, Error> {
        let found = place::find(self.app, digest).await?;
        let mut seen = self.at(found.place, digest).await?;
        if seen.is_none() && found.hearsay {
            let found = place::confirm(self.app, digest).await?;
            seen = self.at(found.place, digest).await?;
        }
        let seen = seen.ok_or(Error::InviteNotFound)?;
        let policy = self.app.policy_of_team(&seen.team.policy)?;
        let facts = &seen.facts.facts;
        let comes = may_redeem(policy, facts, seen.now)?;
        let shape = (&facts.link.role, Some(facts.link.expires_at), pb::JoinMethod::InviteLink);
        Ok(shown(policy, &seen, shape, comes))
    }

    async fn by_invitation(&self, digest: Digest) -> Result<pb::PreviewInviteResponse, Error> {
        let seen = self.by(MailInvite::Token(*digest.as_bytes())).await?.ok_or(Error::InviteNotFound)?;
        let policy = self.app.policy_of_team(&seen.team.policy)?;
        let facts = &seen.facts.facts;
        // The person matters only by their address: they may be unknown yet.
        let person = facts.joining.membership.as_ref().map_or(PersonKey(0), |member| member.person);
        let email = self.actor.verified_email.as_ref();
        let answerer = Answerer { person, email, presented: Presented::ByToken };
        let comes = may_accept(policy, facts, answerer, seen.now)?;
        let invitation = &facts.invitation;
        let shape = (&invitation.role, Some(invitation.expires_at), pb::JoinMethod::Invitation);
        Ok(shown(policy, &seen, shape, comes))
    }

    /// Within, the answer or a refusal for a code that exists.
    async fn by_code(
        &self,
        key: Option<&CodeKey>,
    ) -> Result<Option<Result<pb::PreviewInviteResponse, Error>>, Error> {
        let Some(key) = key else { return Ok(None) };
        let Some(seen) = self.by(CodeInvite(key)).await? else { return Ok(None) };
        let policy = self.app.policy_of_team(&seen.team.policy)?;
        let facts = &seen.facts.facts;
        let shape = (&facts.code.role, facts.code.expires_at, pb::JoinMethod::TeamCode);
        let comes = may_redeem_code(policy, facts, seen.now);
        Ok(Some(comes.map_err(Error::from).map(|comes| shown(policy, &seen, shape, comes))))
    }
}

fn shown<F>(
    policy: &Policy,
    seen: &Seen<F>,
    (role, expires_at, method): (&RoleName, Option<Timestamp>, pb::JoinMethod),
    comes: Redemption,
) -> pb::PreviewInviteResponse {
    pb::PreviewInviteResponse {
        team_id: seen.team.id.to_string(),
        team_display_name: seen.team.facts.display_name.as_str().to_owned(),
        role: role.to_string(),
        role_title: policy.role(role).map(|role| role.title.clone()).unwrap_or_default(),
        inviter_user_id: seen.facts.inviter_user_id.clone().unwrap_or_default(),
        expire_time: expires_at.map(message::timestamp),
        already_member: comes == Redemption::AlreadyMember,
        join_method: method.into(),
    }
}
