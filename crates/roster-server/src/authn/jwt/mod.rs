//! Tokens of an identity provider: JSON Web Tokens (RFC 7519), signed with a key of a JSON Web Key Set.
//!
//! A token is believed only if everything about it is as it must be; what is doubtful is refused rather than passed
//! over. Neither a token nor anything of its content may reach a log, a trace or an error. Who a subject is, a calling
//! service or a person, is not known here.

mod algorithm;
mod cache;
mod claims;
mod clock;
mod config;
mod fetch;
mod file;
mod header;
mod keeper;
mod keys;
pub mod provider;
mod strict;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode};
use roster_domain::{EmailAddress, Timestamp};
use tokio::sync::Semaphore;

pub use self::algorithm::Algorithm;
pub use self::clock::{Clock, Hand};
pub use self::config::{JwtConfig, KeySource, OpenError};
use self::fetch::Fetcher;
use self::file::KeyFile;
use self::header::Header;
use self::keeper::{Keeper, Source};
use self::keys::{KeySet, Missing};
use self::strict::Object;
use crate::shutdown::Shutdown;

/// How many tokens may wait for keys at once. Where the key server hangs, whoever makes up names of keys takes no more of
/// the service's room than that.
const WAITING: usize = 128;

/// How often is looked whether the keys are still new.
const TICK: Duration = Duration::from_secs(1);

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// `sub`: 1 to 128 characters, which could be a [`roster_domain::UserId`].
    pub subject: String,
    /// `azp` or `client_id`: the client that the token was made for.
    pub client_id: Option<String>,
    /// `scope` or `scp`; empty if there are none.
    pub scopes: BTreeSet<String>,
    /// `email`, if `email_verified` is true and it is an address.
    pub email: Option<EmailAddress>,
    /// `exp`. The token counts for 30 seconds more.
    pub expires_at: Timestamp,
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// The token is not good. The text is for the caller, begins with "must", and has nothing of the token.
    Invalid(&'static str),
    /// Nothing can be said about it: the issuer's keys are not to be had. It may be tried again.
    KeysUnavailable,
}

/// Verifies the tokens of one issuer.
pub struct Verifier {
    /// What the library judges, for each of the accepted algorithms.
    rules: Vec<(Algorithm, Validation)>,
    algorithms: Vec<Algorithm>,
    max_lifetime: Duration,
    keeper: Arc<Keeper>,
    good: cache::Good,
    clock: Clock,
    waiting: Semaphore,
}

impl Verifier {
    /// Prepares to verify, and keeps the keys new in the background until the shutdown begins. Must be called within a
    /// runtime.
    ///
    /// Fails for a file that cannot be read or holds no usable key, for a URL that is not safe, and for a file of
    /// authorities that is none. That a URL does not answer is no error: the keys are asked for again.
    pub fn open(config: JwtConfig, shutdown: &Shutdown) -> Result<Self, OpenError> {
        let verifier = Self::open_at(config, Clock::system())?;
        let (keeper, stopping) = (Arc::clone(&verifier.keeper), shutdown.clone());
        let keep_new = async move {
            loop {
                keeper.keep_new().await;
                tokio::time::sleep(TICK).await;
            }
        };
        // Nothing is left half-done by its end: the calls that are still under way ask for keys themselves.
        shutdown.spawn("keys of tokens", async move {
            tokio::select! {
                () = stopping.begun() => {}
                () = keep_new => {}
            }
        });
        Ok(verifier)
    }

    /// The same with a clock of one's own, and without the background: [`Verifier::keep_keys_new`] is one step of it.
    pub fn open_at(config: JwtConfig, clock: Clock) -> Result<Self, OpenError> {
        provider::install();
        let (source, keys) = match &config.keys {
            KeySource::File(path) => {
                let (file, keys) = KeyFile::open(path)?;
                (Source::File(file), Some(keys))
            }
            KeySource::Url { url, ca_file } => {
                (Source::Server(Box::new(Fetcher::new(url, ca_file.as_deref())?)), None)
            }
        };
        let rules =
            config.algorithms.iter().map(|algorithm| (*algorithm, rules(*algorithm, &config))).collect();
        let keeper = Arc::new(Keeper::new(source, keys, clock.clone(), config.max_stale));
        let (algorithms, max_lifetime) = (config.algorithms, config.max_lifetime);
        let (good, waiting) = (cache::Good::new(), Semaphore::new(WAITING));
        Ok(Self { rules, algorithms, max_lifetime, keeper, good, clock, waiting })
    }

