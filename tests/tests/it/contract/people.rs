//! Who calls.

/// The calling services by the URIs of their certificates.
pub(crate) const INSIDE: &str = "spiffe://example.org/inside";
/// One that may act for persons, of another product.
pub(crate) const OUTSIDE: &str = "spiffe://example.org/outside";
/// One of this product that may do everything there is a scope for.
pub(crate) const MIGHTY: &str = "spiffe://example.org/mighty";
/// Another such.
pub(crate) const MIGHTY_TOO: &str = "spiffe://example.org/mighty-too";
/// The same, of another product.
pub(crate) const MIGHTY_OUTSIDE: &str = "spiffe://example.org/mighty-outside";
/// One of this product that may do nothing in its own name, nor act for persons.
pub(crate) const POWERLESS: &str = "spiffe://example.org/powerless";
/// One that the deployment does not know.
pub(crate) const STRANGER: &str = "spiffe://example.org/stranger";

/// All that a service may be allowed.
pub(crate) const SCOPES: &[&str] = &[
    "act-as",
    "access.check",
    "quota.use",
    "activity.report",
    "tiers.set",
    "members.import",
    "events.watch-all",
    "teams.administer",
    "privacy.erase",
];

/// The URI of the service of this product that may do everything but this.
pub(crate) fn without(scope: &str) -> String {
    format!("spiffe://example.org/without-{}", scope.replace('.', "-"))
}

/// All services but the stranger: their URIs, what they may, and the policies of their products.
pub(crate) fn services() -> Vec<(String, Vec<&'static str>, &'static [&'static str])> {
    let own: &[&str] = &["matrix", "studio"];
    let mut services = vec![
        (INSIDE.to_owned(), vec!["act-as"], own),
        (OUTSIDE.to_owned(), vec!["act-as"], &["guild-hall"]),
        (MIGHTY.to_owned(), SCOPES.to_vec(), &["*"]),
        (MIGHTY_TOO.to_owned(), SCOPES.to_vec(), &["*"]),
        (MIGHTY_OUTSIDE.to_owned(), SCOPES.to_vec(), &["guild-hall"]),
        (POWERLESS.to_owned(), vec![], own),
    ];
    for scope in SCOPES {
        let others = SCOPES.iter().copied().filter(|other| other != scope).collect();
        services.push((without(scope), others, &["*"]));
    }
    services
}

/// The configuration of the services.
pub(crate) fn callers() -> String {
    let callers = services().into_iter().map(|(uri, scopes, policies)| {
        let name = uri.rsplit('/').next().expect("a name").to_owned();
        format!("[callers.{name}]\nuri = '{uri}'\nscopes = {scopes:?}\npolicies = {policies:?}\n")
    });
    format!("authn.mode = 'mesh'\n{}", callers.collect::<String>())
}

/// Somebody who calls: a person or nobody, through a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who {
    /// The column's heading.
    pub(crate) heading: &'static str,
    /// The person, if there is one.
    pub(crate) person: Option<Person>,
    /// The service.
    pub(crate) through: &'static str,
}

/// What a person is to the team that is called about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Person {
    /// A member whose user id is their role, or `suspended`.
    Member(&'static str),
    /// Nobody who has any team.
    Outsider,
    /// The owner of another team of the same product.
    Elsewhere,
}

const fn person(heading: &'static str, person: Person) -> Who {
    Who { heading, person: Some(person), through: INSIDE }
}

const fn nobody(heading: &'static str, through: &'static str) -> Who {
    Who { heading, person: None, through }
}

/// Everybody, in the order of the columns.
pub(crate) const EVERYBODY: &[Who] = &[
    person("owner", Person::Member("owner")),
    person("admin", Person::Member("admin")),
    person("editor", Person::Member("editor")),
    person("viewer", Person::Member("viewer")),
    person("suspended admin", Person::Member("suspended")),
    person("outsider", Person::Outsider),
    person("owner elsewhere", Person::Elsewhere),
    Who { heading: "owner, other product", person: Some(Person::Member("owner")), through: OUTSIDE },
    Who { heading: "owner, powerless service", person: Some(Person::Member("owner")), through: POWERLESS },
    Who { heading: "viewer, mighty service", person: Some(Person::Member("viewer")), through: MIGHTY },
    nobody("service", INSIDE),
    nobody("mighty service", MIGHTY),
    nobody("mighty, other product", MIGHTY_OUTSIDE),
    nobody("stranger", STRANGER),
];
