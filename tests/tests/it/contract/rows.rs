//! One row a method: who may call it, what its request says besides the common values of `request.rs`, what another
//! request under the same id would say, and what its pages hold. A new method has its row here.

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};
use serde_json::{Value, json};

use crate::contract::request::{Named, fill};

/// Who makes the call of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// A member whose user id is their role.
    Member(&'static str),
    /// A person who has no team yet.
    Joiner,
    /// The person whose address was invited.
    Invited,
    /// A service in its own name, that has every scope.
    Service,
}

/// What is said of a method by hand.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    method: &'static str,
    /// Who may call it.
    pub(crate) by: By,
    /// The scope that a service needs to call it in its own name, if one may.
    pub(crate) scope: Option<&'static str>,
    /// Where its request differs from the common values; null leaves a field out.
    request: Value,
    /// Where another request differs from it; of those that take a request id.
    other: Value,
    /// The field of the answer that holds a page.
    pub(crate) pages: Option<&'static str>,
}

const OWNER: By = By::Member("owner");
const ADMIN: By = By::Member("admin");

/// Every method of the contract, by its short name.
fn rows(named: &Named) -> Vec<Row> {
    let third = json!({ "display_name": "A third name" });
    let none = json!({});
    vec![
        change("CreateTeam", ADMIN, json!({ "tier": null }), third.clone()),
        change("EnsurePersonalTeam", ADMIN, json!({ "policy": "studio" }), third.clone()),
        read("GetTeam", ADMIN, none.clone()),
        list("ListTeams", ADMIN, "teams"),
        change("UpdateTeam", ADMIN, none.clone(), third),
        change("DeleteTeam", ADMIN, none.clone(), json!({ "etag": "v1" })),
        change("SetTeamTier", By::Service, none.clone(), json!({ "tier": "small" })).scope("tiers.set"),
        change("TransferOwnership", OWNER, json!({ "user_id": "admin" }), json!({ "user_id": "editor" }))
            .scope("teams.administer"),
        read("GetMember", ADMIN, none.clone()),
        list("ListMembers", ADMIN, "members"),
        change("ChangeMemberRole", ADMIN, json!({ "role": "editor" }), json!({ "role": "admin" })),
        change(
            "SetMemberAccess",
            ADMIN,
            none.clone(),
            json!({ "access": { "unrestrict_kinds": ["project"] } }),
        ),
        change("PurgeResource", ADMIN, none.clone(), json!({ "resource_id": "p2" })),
        change("SuspendMember", ADMIN, none.clone(), json!({ "user_id": "editor" })),
        change("RestoreMember", ADMIN, json!({ "user_id": "suspended" }), json!({ "user_id": "editor" })),
        change("RemoveMember", ADMIN, none.clone(), json!({ "adopt_invites": true })),
        change("LeaveTeam", ADMIN, none.clone(), json!({ "team_id": named.elsewhere })),
        change(
            "BatchAddMembers",
            By::Service,
            none.clone(),
            json!({ "members": [{ "user_id": "x", "role": "viewer" }] }),
        )
        .scope("members.import"),
        read("GetPolicy", ADMIN, none.clone()),
        list("ListPolicies", ADMIN, "policies"),
        list("ListEvents", ADMIN, "events").scope("events.watch-all"),
        change("EraseUser", By::Service, none.clone(), json!({ "emails": ["x@example.org"] }))
            .scope("privacy.erase"),
        list("ExportUser", By::Service, "records").scope("privacy.erase"),
        change("CreateInvitation", ADMIN, none.clone(), json!({ "role": "editor" })),
        change(
            "BatchCreateInvitations",
            ADMIN,
            none.clone(),
            json!({ "invitations": [{ "email": "x@example.org", "role": "viewer" }] }),
        ),
        read("GetInvitation", ADMIN, none.clone()),
        list("ListInvitations", ADMIN, "invitations"),
        change("ResendInvitation", ADMIN, none.clone(), json!({ "etag": "v1" })),
        change("CancelInvitation", ADMIN, none.clone(), json!({ "etag": "v1" })),
        list("ListReceivedInvitations", By::Invited, "invitations"),
        change("AcceptInvitation", By::Joiner, by_token(named), by_id(named)),
        change("DeclineInvitation", By::Joiner, by_token(named), by_id(named)),
        change("CreateInviteLink", ADMIN, none.clone(), json!({ "team_id": named.elsewhere })),
        read("GetInviteLink", ADMIN, none.clone()),
        list("ListInviteLinks", ADMIN, "invite_links"),
        change("RevokeInviteLink", ADMIN, none.clone(), json!({ "link_id": named.second_link.0 })),
        read("PreviewInvite", By::Joiner, json!({ "code": null })),
        change("RedeemInviteLink", By::Joiner, none.clone(), json!({ "token": named.second_link.1 })),
        change("CreateTeamCode", ADMIN, none.clone(), json!({ "lifetime": "never" })),
        list("ListTeamCodes", ADMIN, "team_codes"),
        change("RevokeTeamCode", ADMIN, none.clone(), json!({ "code_id": named.revoked_code })),
        change(
            "DeleteTeamCode",
            ADMIN,
            json!({ "code_id": named.revoked_code }),
            json!({ "code_id": named.code.0 }),
        ),
        change("RedeemTeamCode", By::Joiner, none, json!({ "code": named.code.1.to_lowercase() })),
    ]
}

