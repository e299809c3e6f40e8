//! A request of any method, filled in by the names of its fields.

use prost::Message;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use serde_json::{Map, Value, json};

/// What the requests name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    /// The team.
    pub(crate) team: String,
    /// A live link of it, and its token.
    pub(crate) link: (String, String),
    /// A live code of it: its id, and what is typed.
    pub(crate) code: (String, String),
    /// A revoked code of it.
    pub(crate) revoked_code: String,
    /// A pending invitation to it.
    pub(crate) invitation: String,
    /// The token of a pending invitation that nobody has answered.
    pub(crate) fresh_invitation: String,
}

/// Whether calling the method changes nothing: it only reads, or can be asked only whether it would be done.
pub(crate) fn is_harmless(method: &MethodDescriptor) -> bool {
    let reads = ["Get", "List", "Preview", "Export", "Check"];
    method.input().get_field_by_name("validate_only").is_some()
        || reads.iter().any(|verb| method.name().starts_with(verb))
}

/// The request, as it is sent.
pub(crate) fn request(method: &MethodDescriptor, named: &Named) -> Vec<u8> {
    let mut fields = Map::new();
    for field in method.input().fields() {
        if let Some(value) = value(method.name(), field.name(), named) {
            fields.insert(field.name().to_owned(), value);
        }
    }
    let filled = DynamicMessage::deserialize(method.input(), Value::Object(fields));
    filled.unwrap_or_else(|error| panic!("{}: {error}", method.full_name())).encode_to_vec()
}

/// A value for a field: one that suits the method, or else the one that suits every method.
fn value(method: &str, field: &str, named: &Named) -> Option<Value> {
    Some(match (method, field) {
        ("EnsurePersonalTeam", "policy") => json!("studio"),
        // That takes a scope besides.
        ("CreateTeam", "tier") => return None,
        ("RestoreMember", "user_id") => json!("suspended"),
        ("TransferOwnership", "user_id") => json!("admin"),
        ("EraseUser" | "ExportUser", "user_id") => json!("somebody"),
        ("DeleteTeamCode", "code_id") => json!(named.revoked_code),
        ("AcceptInvitation" | "DeclineInvitation", "token") => json!(named.fresh_invitation),
        // One of the two.
        ("AcceptInvitation" | "DeclineInvitation", "invitation_id") | ("PreviewInvite", "code") => {
            return None;
        }
        (_, "team_id") => json!(named.team),
        (_, "user_id") => json!("target"),
        (_, "link_id") => json!(named.link.0),
        (_, "token") => json!(named.link.1),
        (_, "code_id") => json!(named.code.0),
        (_, "code") => json!(named.code.1),
        (_, "invitation_id") => json!(named.invitation),
        (_, "policy" | "name") => json!("matrix"),
        (_, "display_name") => json!("Another name"),
        (_, "role") => json!("viewer"),
        (_, "tier") => json!("large"),
        (_, "kind") => json!("project"),
        (_, "resource_id") => json!("p1"),
        (_, "email") => json!("somebody@example.org"),
        (_, "lifetime") => json!("P7D"),
        (_, "update_mask") => json!("displayName"),
        (_, "access") => json!({ "grants": [] }),
        (_, "delivery") => json!({ "returnToken": {} }),
        (_, "members") => json!([{ "userId": "somebody", "role": "viewer" }]),
        (_, "invitations") => json!([{ "email": "somebody@example.org", "role": "viewer" }]),
        (_, "validate_only") => json!(true),
        _ => return None,
    })
}
