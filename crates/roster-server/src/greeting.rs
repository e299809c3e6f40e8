//! What a start says to whoever sits before it.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::SocketAddr;

use crate::config::{AuthnConfig, CallerConfig, Config, Storage};
use crate::mail;

/// Writes the greeting to standard output. Its first line is what programs look for that start the service.
pub(crate) fn say(
    config: &Config,
    (address, health): (SocketAddr, Option<SocketAddr>),
    first_policy: Option<&str>,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text(config, (address, health), first_policy).as_bytes())?;
    out.flush()
}

fn text(
    config: &Config,
    (address, health): (SocketAddr, Option<SocketAddr>),
    first_policy: Option<&str>,
) -> String {
    let mut text = format!("Roster serves on {address}\n");
    // A string takes every text.
    let _ = match &config.authn {
        AuthnConfig::Dev => {
            writeln!(text, "Dev authentication: not secure, it believes every caller on this machine.")
        }
        AuthnConfig::Jwt { jwt, callers } => {
            writeln!(text, "Callers show tokens of {} for {}: {}.", jwt.issuer, jwt.audience, names(callers))
        }
        AuthnConfig::Mesh { callers } => {
            writeln!(text, "Callers show certificates: {}.", names(callers))
        }
    };
    if let Some(health) = health {
        let _ = writeln!(text, "Health alone is served on {health}.");
    }
    if let Storage::Embedded { database } = &config.storage {
        let _ =
            writeln!(text, "Data lies in {}, keys in {}.", database.display(), config.keys_file.display());
    }
    let _ = writeln!(text, "{}", mail::destination(config.mail.as_ref()));
    let dev = matches!(config.authn, AuthnConfig::Dev);
    if let Some(policy) = first_policy.filter(|_| dev && config.storage.is_embedded()) {
        let _ = write!(
            text,
            "Try:\n  grpcurl -plaintext -H 'x-actor-user-id: ada' \\\n    -d '{{\"policy\": \"{policy}\", \
             \"display_name\": \"My team\"}}' \\\n    {address} roster.v1.TeamService/CreateTeam\n"
        );
    }
    text
}

fn names(callers: &[CallerConfig]) -> String {
    callers.iter().map(|caller| caller.name.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, load};

    #[test]
    fn the_first_line_tells_the_address_and_the_last_can_be_pasted() {
        let config = load(&Flags::default(), []).expect("the defaults are right");
        let text = text(&config, (([127, 0, 0, 1], 4242).into(), None), Some("guild"));
        assert!(
            text.starts_with("Roster serves on 127.0.0.1:4242\nDev authentication: not secure"),
            "{text}"
        );
        assert!(text.contains("roster.db"), "{text}");
        assert!(text.contains("Mail is not sent but written to ./roster-data/mail"), "{text}");
        assert!(text.contains(r#"-d '{"policy": "guild", "display_name": "My team"}' \"#), "{text}");
        assert!(text.ends_with("127.0.0.1:4242 roster.v1.TeamService/CreateTeam\n"), "{text}");
    }
}
