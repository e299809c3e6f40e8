//! Where a token leads to.
//!
//! The token store is asked first and never believed: the database confirms what it says. Where the two differ, the
//! database is asked by the digest alone.

use roster_store::LinkPlace;

use crate::app::App;
use crate::rpc::error::Error;
use crate::tokens::Digest;

/// A place that a token is said to lead to.
pub(in crate::rpc) struct Place {
    /// Where.
    pub(in crate::rpc) place: LinkPlace,
    /// Whether only the token store says so.
    pub(in crate::rpc) hearsay: bool,
}

/// Asks the token store, and the database where that does not know.
pub(in crate::rpc) async fn find(app: &App, digest: Digest) -> Result<Place, Error> {
    match app.tokens.get(digest).await {
        Some(place) => Ok(Place { place, hearsay: true }),
        None => confirm(app, digest).await,
    }
}

/// Asks the database alone, and puts the token store right, with the time that remains to the link. That there is none
/// is noted nowhere: such a note could outlive the truth, and hide a live link.
pub(in crate::rpc) async fn confirm(app: &App, digest: Digest) -> Result<Place, Error> {
    let found = app.store.find_link(*digest.as_bytes()).await?;
    let (place, now) = found.ok_or(Error::InviteNotFound)?;
    app.tokens.put(digest, &place, now).await;
    Ok(Place { place, hearsay: false })
}
