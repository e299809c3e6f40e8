//! Who may call what: one table for every method that the service serves.
//!
//! Deny by default: a method that is missing here is not reachable, and the service does not start while this table
//! and the contract differ.

use std::collections::BTreeSet;

use prost::Message;
use prost_types::FileDescriptorSet;

use crate::authn::Scope;

/// Whom a method needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nobody: probes and descriptions.
    Public,
    /// The calling service.
    Caller,
    /// The calling service and the person that it acts for.
    Actor,
    /// The calling service, which must have that scope. A person that it names is kept; none is needed.
    Service(Scope),
}

/// A method of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its full name, such as `roster.v1.TeamService/GetTeam`.
    pub name: &'static str,
    /// Whom it needs to know.
    pub access: Access,
    /// Whether it changes or reads many rows at once, and may take longer.
    pub heavy: bool,
}

const METHODS: &[Method] = &[
    public("grpc.health.v1.Health/Check"),
    public("grpc.health.v1.Health/Watch"),
    public("grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
    public("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
    actor("roster.v1.TeamService/CreateTeam"),
    actor("roster.v1.TeamService/EnsurePersonalTeam"),
    actor("roster.v1.TeamService/GetTeam"),
    actor("roster.v1.TeamService/ListTeams"),
    actor("roster.v1.TeamService/UpdateTeam"),
    actor("roster.v1.TeamService/DeleteTeam"),
    service("roster.v1.TeamService/SetTeamTier", Scope::TiersSet),
    // For a person, or for a calling service by itself with a scope: the handler tells them apart.
    caller("roster.v1.TeamService/TransferOwnership"),
    actor("roster.v1.TeamService/GetMember"),
    actor("roster.v1.TeamService/ListMembers"),
    actor("roster.v1.TeamService/ChangeMemberRole"),
    actor("roster.v1.TeamService/SetMemberAccess"),
    actor("roster.v1.TeamService/PurgeResource"),
    actor("roster.v1.TeamService/SuspendMember"),
    actor("roster.v1.TeamService/RestoreMember"),
    actor("roster.v1.TeamService/RemoveMember"),
    actor("roster.v1.TeamService/LeaveTeam"),
    heavy(service("roster.v1.TeamService/BatchAddMembers", Scope::MembersImport)),
    caller("roster.v1.TeamService/GetPolicy"),
    caller("roster.v1.TeamService/ListPolicies"),
    // For a person, or for a calling service by itself with a scope: the handler tells them apart.
    caller("roster.v1.TeamService/ListEvents"),
    heavy(service("roster.v1.TeamService/EraseUser", Scope::PrivacyErase)),
    heavy(service("roster.v1.TeamService/ExportUser", Scope::PrivacyErase)),
    actor("roster.v1.InvitationService/CreateInvitation"),
    heavy(actor("roster.v1.InvitationService/BatchCreateInvitations")),
    actor("roster.v1.InvitationService/GetInvitation"),
    actor("roster.v1.InvitationService/ListInvitations"),
    actor("roster.v1.InvitationService/ResendInvitation"),
    actor("roster.v1.InvitationService/CancelInvitation"),
    actor("roster.v1.InvitationService/ListReceivedInvitations"),
    actor("roster.v1.InvitationService/AcceptInvitation"),
    actor("roster.v1.InvitationService/DeclineInvitation"),
    actor("roster.v1.InvitationService/CreateInviteLink"),
    actor("roster.v1.InvitationService/GetInviteLink"),
    actor("roster.v1.InvitationService/ListInviteLinks"),
    actor("roster.v1.InvitationService/RevokeInviteLink"),
    actor("roster.v1.InvitationService/PreviewInvite"),
    actor("roster.v1.InvitationService/RedeemInviteLink"),
    actor("roster.v1.InvitationService/CreateTeamCode"),
    actor("roster.v1.InvitationService/ListTeamCodes"),
    actor("roster.v1.InvitationService/RevokeTeamCode"),
    actor("roster.v1.InvitationService/DeleteTeamCode"),
    actor("roster.v1.InvitationService/RedeemTeamCode"),
];

/// The method behind an HTTP path such as `/roster.v1.TeamService/GetTeam`.
#[must_use]
pub fn method(path: &str) -> Option<&'static Method> {
    let name = path.strip_prefix('/')?;
    METHODS.iter().find(|method| method.name == name)
}

impl Method {
    /// Whether this is a health check, which is answered however busy the service is.
    #[must_use]
    pub fn is_health(&self) -> bool {
        self.name.starts_with("grpc.health.")
    }

    /// Whether this is a stream of descriptions.
    #[must_use]
    pub fn is_reflection(&self) -> bool {
        self.name.starts_with("grpc.reflection.")
    }

    /// Whether this is a stream that tells of health for as long as its client likes.
    #[must_use]
    pub fn is_health_watch(&self) -> bool {
        self.name == "grpc.health.v1.Health/Watch"
    }
}

/// The table and the contract differ.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the table of methods differs from the contract: without a row: [{}]; rows without a method: [{}]",
    .missing.join(", "),
    .stale.join(", ")
)]
pub struct Unclassified {
    missing: Vec<String>,
    stale: Vec<String>,
}

