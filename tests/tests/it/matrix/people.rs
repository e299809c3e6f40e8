//! Who calls.

/// The calling services by the URIs of their certificates.
pub(crate) const INSIDE: &str = "spiffe://example.org/inside";
/// One that may act for persons, of another product.
pub(crate) const OUTSIDE: &str = "spiffe://example.org/outside";
/// One of this product that may do everything there is a scope for.
pub(crate) const MIGHTY: &str = "spiffe://example.org/mighty";
/// The same, of another product.
pub(crate) const MIGHTY_OUTSIDE: &str = "spiffe://example.org/mighty-outside";
/// One of this product that may do nothing in its own name, nor act for persons.
pub(crate) const POWERLESS: &str = "spiffe://example.org/powerless";
/// One that the deployment does not know.
pub(crate) const STRANGER: &str = "spiffe://example.org/stranger";

/// The configuration of the services.
pub(crate) const CALLERS: &str = "
    authn.mode = 'mesh'
    [callers.inside]
    uri = 'spiffe://example.org/inside'
    scopes = ['act-as']
    policies = ['matrix', 'studio']
    [callers.outside]
    uri = 'spiffe://example.org/outside'
    scopes = ['act-as']
    policies = ['guild-hall']
    [callers.mighty]
    uri = 'spiffe://example.org/mighty'
    scopes = [
        'act-as', 'access.check', 'quota.use', 'activity.report', 'tiers.set', 'members.import', 'events.watch-all',
        'teams.administer', 'privacy.erase',
    ]
    policies = ['*']
    [callers.mighty-outside]
    uri = 'spiffe://example.org/mighty-outside'
    scopes = [
        'act-as', 'access.check', 'quota.use', 'activity.report', 'tiers.set', 'members.import', 'events.watch-all',
        'teams.administer', 'privacy.erase',
    ]
    policies = ['guild-hall']
    [callers.powerless]
    uri = 'spiffe://example.org/powerless'
    policies = ['matrix', 'studio']
";

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
    /// A member whose user id is its role.
    Member(&'static str),
    /// A member whose access is suspended.
    Suspended,
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
    person("suspended admin", Person::Suspended),
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
