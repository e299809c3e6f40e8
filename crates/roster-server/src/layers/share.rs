//! Refuses a calling service that has too much under way, so that it does not take the room of others.
//!
//! The place is kept until the call's work is done, as [`super::admission`] does, and not until its client goes away:
//! a client that begins calls and resets them at once is held to the same number.

use std::sync::Arc;

use roster_domain::CallerName;

use super::{Inner, Request, Response, Step, proceed, refuse};
use crate::authn::Call;
use crate::places::{Caps, Places};
use crate::rpc::error::Error;

/// Counts the calls under way of each calling service. Clones count together.
#[derive(Clone, Debug)]
pub struct Shares {
    places: Places<CallerName>,
    limit: u32,
}

impl Shares {
    /// So many of each.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        // Altogether as many as the gate lets in.
        Self { places: Places::new(Caps { all: u32::MAX, each: limit }), limit }
    }
}

impl Step for Shares {
    async fn around<S: Inner>(&self, request: Request, inner: S) -> Response {
        // What is public is nobody's.
        let Some(call) = request.extensions().get::<Arc<Call>>() else {
            return proceed(inner, request).await;
        };
        let Some(_place) = self.places.take(&call.caller.name) else {
            return refuse(Error::CallerOverloaded { limit: self.limit });
        };
        proceed(inner, request).await
    }
}
