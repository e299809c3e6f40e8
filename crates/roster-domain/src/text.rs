//! Texts that callers send, checked once at the edge: ids that are opaque here, names of calling services and
//! teams, languages.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::id::Pseudonym;

/// What was wrong with a text: a sentence that says what is expected, without the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidText(pub &'static str);

/// A user's id, given by the product's identity provider and opaque here: 1 to 128 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

impl UserId {
    /// Takes any text of 1 to 128 characters without white space at its ends and without control characters,
    /// line separators and bidirectional overrides.
    /// Two ids are one person only if they are equal to the letter. A [`Pseudonym`] is nobody's id: nobody acts as a
    /// person whose data was erased, and nothing is done to such a one.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        if !is_opaque_id(text) {
            return Err(InvalidText(
                "must be a user id of 1 to 128 characters without control characters or white space at its ends",
            ));
        }
        if text.parse::<Pseudonym>().is_ok() {
            return Err(InvalidText("must not be the pseudonym of a person whose data was erased"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Takes a pseudonym too: for looking back at what a person did who is known by nothing else any more.
    pub fn parse_or_pseudonym(text: &str) -> Result<Self, InvalidText> {
        match text.parse::<Pseudonym>() {
            Ok(pseudonym) => Ok(Self(pseudonym.to_string())),
            Err(_) => Self::parse(text),
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a calling service: 1 to 128 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallerName(String);

impl CallerName {
    /// Takes any text of 1 to 128 characters without white space at its ends and without control characters,
    /// line separators and bidirectional overrides.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        if is_opaque_id(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText(
                "must be a service's name of 1 to 128 characters without control characters or white space at its ends",
            ))
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A product's own id of one of its resources, such as a project's: 1 to 128 characters, opaque here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(String);

impl ResourceId {
    /// Takes any text of 1 to 128 characters without white space at its ends and without control characters,
    /// line separators and bidirectional overrides. Two ids are one resource only if they are equal to the letter.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        if is_opaque_id(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText(
                "must be a resource's id of 1 to 128 characters without control characters or white space at its ends",
            ))
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A product's own key of a team: 1 to 128 characters, unique among the teams of one calling service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalId(String);

impl ExternalId {
    /// Takes any text of 1 to 128 characters without white space at its ends and without control characters,
    /// line separators and bidirectional overrides.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        if is_opaque_id(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText(
                "must be a key of 1 to 128 characters without control characters or white space at its ends",
            ))
        }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_opaque_id(text: &str) -> bool {
    (1..=128).contains(&text.chars().count())
        && text.trim() == text
        && !text.chars().any(breaks_line_or_order)
}

/// The language of a mail: a tag such as `de` or `pt-br`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locale(String);

impl Locale {
    /// Takes 2 to 35 ASCII letters, digits and hyphens in the shape of a BCP 47 tag: the first part has 2 to 8 letters,
    /// and no part is empty. Whether there is such a language is not looked at. It is kept in lower case.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let mut parts = text.split('-');
        let first = parts.next().unwrap_or_default();
        let good = text.len() <= 35
            && (2..=8).contains(&first.len())
            && first.bytes().all(|byte| byte.is_ascii_alphabetic())
            && parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        if good {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidText("must be a language tag of 2 to 35 characters such as de or pt-BR"))
        }
    }

    /// The tag in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name that people see, and that reaches mails: 1 to 100 characters in Unicode NFC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// Normalises to NFC and trims white space, then refuses what could deceive a reader or a mail client: control
    /// characters, line separators, bidirectional overrides and URLs.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        // NFC can lengthen a text at most threefold; what is absurdly long need not be normalised to be refused.
        if text.len() > 4_000 {
            return Err(InvalidText("must have 1 to 100 characters"));
        }
        let name: String = text.nfc().collect::<String>().trim().to_owned();
        if !(1..=100).contains(&name.chars().count()) {
            return Err(InvalidText("must have 1 to 100 characters"));
        }
        if name.chars().any(breaks_line_or_order) {
            return Err(InvalidText(
                "must not contain control characters, line breaks or bidirectional overrides",
            ));
        }
        if name.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
            return Err(InvalidText("must contain a visible character"));
        }
        // Full-width letters and signs read as a URL too, whatever invisible stands between them, and a client may make a
        // link of them.
        let seen: String = name.nfkc().filter(|c| !is_invisible(*c)).collect();
        let lower = seen.to_ascii_lowercase();
        if lower.contains("://") || lower.contains("www.") || lower.contains("mailto:") {
            return Err(InvalidText("must not contain a URL"));
        }
        Ok(Self(name))
    }

    /// Takes a name that was accepted before. What is refused today may have been fine then.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether it is a control character, ends a line, or turns the direction of what follows.
