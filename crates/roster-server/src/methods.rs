//! Every method that the service serves, in one table: who may call it, and what the edge must know to let it in.
//!
//! Deny by default: a method that is missing here is not reachable, and the service does not start while this table
//! and the contract differ.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use prost::Message;
use prost_types::FileDescriptorSet;

use crate::authn::{Call, Scope};
use crate::edge_error::EdgeError;

/// Whom a method needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nobody. It asks how the service is, and is answered however busy that is.
    Probe,
    /// Nobody: descriptions.
    Public,
    /// The calling service.
    Caller,
    /// The calling service and the person that it acts for.
    Actor,
    /// The calling service, which must have that scope. A person that it names is kept; none is needed.
    Service(Scope),
}

impl Access {
    /// Refuses a call that is not known as well as the method needs it.
    pub fn require_of(self, call: &Call) -> Result<(), EdgeError> {
        match self {
            Self::Actor => call.actor().map(|_| ()),
            Self::Service(scope) => call.caller.require_scope(scope),
            Self::Probe | Self::Public | Self::Caller => Ok(()),
        }
    }
}

/// How many messages go which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One request, one answer.
    Unary,
    /// One request, and answers for as long as the client likes.
    ServerStream,
    /// Requests and answers for as long as the client likes.
    BothStream,
}

/// What a call takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// No statement: it is answered from memory.
    Memory,
    /// A few statements.
    Statements,
    /// Many rows at once; it may take [`HEAVY`] times as long as others.
    Heavy,
}

/// How much longer than others a call may take that is [`Cost::Heavy`].
pub const HEAVY: u32 = 3;

/// A method of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its full name, such as `roster.v1.TeamService/GetTeam`.
    pub name: &'static str,
    /// Whom it needs to know.
    pub access: Access,
    /// How many messages go which way.
    pub shape: Shape,
    /// What a call takes.
    pub cost: Cost,
    /// Whether a call that was let in runs to its end even if its client goes away. What changes something does.
    pub runs_to_end: bool,
}

