//! Every presented code is a guess until it is found: who presents codes that lead nowhere is refused after a while, so
//! that nobody finds one by trying.

use roster_store::Claim;

use crate::app::App;
use crate::authn::Call;
use crate::limiter::{Guess, Guesser};
use crate::rpc::error::Error;

/// A code that is being looked up. It ends with [`Attempt::found`] or [`Attempt::not_found`]; where the call fails for
/// another reason it counts for nothing.
pub(in crate::rpc) struct Attempt<'a>(Option<Guess<'a>>);

impl<'a> Attempt<'a> {
    /// Refuses whoever has presented too many codes that lead nowhere, right ones now included: else trying would tell
    /// them apart. A request that was answered before is no attempt, and gets its answer again.
    pub(in crate::rpc) async fn begin(
        app: &'a App,
        call: &Call,
        claim: Option<Claim>,
    ) -> Result<Self, Error> {
        let actor = call.actor()?;
        let who = Guesser { caller: &call.caller.name, actor: &actor.user_id, address: actor.address };
        let exceeded = match app.limiter.begin_guess(&who, app.limiter.now()).await {
            Ok(guess) => return Ok(Self(Some(guess))),
            Err(exceeded) => exceeded,
        };
        match claim {
            Some(claim) if app.store.answered(&claim).await?.is_some() => Ok(Self(None)),
            _ => Err(exceeded.into()),
        }
    }

    /// The code leads somewhere, whatever comes of it.
    pub(in crate::rpc) async fn found(self) {
        if let Some(guess) = self.0 {
            guess.found().await;
        }
    }

    /// It leads nowhere: the one answer to that.
    pub(in crate::rpc) async fn not_found(self) -> Error {
        if let Some(guess) = self.0 {
            guess.not_found().await;
        }
        Error::InviteNotFound
    }
}