    /// Asks for the keys if it is time to, and waits for the answer.
    pub async fn keep_keys_new(&self) {
        self.keeper.keep_new().await;
    }

    /// What a token says, if it is good now.
    pub async fn verify(&self, token: &str) -> Result<Arc<Verified>, Rejected> {
        if token.len() > header::MAX_BYTES {
            return Err(Rejected::Invalid("must have at most 8 KiB"));
        }
        let now = self.clock.now();
        if let Some(keys) = self.keeper.keys()
            && let Some(verified) = self.good.get(token, &keys, now)
        {
            return Ok(verified);
        }
        let header = header::read(token, &self.algorithms)?;
        let keys = self.keys_for(&header).await?;
        let verified = Arc::new(self.judge(token, &header, &keys, now)?);
        self.good.put(token, Arc::clone(&verified), keys, now);
        Ok(verified)
    }

    /// The keys to look for the token's in. If they lack it, newer ones are asked for.
    async fn keys_for(&self, header: &Header) -> Result<Arc<KeySet>, Rejected> {
        let lacks = |keys: &KeySet| matches!(keys.find(header), Err(Missing::Unknown));
        let mut keys = self.keeper.keys();
        if keys.as_deref().is_none_or(lacks) {
            let Ok(_place) = self.waiting.try_acquire() else { return Err(Rejected::KeysUnavailable) };
            self.keeper.renew().await;
            keys = self.keeper.keys();
        }
        let keys = keys.ok_or(Rejected::KeysUnavailable)?;
        if lacks(&keys) && !self.keeper.source_is_well() {
            // The key may be a new one that cannot be had right now.
            return Err(Rejected::KeysUnavailable);
        }
        Ok(keys)
    }

    fn judge(
        &self,
        token: &str,
        header: &Header,
        keys: &KeySet,
        now: Duration,
    ) -> Result<Verified, Rejected> {
        let key = keys.find(header).map_err(|missing| match missing {
            Missing::Unknown => Rejected::Invalid("must be signed with a key of the issuer (kid)"),
            Missing::Unfit => {
                Rejected::Invalid("must name one key of the issuer that is for its algorithm (kid, alg)")
            }
        })?;
        let rules = self.rules.iter().find(|(algorithm, _)| *algorithm == header.algorithm);
        let (_, rules) = rules.ok_or(Rejected::Invalid("must be signed with an accepted algorithm"))?;
        let decoded = decode::<Object>(token, &key.decoding, rules).map_err(|error| refusal(error.kind()))?;
        claims::judge(&decoded.claims.0, now, self.max_lifetime)
    }
}

/// What the library judges: signature, issuer and audience. It knows no clock but the machine's, so that times are
/// judged by [`claims`].
fn rules(algorithm: Algorithm, config: &JwtConfig) -> Validation {
    let mut rules = Validation::new(algorithm.in_library());
    rules.set_issuer(&[&config.issuer]);
    rules.set_audience(&[&config.audience]);
    rules.set_required_spec_claims(&["aud"]);
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules
}

/// What the caller hears of the library's judgement.
fn refusal(error: &ErrorKind) -> Rejected {
    match error {
        ErrorKind::InvalidSignature => Rejected::Invalid("must have the signature of the key that it names"),
        ErrorKind::InvalidIssuer => claims::ISSUER,
        ErrorKind::InvalidAudience | ErrorKind::MissingRequiredClaim(_) => {
            Rejected::Invalid("must be made for this service (aud)")
        }
        ErrorKind::Json(_) => Rejected::Invalid(
            "must have claims of the right types, in one JSON object without repeated members",
        ),
        _ => Rejected::Invalid("must be a token that can be read"),
    }
}