/// Compares the table with what the service serves. Run at start.
pub fn check() -> Result<(), Unclassified> {
    let served = [
        roster_proto::FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    compare(METHODS, &served)
}

fn compare(table: &[Method], descriptor_sets: &[&[u8]]) -> Result<(), Unclassified> {
    let rows: BTreeSet<String> = table.iter().map(|method| method.name.to_owned()).collect();
    let served: BTreeSet<String> = descriptor_sets.iter().flat_map(|set| methods_of(set)).collect();
    let missing: Vec<String> = served.difference(&rows).cloned().collect();
    let stale: Vec<String> = rows.difference(&served).cloned().collect();
    if missing.is_empty() && stale.is_empty() { Ok(()) } else { Err(Unclassified { missing, stale }) }
}

/// The full names of all methods in an encoded descriptor set; none if it cannot be read, so that every row of the
/// table is then found stale.
fn methods_of(descriptor_set: &[u8]) -> Vec<String> {
    let set = FileDescriptorSet::decode(descriptor_set).unwrap_or_default();
    let mut names = vec![];
    for file in &set.file {
        for service in &file.service {
            for method in &service.method {
                names.push(format!("{}.{}/{}", file.package(), service.name(), method.name()));
            }
        }
    }
    names
}

const fn public(name: &'static str) -> Method {
    Method { name, access: Access::Public, heavy: false }
}

const fn caller(name: &'static str) -> Method {
    Method { name, access: Access::Caller, heavy: false }
}

const fn actor(name: &'static str) -> Method {
    Method { name, access: Access::Actor, heavy: false }
}

const fn service(name: &'static str, scope: Scope) -> Method {
    Method { name, access: Access::Service(scope), heavy: false }
}

const fn heavy(method: Method) -> Method {
    Method { heavy: true, ..method }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_a_row_and_every_row_a_method() {
        assert_eq!(check(), Ok(()));
    }

    #[test]
    fn a_difference_is_named() {
        let table = [public("grpc.health.v1.Health/Check"), actor("roster.v1.TeamService/Gone")];
        let error = compare(&table, &[tonic_health::pb::FILE_DESCRIPTOR_SET]).expect_err("they differ");
        assert_eq!(error.missing, ["grpc.health.v1.Health/Watch"]);
        assert_eq!(error.stale, ["roster.v1.TeamService/Gone"]);
        assert!(error.to_string().contains("roster.v1.TeamService/Gone"));
        assert!(compare(METHODS, &[b"not a descriptor set"]).is_err());
    }

    #[test]
    fn a_row_may_name_a_scope() {
        let row = service("grpc.health.v1.Health/Check", Scope::TiersSet);
        assert_eq!(row.access, Access::Service(Scope::TiersSet));
        let table = [row, public("grpc.health.v1.Health/Watch")];
        assert_eq!(compare(&table, &[tonic_health::pb::FILE_DESCRIPTOR_SET]), Ok(()));
    }

    #[test]
    fn paths_lead_to_methods() {
        let check = |path: &str, access: Option<Access>| {
            assert_eq!(method(path).map(|method| method.access), access, "{path}");
        };
        check("/roster.v1.TeamService/GetTeam", Some(Access::Actor));
        check("/roster.v1.TeamService/GetPolicy", Some(Access::Caller));
        check("/grpc.health.v1.Health/Check", Some(Access::Public));
        check("/roster.v1.TeamService/GetTeam/", None);
        check("roster.v1.TeamService/GetTeam", None);
        check("/", None);
    }
}