static METHODS: [Method; 47] = [
    probe("grpc.health.v1.Health/Check", Shape::Unary),
    probe("grpc.health.v1.Health/Watch", Shape::ServerStream),
    descriptions("grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
    descriptions("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
    change("roster.v1.TeamService/CreateTeam", Access::Actor),
    change("roster.v1.TeamService/EnsurePersonalTeam", Access::Actor),
    read("roster.v1.TeamService/GetTeam", Access::Actor),
    read("roster.v1.TeamService/ListTeams", Access::Actor),
    change("roster.v1.TeamService/UpdateTeam", Access::Actor),
    change("roster.v1.TeamService/DeleteTeam", Access::Actor),
    change("roster.v1.TeamService/SetTeamTier", Access::Service(Scope::TiersSet)),
    // For a person, or for a calling service by itself with a scope: the handler tells them apart.
    change("roster.v1.TeamService/TransferOwnership", Access::Caller),
    read("roster.v1.TeamService/GetMember", Access::Actor),
    read("roster.v1.TeamService/ListMembers", Access::Actor),
    change("roster.v1.TeamService/ChangeMemberRole", Access::Actor),
    change("roster.v1.TeamService/SetMemberAccess", Access::Actor),
    change("roster.v1.TeamService/PurgeResource", Access::Actor),
    change("roster.v1.TeamService/SuspendMember", Access::Actor),
    change("roster.v1.TeamService/RestoreMember", Access::Actor),
    change("roster.v1.TeamService/RemoveMember", Access::Actor),
    change("roster.v1.TeamService/LeaveTeam", Access::Actor),
    heavy(change("roster.v1.TeamService/BatchAddMembers", Access::Service(Scope::MembersImport))),
    from_memory("roster.v1.TeamService/GetPolicy", Access::Caller),
    from_memory("roster.v1.TeamService/ListPolicies", Access::Caller),
    // For a person, or for a calling service by itself with a scope: the handler tells them apart.
    read("roster.v1.TeamService/ListEvents", Access::Caller),
    heavy(change("roster.v1.TeamService/EraseUser", Access::Service(Scope::PrivacyErase))),
    heavy(read("roster.v1.TeamService/ExportUser", Access::Service(Scope::PrivacyErase))),
    change("roster.v1.InvitationService/CreateInvitation", Access::Actor),
    heavy(change("roster.v1.InvitationService/BatchCreateInvitations", Access::Actor)),
    read("roster.v1.InvitationService/GetInvitation", Access::Actor),
    read("roster.v1.InvitationService/ListInvitations", Access::Actor),
    change("roster.v1.InvitationService/ResendInvitation", Access::Actor),
    change("roster.v1.InvitationService/CancelInvitation", Access::Actor),
    read("roster.v1.InvitationService/ListReceivedInvitations", Access::Actor),
    change("roster.v1.InvitationService/AcceptInvitation", Access::Actor),
    change("roster.v1.InvitationService/DeclineInvitation", Access::Actor),
    change("roster.v1.InvitationService/CreateInviteLink", Access::Actor),
    read("roster.v1.InvitationService/GetInviteLink", Access::Actor),
    read("roster.v1.InvitationService/ListInviteLinks", Access::Actor),
    change("roster.v1.InvitationService/RevokeInviteLink", Access::Actor),
    // It counts the guesses of codes, and runs that part to its end by itself.
    read("roster.v1.InvitationService/PreviewInvite", Access::Actor),
    change("roster.v1.InvitationService/RedeemInviteLink", Access::Actor),
    change("roster.v1.InvitationService/CreateTeamCode", Access::Actor),
    read("roster.v1.InvitationService/ListTeamCodes", Access::Actor),
    change("roster.v1.InvitationService/RevokeTeamCode", Access::Actor),
    change("roster.v1.InvitationService/DeleteTeamCode", Access::Actor),
    change("roster.v1.InvitationService/RedeemTeamCode", Access::Actor),
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Method>> =
    LazyLock::new(|| METHODS.iter().map(|method| (method.name, method)).collect());

/// The method behind an HTTP path such as `/roster.v1.TeamService/GetTeam`.
#[must_use]
pub fn find(path: &str) -> Option<&'static Method> {
    BY_NAME.get(path.strip_prefix('/')?).copied()
}

impl Method {
    /// The full name of the service that it belongs to, such as `roster.v1.TeamService`.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.name.split_once('/').map_or(self.name, |(service, _)| service)
    }
}

/// The table and the contract differ.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the table of methods differs from the contract: without a row: [{}]; rows without a method: [{}]; rows of \
     another shape: [{}]",
    .missing.join(", "),
    .stale.join(", "),
    .misshapen.join(", ")
)]
pub struct Unclassified {
    missing: Vec<String>,
    stale: Vec<String>,
    misshapen: Vec<String>,
}

