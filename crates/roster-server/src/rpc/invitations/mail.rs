//! Mails that are asked for: whether there may be one, and that the worker hears of it.

use std::collections::{BTreeSet, HashMap};

use roster_domain::decide::may_invite;
use roster_domain::{Delivery, EmailAddress, TeamId};

use crate::app::App;
use crate::authn::Call;
use crate::edge_error::EdgeError;
use crate::limiter::{Exceeded, MailBudget, MailTaken};
use crate::rpc::error::Error;
use crate::rpc::mutation::Mutation;
use crate::rpc::sight::Sight;

/// What came of taking mails from the budgets, by the recipients' keys.
pub(super) type Takings<'a> = HashMap<String, Result<MailTaken<'a>, Exceeded>>;

/// Takes a mail to each of these recipients from the budgets, one an address, in their order; none where the delivery asks
/// for none. Called before the team is locked: nobody may wait for Redis while others wait for the lock. What is going to
/// be refused, and what was answered before, takes nothing.
pub(super) async fn take<'a>(
    app: &'a App,
    call: &Call,
    mutation: &Mutation<'_>,
    (team, recipients): (TeamId, &[EmailAddress]),
    delivery: &Delivery,
) -> Result<Takings<'a>, Error> {
    let nothing = || Ok(Takings::new());
    if *delivery == Delivery::Token || app.mail.is_none() {
        return nothing();
    }
    if let Some(claim) = mutation.claim()
        && app.store.answered(&claim).await?.is_some()
    {
        return nothing();
    }
    match Sight::of(app, call, team).await {
        Ok(sight) if may_invite(sight.policy, Some(&sight.membership)).is_ok() => {}
        Ok(_) | Err(Error::Refusal(_)) => return nothing(),
        Err(error) => return Err(error),
    }
    let actor = &mutation.actor()?.user_id;
    let mut keys = BTreeSet::new();
    let recipients: Vec<&EmailAddress> = recipients.iter().filter(|one| keys.insert(one.key())).collect();
    let mails = recipients.iter().map(|recipient| MailBudget { actor, team, recipient });
    let taken = app.limiter.take_mails(mails, app.limiter.now()).await;
    Ok(recipients.iter().map(|recipient| recipient.key().to_owned()).zip(taken).collect())
}

/// The mail of an invitation to that address that is decided; none where none is asked for.
pub(super) fn granted<'a>(
    app: &App,
    delivery: &Delivery,
    takings: &mut Takings<'a>,
    recipient: &EmailAddress,
) -> Result<Option<MailTaken<'a>>, Error> {
    match delivery {
        Delivery::Token => Ok(None),
        Delivery::Mail { .. } if app.mail.is_none() => Err(Error::MailNotConfigured),
        Delivery::Mail { .. } => match takings.remove(recipient.key()) {
            Some(taking) => Ok(Some(taking?)),
            // Before the lock it looked as if this would be refused. Asked again it is looked at anew.
            None => Err(EdgeError::Overloaded.into()),
        },
    }
}

/// After the commit: the mails are on their way. After a decision that was only to be made they are given back.
pub(super) async fn settle(app: &App, taken: impl IntoIterator<Item = MailTaken<'_>>, happened: bool) {
    let mut taken = taken.into_iter().peekable();
    if !happened {
        return MailTaken::give_back(taken).await;
    }
    if let (Some(_), Some(mail)) = (taken.peek(), &app.mail) {
        mail.wake();
    }
    taken.for_each(MailTaken::keep);
}
