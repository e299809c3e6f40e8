//! `ROSTER_<SECTION>__<KEY>` variables as a source of configuration.

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

/// What every variable of the service begins with.
pub(super) const PREFIX: &str = "ROSTER_";

/// Names the file, and is no key itself.
pub(super) const FILE: &str = "ROSTER_CONFIG";

/// The source's name in messages.
pub(super) const NAME: &str = "environment";

/// The variables of a process.
pub(super) struct Variables {
    values: Vec<(String, String)>,
}

impl Variables {
    /// Picks the service's own among `all`.
    pub(super) fn among(all: impl IntoIterator<Item = (String, String)>) -> Self {
        // A build with failpoints has a variable more, which is no key either.
        let failpoint = |name: &str| cfg!(feature = "failpoints") && name == "ROSTER_FAILPOINT";
        let own =
            |name: &str| name.starts_with(PREFIX) && name != FILE && !is_kubernetes(name) && !failpoint(name);
        Self { values: all.into_iter().filter(|(name, _)| own(name)).collect() }
    }
}

/// Whether Kubernetes sets that variable for a Service called `roster`, in every pod of its namespace.
fn is_kubernetes(name: &str) -> bool {
    ["ROSTER_SERVICE_HOST", "ROSTER_SERVICE_PORT", "ROSTER_PORT"].contains(&name)
        || name.starts_with("ROSTER_SERVICE_PORT_")
        || name.starts_with("ROSTER_PORT_")
}

/// The variable that sets a key.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

impl Provider for Variables {
    fn metadata(&self) -> Metadata {
        Metadata::named(NAME)
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let mut dict = Dict::new();
        for (name, text) in &self.values {
            let key = name[PREFIX.len()..].to_lowercase().replace("__", ".");
            // Numbers are numbers; whatever is nothing else is a text. No value fails to be one of them.
            let value: Value = text.parse().unwrap_or_else(|never| match never {});
            if let Some(nested) = figment::util::nest(&key, value).into_dict() {
                merge(&mut dict, nested);
            }
        }
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

fn merge(into: &mut Dict, from: Dict) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Dict(_, old)), Value::Dict(_, new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}
