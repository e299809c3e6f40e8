//! Who calls, and for whom.
//!
//! Two identities belong to a call: the calling service, which decides which policies exist for it and has scopes for
//! what it does in its own name, and the person that it acts for. Both come from the call's connection and metadata and
//! never from a request's body.

mod bearer;
mod callers;
mod dev;
mod headers;
pub mod jwt;
mod mesh;
mod scope;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderMap;
use roster_domain::{CallerName, EmailAddress, PolicyName, UserId};

use crate::config::AuthnConfig;
use crate::edge_error::EdgeError;
use crate::request_id::RequestId;
use crate::shutdown::Shutdown;
use crate::transport::Peer;
pub use callers::Callers;
use jwt::Verifier;
pub use scope::Scope;

/// How callers prove who they are.
pub enum Authn {
    /// They need not: headers are believed. For a laptop and for tests, on a loopback address only.
    Dev,
    /// By tokens of an identity provider.
    Jwt {
        /// Who may call.
        callers: Callers,
        /// Judges tokens.
        verifier: Box<Verifier>,
    },
    /// By certificates.
    Mesh {
        /// Who may call.
        callers: Callers,
    },
}

/// A call whose identities are known. Handlers get theirs from [`Call::of`].
#[derive(Clone, Debug)]
pub struct Call {
    /// The calling service.
    pub caller: Arc<Caller>,
    /// The person that it acts for; see [`Call::actor`].
    pub actor: Option<Actor>,
    /// The id under which the logs know the call.
    pub request_id: RequestId,
}

/// A calling service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its name, which stands in the audit log.
    pub name: CallerName,
    /// The policies that exist for it; teams under others are absent to it in every method.
    pub policies: Policies,
    /// What it may do beyond acting for persons.
    pub scopes: BTreeSet<Scope>,
}

impl Caller {
    /// Whether it has that scope.
    #[must_use]
    pub fn has_scope(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Refuses a caller that lacks that scope.
    pub fn require_scope(&self, scope: Scope) -> Result<(), EdgeError> {
        if self.has_scope(scope) { Ok(()) } else { Err(EdgeError::ScopeMissing { scope: scope.as_str() }) }
    }
}

/// The policies that a calling service is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policies {
    /// Every policy that the service runs.
    All,
    /// These only.
    Only(BTreeSet<PolicyName>),
}

impl Policies {
    /// Whether that policy exists for the caller.
    #[must_use]
    pub fn include(&self, policy: &PolicyName) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(policy),
        }
    }
}

/// The person that a service acts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The identity provider's id.
    pub user_id: UserId,
    /// An address that the identity provider vouches for; an unverified one is not known here at all.
    pub verified_email: Option<EmailAddress>,
    /// The network address that the person comes from, as the calling service sees it, if it says so. An IPv4 address
    /// is one even where it was written as an IPv6 one.
    pub address: Option<IpAddr>,
}

impl Call {
    /// The call that a request belongs to. An error only if the authenticating layer was bypassed.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Arc<Self>, EdgeError> {
        request
            .extensions()
            .get::<Arc<Self>>()
            .cloned()
            .ok_or(EdgeError::Internal("a handler was reached without an authenticated call"))
    }

    /// The person that the service acts for. Methods that need one always have one.
    pub fn actor(&self) -> Result<&Actor, EdgeError> {
        self.actor.as_ref().ok_or(EdgeError::ActorMissing)
    }

    /// Refuses unless the service may do this by itself. One that may not has to act for a person.
    pub fn by_itself(&self, scope: Scope) -> Result<(), EdgeError> {
        if self.caller.has_scope(scope) {
            Ok(())
        } else {
            Err(EdgeError::NobodyActs { scope: scope.as_str() })
        }
    }
}

impl Authn {
    /// What the configuration asks for; the keys of tokens are kept new until the shutdown. An error if they cannot be
    /// used.
    pub fn open(config: &AuthnConfig, shutdown: &Shutdown) -> Result<Self, jwt::OpenError> {
        Ok(match config {
            AuthnConfig::Dev => Self::Dev,
            AuthnConfig::Jwt { jwt, callers } => Self::Jwt {
                callers: Callers::new(callers),
                verifier: Box::new(Verifier::open(jwt.clone(), shutdown)?),
            },
            AuthnConfig::Mesh { callers } => Self::Mesh { callers: Callers::new(callers) },
        })
    }

    /// Establishes who calls, over a connection from `peer`. Credentials that are given must be right even where the
    /// method needs none.
    pub async fn identify(
        &self,
        peer: Option<&Peer>,
        headers: &HeaderMap,
        request_id: RequestId,
    ) -> Result<Call, EdgeError> {
        let (caller, actor) = match self {
            Self::Dev => dev::identify(headers).map(|(caller, actor)| (Arc::new(caller), actor))?,
            Self::Jwt { callers, verifier } => bearer::identify(callers, verifier, headers).await?,
            Self::Mesh { callers } => mesh::identify(callers, peer, headers)?,
        };
        Ok(Call { caller, actor, request_id })
    }
}