fn breaks_line_or_order(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}')
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether it shows nothing: what Unicode calls default ignorable, and the empty Braille pattern.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(DisplayName::parse(text).ok().as_ref().map(DisplayName::as_str), expected, "{text:?}");
        };
        check("  Kubernetes CSI ", Some("Kubernetes CSI"));
        check("Cafe\u{301}", Some("Caf\u{e9}"));
        check("Node.js & friends", Some("Node.js & friends"));
        check("👩\u{200d}🚀 crew", Some("👩\u{200d}🚀 crew"));
        check(&"é".repeat(100), Some(&"é".repeat(100)));
        check(&"é".repeat(101), None);
        check(&"a".repeat(5_000), None);
        check("", None);
        check(" \t", None);
        check("\u{200b}\u{200d}", None);
        check("\u{2800} \u{e0061}", None);
        check("a\nb", None);
        check("a\u{2028}b", None);
        check("a\u{202e}b", None);
        check("see HTTPS://evil.example", None);
        check("WWW.evil.example", None);
        check("mailto:eve@evil.example", None);
        check("ｗｗｗ．evil.example", None);
        check("w\u{200b}ww.evil.example", None);
        check("https:\u{2060}//evil.example", None);
        check("ＷＷＷ.evil.example", None);
        check("http：//evil.example", None);
        check("ｈｔｔｐ：／／evil.example", None);
        check("ｍａｉｌｔｏ：eve@evil.example", None);
        check("𝐰𝐰𝐰.evil.example", None);
        // What is no URL is kept as it was typed, full-width or not.
        check("東京：チーム／Ａ", Some("東京：チーム／Ａ"));
        check("Ärzte ﬁrst", Some("Ärzte ﬁrst"));
    }

    #[test]
    fn nobody_is_called_as_somebody_who_was_erased() {
        let pseudonym = "erased_01h455vb4pex5vsknk084sn02q";
        assert!(UserId::parse(pseudonym).is_err());
        let past = UserId::parse_or_pseudonym(pseudonym);
        assert_eq!(past.as_ref().map(UserId::as_str), Ok(pseudonym));
        // What only looks a little like one is anybody's id.
        for text in [
            "erased",
            "erased_",
            "erased_ada",
            "Erased_01h455vb4pex5vsknk084sn02q",
            "x erased_01h455vb4pex5vsknk084sn02q",
        ] {
            assert_eq!(UserId::parse(text).as_ref().map(UserId::as_str), Ok(text));
            assert_eq!(UserId::parse_or_pseudonym(text), UserId::parse(text));
        }
        assert!(UserId::parse_or_pseudonym("").is_err());
    }

    #[test]
    fn locales() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Locale::parse(text).ok().as_ref().map(Locale::as_str), expected, "{text:?}");
        };
        check("de", Some("de"));
        check("pt-BR", Some("pt-br"));
        check("ZH-Hant-TW", Some("zh-hant-tw"));
        check("sl-rozaj-1994", Some("sl-rozaj-1994"));
        check("abcdefgh", Some("abcdefgh"));
        check("de-abcdefghijklmnopqrstuvwxyz012345", Some("de-abcdefghijklmnopqrstuvwxyz012345"));
        check("de-abcdefghijklmnopqrstuvwxyz0123456", None);
        check("abcdefghi", None);
        check("d", None);
        check("", None);
        check("1a", None);
        check("de1", None);
        check("-de", None);
        check("de-", None);
        check("de--at", None);
        check("de_AT", None);
        check("de/../../etc", None);
        check("de.UTF-8", None);
        check("de\n", None);
        check(" de", None);
        check("dé", None);
        check("ｄｅ", None);
    }

    #[test]
    fn user_ids() {
        let check = |text: &str, good: bool| assert_eq!(UserId::parse(text).is_ok(), good, "{text:?}");
        check("auth0|5f7c8ec7c33c6c004bbafe82", true);
        check("María", true);
        check(&"x".repeat(128), true);
        check(&"x".repeat(129), false);
        check("", false);
        check(" x", false);
        check("x\u{0}", false);
        check("x\u{202e}y", false);
        check("x\u{2028}y", false);
    }
}
