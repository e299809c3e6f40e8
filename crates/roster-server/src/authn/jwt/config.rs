//! Which tokens are accepted, and why that cannot be told.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::Algorithm;

/// Which tokens are accepted.
#[derive(Clone, Debug)]
pub struct JwtConfig {
    /// What `iss` must be, to the letter.
    pub issuer: String,
    /// What `aud` must be or contain.
    pub audience: String,
    /// Where the issuer's keys come from.
    pub keys: KeySource,
    /// What tokens may be signed with.
    pub algorithms: Vec<Algorithm>,
    /// The longest time from `iat` to `exp`.
    pub max_lifetime: Duration,
    /// How long the keys of a URL are used after the last time that they could be had.
    pub max_stale: Duration,
}

/// Where the issuer's keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A file, which is read again when it changes.
    File(PathBuf),
    /// A server.
    Url {
        /// Its address: https, or http on this machine.
        url: Url,
        /// Authorities in PEM form that may vouch for it beside those that the web trusts.
        ca_file: Option<PathBuf>,
    },
}

/// Why tokens cannot be verified at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file of keys cannot be read.
    #[error("jwt.jwks_file {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("jwt.jwks_file {}: must be a JSON Web Key Set of at most 1 MiB and 100 keys", .path.display())]
    NotKeys {
        /// The file.
        path: PathBuf,
    },
    /// The file's keys are too short, secret, or of another kind.
    #[error("jwt.jwks_file {}: must have a public key for one of the supported algorithms", .path.display())]
    NoUsableKey {
        /// The file.
        path: PathBuf,
    },
    /// The address of the keys is not to be trusted.
    #[error("jwt.jwks_url: must be an https URL without a user name (http only to this machine)")]
    Url,
    /// The file of authorities cannot be read.
    #[error("jwt.ca_file {}", .path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file of authorities holds something else.
    #[error("jwt.ca_file {}: must hold certificates in PEM form", .path.display())]
    NotAuthorities {
        /// The file.
        path: PathBuf,
    },
    /// TLS cannot be set up.
    #[error("jwt.jwks_url: TLS cannot be set up")]
    Tls,
}