/// Compares the table with what the service serves. Run at start.
pub fn check() -> Result<(), Unclassified> {
    let served = [
        roster_proto::FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    compare(&METHODS, &served)
}

fn compare(table: &[Method], descriptor_sets: &[&[u8]]) -> Result<(), Unclassified> {
    let mut rows: BTreeMap<&str, Shape> = table.iter().map(|method| (method.name, method.shape)).collect();
    let (mut missing, mut misshapen) = (vec![], vec![]);
    let served: BTreeMap<String, Shape> = descriptor_sets.iter().flat_map(|set| methods_of(set)).collect();
    for (name, shape) in served {
        match rows.remove(name.as_str()) {
            None => missing.push(name),
            Some(of_row) if of_row != shape => misshapen.push(name),
            Some(_) => {}
        }
    }
    let stale: Vec<String> = rows.into_keys().map(str::to_owned).collect();
    let same = missing.is_empty() && stale.is_empty() && misshapen.is_empty();
    if same { Ok(()) } else { Err(Unclassified { missing, stale, misshapen }) }
}

/// The full names of all methods in an encoded descriptor set, and their shapes; none if it cannot be read, so that
/// every row of the table is then found stale.
fn methods_of(descriptor_set: &[u8]) -> Vec<(String, Shape)> {
    let set = FileDescriptorSet::decode(descriptor_set).unwrap_or_default();
    let mut methods = vec![];
    for file in &set.file {
        for service in &file.service {
            for method in &service.method {
                let shape = match (method.client_streaming(), method.server_streaming()) {
                    (false, false) => Shape::Unary,
                    (false, true) => Shape::ServerStream,
                    (true, _) => Shape::BothStream,
                };
                methods.push((format!("{}.{}/{}", file.package(), service.name(), method.name()), shape));
            }
        }
    }
    methods
}

const fn probe(name: &'static str, shape: Shape) -> Method {
    Method { name, access: Access::Probe, shape, cost: Cost::Memory, runs_to_end: false }
}

const fn descriptions(name: &'static str) -> Method {
    let shape = Shape::BothStream;
    Method { name, access: Access::Public, shape, cost: Cost::Memory, runs_to_end: false }
}

const fn from_memory(name: &'static str, access: Access) -> Method {
    Method { name, access, shape: Shape::Unary, cost: Cost::Memory, runs_to_end: false }
}

const fn read(name: &'static str, access: Access) -> Method {
    Method { cost: Cost::Statements, ..from_memory(name, access) }
}

const fn change(name: &'static str, access: Access) -> Method {
    Method { runs_to_end: true, ..read(name, access) }
}

const fn heavy(method: Method) -> Method {
    Method { cost: Cost::Heavy, ..method }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;
    use crate::authn::Authn;
    use crate::request_id::RequestId;

    const CHECK: Method = probe("grpc.health.v1.Health/Check", Shape::Unary);
    const WATCH: Method = probe("grpc.health.v1.Health/Watch", Shape::ServerStream);

    #[test]
    fn every_method_has_a_row_and_every_row_a_method() {
        assert_eq!(check(), Ok(()));
    }

    #[test]
    fn a_difference_is_named() {
        let table = [CHECK, read("roster.v1.TeamService/Gone", Access::Actor)];
        let error = compare(&table, &[tonic_health::pb::FILE_DESCRIPTOR_SET]).expect_err("they differ");
        assert_eq!(error.missing, [WATCH.name]);
        assert_eq!(error.stale, ["roster.v1.TeamService/Gone"]);
        assert!(error.to_string().contains("roster.v1.TeamService/Gone"));
        assert!(compare(&METHODS, &[b"not a descriptor set"]).is_err());
    }

    #[test]
    fn a_stream_that_is_called_unary_is_named() {
        let table = [CHECK, probe(WATCH.name, Shape::Unary)];
        let error = compare(&table, &[tonic_health::pb::FILE_DESCRIPTOR_SET]).expect_err("they differ");
        assert_eq!(error.misshapen, [WATCH.name]);
        assert_eq!(compare(&[CHECK, WATCH], &[tonic_health::pb::FILE_DESCRIPTOR_SET]), Ok(()));
    }

    #[test]
    fn paths_lead_to_methods() {
        let check = |path: &str, access: Option<Access>| {
            assert_eq!(find(path).map(|method| method.access), access, "{path}");
        };
        check("/roster.v1.TeamService/GetTeam", Some(Access::Actor));
        check("/roster.v1.TeamService/GetPolicy", Some(Access::Caller));
        check("/roster.v1.TeamService/SetTeamTier", Some(Access::Service(Scope::TiersSet)));
        check("/grpc.health.v1.Health/Check", Some(Access::Probe));
        check("/roster.v1.TeamService/GetTeam/", None);
        check("roster.v1.TeamService/GetTeam", None);
        check("/", None);
    }

    #[tokio::test]
    async fn who_may_call_is_held_against_who_calls() {
        let check = async |access: Access, pairs: &[(&'static str, &'static str)], expected: &str| {
            let mut headers = HeaderMap::new();
            headers.extend(
                pairs
                    .iter()
                    .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))),
            );
            let call = Authn::Dev.identify(None, &headers, RequestId::generate()).await.expect("a call");
            let found = access.require_of(&call).err().map(|error| error.label());
            assert_eq!(found.unwrap_or_default(), expected, "{access:?} {pairs:?}");
        };
        let ada = ("x-actor-user-id", "ada");
        check(Access::Actor, &[], "actor_missing").await;
        check(Access::Actor, &[ada], "").await;
        check(Access::Caller, &[], "").await;
        let scope = Access::Service(Scope::TiersSet);
        check(scope, &[], "scope_missing").await;
        check(scope, &[ada], "scope_missing").await;
        check(scope, &[("x-caller-scopes", "members.import")], "scope_missing").await;
        check(scope, &[("x-caller-scopes", "members.import,tiers.set")], "").await;
    }

    #[test]
    fn all_but_reads_run_to_their_end() {
        let reads = ["Get", "List", "Export", "Preview"];
        for method in METHODS.iter().filter(|method| method.service().starts_with("roster.v1")) {
            let verb = &method.name[method.service().len() + 1..];
            assert_eq!(method.runs_to_end, !reads.iter().any(|read| verb.starts_with(read)), "{verb}");
        }
    }
}
