//! Brings the sources together: defaults, then the file, then variables, then flags.

use std::path::PathBuf;

use figment::Figment;
use figment::error::Kind;
use figment::providers::{Format, Toml};

use super::settings::Settings;
use super::variables::{self, Variables, variable};
use super::{Config, Error, check};

/// What the command line sets.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// The configuration's file.
    pub config: Option<PathBuf>,
    /// The key `listen`.
    pub listen: Option<String>,
    /// The key `data_dir`.
    pub data_dir: Option<PathBuf>,
}

/// Reads and checks the configuration. `environment` is every variable of the process.
pub fn load(flags: &Flags, environment: impl IntoIterator<Item = (String, String)>) -> Result<Config, Error> {
    check::check(settings(flags, environment)?)
}

pub(super) fn settings(
    flags: &Flags,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Settings, Error> {
    let environment: Vec<(String, String)> = environment.into_iter().collect();
    let named =
        environment.iter().find(|(name, _)| name == variables::FILE).map(|(_, file)| PathBuf::from(file));
    let mut sources = Figment::new();
    if let Some(file) = flags.config.clone().or(named) {
        let text = std::fs::read_to_string(&file)
            .map_err(|error| Error(vec![format!("the configuration file {}: {error}", file.display())]))?;
        sources = sources.merge(Toml::string(&text));
    }
    sources = sources.merge(Variables::among(environment));
    for (key, value) in [
        ("listen", flags.listen.clone()),
        ("data_dir", flags.data_dir.as_ref().map(|path| path.display().to_string())),
    ] {
        if let Some(value) = value {
            sources = sources.merge((key, value));
        }
    }
    sources.extract().map_err(|error| Error(error.into_iter().map(|one| problem(&one)).collect()))
}

/// A problem with its key, without the value.
fn problem(error: &figment::Error) -> String {
    let key = error.path.join(".");
    let name = |key: &str| {
        let from_environment = error.metadata.as_ref().is_some_and(|source| source.name == variables::NAME);
        if from_environment { format!("{key} (variable {})", variable(key)) } else { key.to_owned() }
    };
    match &error.kind {
        Kind::UnknownField(_, known) => {
            format!("{}: there is no such key; here are: {}", name(&key), known.join(", "))
        }
        Kind::UnknownVariant(_, known) => format!("{}: must be one of {}", name(&key), known.join(", ")),
        Kind::InvalidType(_, expected) if expected.starts_with("struct ") => {
            format!("{}: must be a table of keys", name(&key))
        }
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            format!("{}: must be {expected}", name(&key))
        }
        // The parser's messages show the line that it cannot read.
        Kind::Message(_) if key.is_empty() => "the configuration file is not TOML".to_owned(),
        _ => format!("{}: its value cannot be used", name(&key)),
    }
}
