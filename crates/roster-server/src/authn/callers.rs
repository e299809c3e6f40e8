//! The calling services that a deployment knows.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Caller;
use crate::config::CallerConfig;

/// Finds a calling service by what proves who it is. Whoever is not found may not call.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "each is a way to find one, by what its name says")]
pub struct Callers {
    by_subject: HashMap<String, Arc<Caller>>,
    by_client: HashMap<String, Arc<Caller>>,
    by_uri: HashMap<String, Arc<Caller>>,
}

impl Callers {
    /// The services as they are configured.
    #[must_use]
    pub fn new(configured: &[CallerConfig]) -> Self {
        let mut callers =
            Self { by_subject: HashMap::new(), by_client: HashMap::new(), by_uri: HashMap::new() };
        for one in configured {
            let caller = Arc::new(Caller {
                name: one.name.clone(),
                policies: one.policies.clone(),
                scopes: one.scopes.clone(),
            });
            callers
                .by_subject
                .extend(one.subject.iter().map(|subject| (subject.as_str().to_owned(), Arc::clone(&caller))));
            let of_persons = Arc::new(Caller { scopes: BTreeSet::new(), ..Caller::clone(&caller) });
            callers
                .by_client
                .extend(one.clients.iter().map(|client| (client.clone(), Arc::clone(&of_persons))));
            callers.by_uri.extend(one.uri.iter().map(|uri| (uri.clone(), Arc::clone(&caller))));
        }
        callers
    }

    /// The service whose own tokens have that subject.
    pub(super) fn by_subject(&self, subject: &str) -> Option<&Arc<Caller>> {
        self.by_subject.get(subject)
    }

    /// The service whose users' tokens are issued to that OAuth client, as a person's own call has it: without scopes.
    pub(super) fn by_client(&self, client: &str) -> Option<&Arc<Caller>> {
        self.by_client.get(client)
    }

    /// The service whose certificate names that URI.
    pub(super) fn by_uri(&self, uri: &str) -> Option<&Arc<Caller>> {
        self.by_uri.get(uri)
    }
}
