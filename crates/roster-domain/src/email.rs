//! E-mail addresses: kept as typed for display and sending, compared by a canonical key.

use std::fmt;

use crate::text::InvalidText;

/// An e-mail address.
///
/// It has no `Display`, and its `Debug` shows nothing: an address must never reach a log, a trace or an error by
/// accident.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    typed: String,
    key: String,
}

impl EmailAddress {
    /// Takes an address of at most 254 bytes whose local part is made of ASCII letters, digits, dots and the signs
    /// that RFC 5322 allows unquoted, and whose domain is a name that IDNA accepts as it stands.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        const EXPECTED: InvalidText = InvalidText("must be an e-mail address such as ada@example.org");
        let (local, domain) = text.rsplit_once('@').ok_or(EXPECTED)?;
        if text.len() > 254 || !is_local_part(local) {
            return Err(EXPECTED);
        }
        // Non-ASCII domains must be given in the form that IDNA would map them to: a full-width or otherwise
        // disguised spelling of another domain is refused instead of being silently taken for it.
        // Its ASCII letters may be in either case, as in an ASCII domain.
        if !domain.is_ascii() && idna::domain_to_unicode(domain).0 != domain.to_ascii_lowercase() {
            return Err(EXPECTED);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EXPECTED)?;
        if domain.is_empty() || domain.ends_with('.') || domain.parse::<std::net::Ipv4Addr>().is_ok() {
            return Err(EXPECTED);
        }
        let key = format!("{}@{domain}", local.to_ascii_lowercase());
        if key.len() > 254 {
            return Err(EXPECTED);
        }
        Ok(Self { typed: text.to_owned(), key })
    }

    /// What is left of an address that was erased: nothing. It is shown as an empty text, and no address that
    /// parses is the same.
    #[must_use]
    pub fn erased() -> Self {
        Self { typed: String::new(), key: String::new() }
    }

    /// Whether the address was erased: nobody can be written to, and nobody proves to have it.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.key.is_empty()
    }

    /// The address as it was typed.
    #[must_use]
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The address to send mail to: the local part as it was typed, the domain in its ASCII form, so that no mail server
    /// on the way need know of other letters.
    #[must_use]
    pub fn to_ascii(&self) -> String {
        let local = self.typed.rsplit_once('@').map_or("", |(local, _)| local);
        let domain = self.key.rsplit_once('@').map_or("", |(_, domain)| domain);
        format!("{local}@{domain}")
    }

    /// What two addresses are compared by: the local part in ASCII lower case, its dots and plus tags kept, and the
    /// domain in its ASCII form. Never Unicode lower-casing, under which different addresses meet.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

fn is_local_part(local: &str) -> bool {
    (1..=64).contains(&local.len())
        && local.split('.').all(|atom| {
            !atom.is_empty()
                && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let check = |text: &str, key: Option<&str>| {
            assert_eq!(EmailAddress::parse(text).ok().as_ref().map(EmailAddress::key), key, "{text:?}");
        };
        check("Ada.Lovelace+x@Example.ORG", Some("ada.lovelace+x@example.org"));
        check("ada@bücher.example", Some("ada@xn--bcher-kva.example"));
        check("ada@XN--bcher-kva.example", Some("ada@xn--bcher-kva.example"));
        check("ada@bücher.Example", Some("ada@xn--bcher-kva.example"));
        check("ada@ｅxample.org", None);
        check("аda@example.org", None);
        check("\u{212a}@example.org", None);
        check("ａda@example.org", None);
        check("ada＠example.org", None);
        check("ada@example．org", None);
        check("ada@example。org", None);
        check("ada@example.ｏrg", None);
        check("ada@e\u{200d}xample.org", None);
        check("ada@ex\u{ad}ample.org", None);
        check("ada", None);
        check("@example.org", None);
        check("ada@", None);
        check("a..b@example.org", None);
        check("a b@example.org", None);
        check("ada@exa mple.org", None);
        check("ada@example.org\r\nBcc: x@y.org", None);
        check("ada@[127.0.0.1]", None);
        check("ada@127.0.0.1", None);
        check(&format!("{}@example.org", "a".repeat(65)), None);
    }

    /// A domain of other letters that look alike is a domain of its own.
    #[test]
    fn look_alikes_never_meet() {
        let latin = EmailAddress::parse("ada@example.org").unwrap();
        for text in
            ["ada@\u{435}xample.org", "ada@ex\u{430}mple.org", "ada@examp\u{4cf}e.org", "ada@éxample.org"]
        {
            let key = EmailAddress::parse(text).map(|address| address.key().to_owned());
            assert!(key.is_ok_and(|key| key != latin.key() && key.contains("@xn--")), "{text:?}");
        }
    }

    #[test]
    fn where_mail_is_sent() {
        let check = |text: &str, to: &str| {
            assert_eq!(EmailAddress::parse(text).unwrap().to_ascii(), to, "{text:?}");
        };
        check("ada@example.org", "ada@example.org");
        check("Ada.Lovelace+x@Example.ORG", "Ada.Lovelace+x@example.org");
        check("Ada@bücher.example", "Ada@xn--bcher-kva.example");
        check("O'Ada@XN--bcher-kva.Example", "O'Ada@xn--bcher-kva.example");
    }

    #[test]
    fn nothing_is_left_of_an_erased_address() {
        let erased = EmailAddress::erased();
        assert!(erased.is_erased() && EmailAddress::parse(erased.as_typed()).is_err());
        assert_eq!((erased.as_typed(), erased.key()), ("", ""));
        assert!(!EmailAddress::parse("ada@example.org").unwrap().is_erased());
    }

    #[test]
    fn debug_shows_nothing() {
        let address = EmailAddress::parse("ada@example.org").unwrap();
        assert_eq!(format!("{address:?}"), "EmailAddress(…)");
    }
}