fn by_token(named: &Named) -> Value {
    json!({ "token": named.fresh_invitation, "invitation_id": null })
}

fn by_id(named: &Named) -> Value {
    json!({ "token": null, "invitation_id": named.invitation })
}

fn read(method: &'static str, by: By, request: Value) -> Row {
    Row { method, by, scope: None, request, other: json!({}), pages: None }
}

fn change(method: &'static str, by: By, request: Value, other: Value) -> Row {
    Row { other, ..read(method, by, request) }
}

fn list(method: &'static str, by: By, pages: &'static str) -> Row {
    Row { pages: Some(pages), ..read(method, by, json!({})) }
}

impl Row {
    fn scope(self, scope: &'static str) -> Self {
        Self { scope: Some(scope), ..self }
    }
}

/// A method and its row.
#[derive(Clone, Debug)]
pub(crate) struct Method {
    /// What the contract says.
    pub(crate) descriptor: MethodDescriptor,
    /// What the row says.
    pub(crate) row: Row,
}

/// Every method of the contract with its row. Fails unless each has one and no row is left.
pub(crate) fn methods(named: &Named) -> Vec<Method> {
    let pool = DescriptorPool::decode(roster_proto::FILE_DESCRIPTOR_SET).expect("the descriptors are whole");
    let mut rows: BTreeMap<_, _> = rows(named).into_iter().map(|row| (row.method, row)).collect();
    let services: Vec<_> = pool.services().filter(|service| service.package_name() == "roster.v1").collect();
    let descriptors = services.iter().flat_map(prost_reflect::ServiceDescriptor::methods);
    let methods: Vec<_> = descriptors
        .map(|descriptor| {
            let row = rows.remove(descriptor.name());
            let row = row.unwrap_or_else(|| panic!("{} has no row in rows.rs", descriptor.full_name()));
            Method { descriptor, row }
        })
        .collect();
    assert!(rows.is_empty(), "rows of no method: {:?}", rows.keys());
    assert!(methods.len() > 40, "the descriptors have the methods: {}", methods.len());
    methods
}

impl Method {
    /// Its short name.
    pub(crate) fn name(&self) -> &str {
        self.descriptor.name()
    }

    /// The short name of its service.
    pub(crate) fn service(&self) -> String {
        self.descriptor.parent_service().name().to_owned()
    }

    /// Whether its request has such a field.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.descriptor.input().get_field_by_name(field).is_some()
    }

    /// Whether it only reads.
    pub(crate) fn reads(&self) -> bool {
        ["Get", "List", "Preview", "Export", "Check"].iter().any(|verb| self.name().starts_with(verb))
    }

    /// Whether its request changes nothing: it only reads, or asks only whether it would be done.
    pub(crate) fn is_harmless(&self) -> bool {
        self.has("validate_only") || self.reads()
    }

    /// The same method about something else.
    pub(crate) fn again(&self, named: &Named) -> Self {
        let row = rows(named).into_iter().find(|row| row.method == self.name()).expect("its row");
        Self { row, ..self.clone() }
    }

    /// A request that is granted; with `validate_only` where there is that.
    pub(crate) fn request(&self, named: &Named) -> DynamicMessage {
        fill(&self.descriptor.input(), named, &self.row.request)
    }

    /// A request to do it, under that id.
    pub(crate) fn real(&self, named: &Named, request_id: &str) -> DynamicMessage {
        self.with(named, &json!({ "validate_only": null, "request_id": request_id }))
    }

    /// Another request to do something, under the same id.
    pub(crate) fn other(&self, named: &Named, request_id: &str) -> DynamicMessage {
        let mut fields = json!({ "validate_only": null, "request_id": request_id });
        for (field, value) in self.row.other.as_object().expect("fields") {
            fields[field] = value.clone();
        }
        self.with(named, &fields)
    }

    /// A request that differs in these fields.
    pub(crate) fn with(&self, named: &Named, fields: &Value) -> DynamicMessage {
        let mut request = self.row.request.clone();
        for (field, value) in fields.as_object().expect("fields") {
            if self.has(field) {
                request[field] = value.clone();
            }
        }
        fill(&self.descriptor.input(), named, &request)
    }
}
