//! What accepting and declining have in common: which invitation is meant, and by what right.

use roster_domain::decide::{Answerer, Presented};
use roster_domain::facts::AnswerFacts;
use roster_domain::{InvitationId, PersonKey};
use roster_store::{Joiner, JoinerAsMember, Joining, Loaded, Locked, MailInvite, Member};

use super::token;
use crate::app::App;
use crate::authn::Actor;
use crate::rpc::error::Error;
use crate::rpc::mutation::Mutation;
use crate::rpc::parse::Fields;
use crate::tokens::Digest;

/// An invitation that is named.
#[derive(Clone, Copy)]
pub(super) enum Named {
    /// By its id.
    ById(InvitationId),
    /// By its token.
    ByToken(Digest),
}

/// What is wrong where no invitation is named.
pub(super) fn unnamed<T>(fields: &mut Fields) -> Option<T> {
    fields.violation("invitation_id", "must be there, or token in its place")
}

/// The invitation with this token, if the text may be one. What it leads to is not its shape: a token that nobody made
/// is found to lead nowhere.
pub(super) fn by_token(fields: &mut Fields, text: &str) -> Option<Result<Named, Error>> {
    Some(token::digest(fields.token(text)?).map(Named::ByToken))
}

/// Locks the team of the invitation and loads what its answer needs. Within, none where the invitation is not there, or
/// its token is an older one.
pub(super) async fn begin(
    app: &App,
    mutation: &Mutation<'_>,
    named: Named,
) -> Result<Loaded<Locked<(Option<Joiner<AnswerFacts>>, Option<Member>)>>, Error> {
    let invite = match named {
        Named::ById(id) => MailInvite::Id(id),
        Named::ByToken(digest) => MailInvite::Token(*digest.as_bytes()),
    };
    let user = &mutation.actor()?.user_id;
    let question = (Joining { invite, user }, JoinerAsMember);
    let claim = mutation.claim();
    Ok(app.store.lock_by_invite(invite, claim, &app.policies, mutation.visible(), question).await?)
}

/// Who answers.
pub(super) fn answerer(actor: &Actor, person: PersonKey, named: Named) -> Answerer<'_> {
    let presented = match named {
        Named::ById(_) => Presented::ById,
        Named::ByToken(_) => Presented::ByToken,
    };
    Answerer { person, email: actor.verified_email.as_ref(), presented }
}
