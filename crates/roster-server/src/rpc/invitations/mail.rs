//! Mails that are asked for: whether there may be one, and that the worker hears of it.

use roster_domain::{Delivery, EmailAddress, TeamId};

use crate::app::App;
use crate::limiter::{MailBudget, MailTaken};
use crate::rpc::error::Error;
use crate::rpc::mutation::Mutation;

/// Takes the mail that the delivery asks for from the budgets; none where it asks for no mail. Called once all else is
/// decided, so that what is refused costs nothing.
pub(super) async fn take<'a>(
    app: &'a App,
    mutation: &Mutation<'_>,
    team: TeamId,
    recipient: &EmailAddress,
    delivery: &Delivery,
) -> Result<Option<MailTaken<'a>>, Error> {
    let Delivery::Mail { .. } = delivery else { return Ok(None) };
    if app.mail.is_none() {
        return Err(Error::MailNotConfigured);
    }
    let budget = MailBudget { actor: &mutation.actor()?.user_id, team, recipient };
    Ok(Some(app.limiter.take_mail(&budget, app.limiter.now()).await?))
}

/// After the commit: the mails are on their way. After a decision that was only to be made: they were not taken.
pub(super) async fn settle(app: &App, taken: impl IntoIterator<Item = MailTaken<'_>>, happened: bool) {
    let mut taken = taken.into_iter().peekable();
    if happened {
        if let (Some(_), Some(mail)) = (taken.peek(), &app.mail) {
            mail.wake();
        }
        return;
    }
    for mail in taken {
        mail.give_back().await;
    }
}
