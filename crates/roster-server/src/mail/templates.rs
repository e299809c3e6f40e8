//! What a mail says: templates for its subject, its text and its HTML, in as many languages as the deployment has.
//!
//! All of them are compiled and tried once at the start, so that a broken one is no surprise at the first invitation.
//! In HTML every value is escaped; a subject is one line, whatever a template makes of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use minijinja::{Environment, UndefinedBehavior, context};

use roster_domain::Locale;

/// What every locale has: its subject, its text, its HTML.
const PARTS: [&str; 3] = ["subject.txt", "txt", "html"];

/// The language of the built-in templates, which is there whatever else is not.
const ENGLISH: &str = "en";

const BUILT_IN: [(&str, &str); 3] = [
    ("invitation.en.subject.txt", include_str!("templates/invitation.en.subject.txt")),
    ("invitation.en.txt", include_str!("templates/invitation.en.txt")),
    ("invitation.en.html", include_str!("templates/invitation.en.html")),
];

/// The templates of this deployment.
pub struct Templates {
    environment: Environment<'static>,
    /// By locale in lower case, the names of its parts in the order of [`PARTS`]: English among them.
    locales: BTreeMap<String, [String; 3]>,
    english: [String; 3],
}

/// What a template may say; `docs/mail.md` documents each.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// The team's name.
    pub team: &'a str,
    /// The title of the role.
    pub role: &'a str,
    /// The title of the policy.
    pub policy: &'a str,
    /// The address of whoever invites, empty if it is not known.
    pub inviter: &'a str,
    /// Where to accept: a URL with the secret in it.
    pub link: &'a str,
    /// Until when, for people, in UTC.
    pub expires: &'a str,
    /// Until when, as ISO 8601 has it.
    pub expires_at: &'a str,
}

/// The parts of one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// A template that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The folder, or a file in it, cannot be read.
    #[error("mail.templates_dir: {}", .path.display())]
    Unreadable {
        /// The folder or the file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that begins like a template of a mail and is none.
    #[error(
        "mail.templates_dir: {0}: must be named invitation.<locale>.subject.txt, invitation.<locale>.txt or invitation.<locale>.html"
    )]
    Name(String),
    /// A language is there twice, in upper and in lower case.
    #[error("mail.templates_dir: {0}: its language is there in another spelling")]
    Twice(String),
    /// A language lacks one of its files.
    #[error("mail.templates_dir: {0} is missing; a language has a subject, a text and an HTML part")]
    Missing(String),
    /// A template does not compile, or does not render.
    #[error("mail.templates_dir: {name}, line {line}: {what}")]
    Broken {
        /// The file.
        name: String,
        /// The line, from 1; 0 if it is not known.
        line: usize,
        /// What is wrong.
        what: String,
    },
}

impl Templates {
    /// The built-in templates, and those of the folder, which replace them and add languages. Every file named
    /// `*.txt` or `*.html` can be included by others.
    pub fn load(folder: Option<&Path>) -> Result<Self, TemplateError> {
        let mut sources: BTreeMap<String, String> =
            BUILT_IN.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        if let Some(folder) = folder {
            sources.extend(read(folder)?);
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut locales = BTreeMap::new();
        for (name, text) in sources {
            if let Some(locale) = locale_of(&name)? {
                let parts = PARTS.map(|part| format!("invitation.{locale}.{part}"));
                let known = locales.insert(locale.to_ascii_lowercase(), parts.clone());
                if known.is_some_and(|known| known != parts) {
                    return Err(TemplateError::Twice(name));
                }
            }
            environment.add_template_owned(name, text).map_err(|error| broken(&error))?;
        }
        let english = PARTS.map(|part| format!("invitation.{ENGLISH}.{part}"));
        let templates = Self { environment, locales, english };
        templates.try_all()?;
        Ok(templates)
    }

    /// Renders a mail in the locale, or else in its language, or else in English.
    pub fn render(&self, locale: Option<&Locale>, words: &Words<'_>) -> Result<Rendered, TemplateError> {
        let tag = locale.map_or(ENGLISH, Locale::as_str);
        let language = tag.split('-').next().unwrap_or(tag);
        let parts = [tag, language].into_iter().find_map(|tag| self.locales.get(tag));
        self.render_parts(parts.unwrap_or(&self.english), words)
    }

    fn render_parts(&self, parts: &[String; 3], words: &Words<'_>) -> Result<Rendered, TemplateError> {
        let values = context! {
            team => words.team,
            role => words.role,
            policy => words.policy,
            inviter => words.inviter,
            link => words.link,
            expires => words.expires,
            expires_at => words.expires_at,
        };
        let render = |name: &str| {
            let template = self.environment.get_template(name);
            template.and_then(|template| template.render(&values)).map_err(|error| broken(&error))
        };
        let [subject, text, html] = parts;
        Ok(Rendered { subject: one_line(&render(subject)?), text: render(text)?, html: render(html)? })
    }

    /// Renders every mail twice: with all that there may be, and without the inviter's address.
    fn try_all(&self) -> Result<(), TemplateError> {
        for parts in self.locales.values() {
            if let Some(missing) = parts.iter().find(|name| self.environment.get_template(name).is_err()) {
                return Err(TemplateError::Missing(missing.clone()));
            }
            for inviter in ["ada@example.org", ""] {
                let words = Words {
                    team: "Night Watch",
                    role: "Viewer",
                    policy: "Team",
                    inviter,
                    link: "https://example.org/join?token=sample",
                    expires: "22 April 2026, 14:30 UTC",
                    expires_at: "2026-04-22T14:30:00Z",
                };
                self.render_parts(parts, &words)?;
            }
        }
        Ok(())
    }
}

/// The templates of a folder, by their names. Hidden files and those of other kinds are none.
fn read(folder: &Path) -> Result<BTreeMap<String, String>, TemplateError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| TemplateError::Unreadable { path, source }
    };
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let kind = path.extension().and_then(|extension| extension.to_str());
        // Files that are mounted from elsewhere are links: what they lead to counts.
        if name.starts_with('.') || !matches!(kind, Some("txt" | "html")) || !path.is_file() {
            continue;
        }
        found.insert(name.to_owned(), fs::read_to_string(&path).map_err(unreadable(&path))?);
    }
    Ok(found)
}

/// The locale of a part of a mail as its name spells it; none if others include the template.
fn locale_of(name: &str) -> Result<Option<&str>, TemplateError> {
    let Some(rest) = name.strip_prefix("invitation.") else { return Ok(None) };
    let locale = rest.split_once('.').filter(|(_, part)| PARTS.contains(part)).map(|(locale, _)| locale);
    match locale.filter(|locale| Locale::parse(locale).is_ok()) {
        Some(locale) => Ok(Some(locale)),
        None => Err(TemplateError::Name(name.to_owned())),
    }
}

/// What is left of a subject when nothing in it can end the line.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn broken(error: &minijinja::Error) -> TemplateError {
    TemplateError::Broken {
        name: error.name().unwrap_or_default().to_owned(),
        line: error.line().unwrap_or_default(),
        what: error.detail().map_or_else(|| error.kind().to_string(), ToOwned::to_owned),
    }
}

#[cfg(test)]
mod tests;
