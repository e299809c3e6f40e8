//! A request of any method, filled in by the names of its fields.

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, Value as Reflected};
use serde_json::{Map, Value, json};

/// What the requests name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    /// The team.
    pub(crate) team: String,
    /// Another team of the product, of other people.
    pub(crate) elsewhere: String,
    /// A viewer of the team, in no other team.
    pub(crate) target: String,
    /// A live link of it, and its token.
    pub(crate) link: (String, String),
    /// Another one.
    pub(crate) second_link: (String, String),
    /// A live code of it: its id, and what is typed.
    pub(crate) code: (String, String),
    /// A revoked code of it.
    pub(crate) revoked_code: String,
    /// A pending invitation to it.
    pub(crate) invitation: String,
    /// The token of a pending invitation that nobody has answered.
    pub(crate) fresh_invitation: String,
}

/// A message with those values, and the common ones for all other fields.
pub(crate) fn fill(descriptor: &MessageDescriptor, named: &Named, values: &Value) -> DynamicMessage {
    let mut fields = Map::new();
    for field in descriptor.fields() {
        let value = values.get(field.name()).cloned();
        if let Some(value) = value.or_else(|| common(&field, named)).filter(|value| !value.is_null()) {
            fields.insert(field.name().to_owned(), value);
        }
    }
    let filled = DynamicMessage::deserialize(descriptor.clone(), Value::Object(fields));
    filled.unwrap_or_else(|error| panic!("{}: {error}", descriptor.full_name()))
}

/// The value that suits every method; none where a field is left out.
fn common(field: &FieldDescriptor, named: &Named) -> Option<Value> {
    Some(match (field.parent_message().name(), field.name()) {
        ("Grant", "role") => json!("reader"),
        ("TeamResolution", "transfer_to") => json!("admin"),
        (_, "team_id") => json!(named.team),
        (_, "user_id") => json!(named.target),
        (_, "link_id") => json!(named.link.0),
        (_, "token") => json!(named.link.1),
        (_, "code_id") => json!(named.code.0),
        (_, "code") => json!(named.code.1),
        (_, "invitation_id") => json!(named.invitation),
        (_, "policy" | "name") => json!("matrix"),
        (_, "display_name") => json!("Another name"),
        (_, "role") => json!("viewer"),
        (_, "tier") => json!("large"),
        (_, "kind" | "resource_kind") => json!("project"),
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

/// Puts a value where the steps lead, making what is not there on the way; nothing takes away what is there. A step
/// into a list is one to its first element.
pub(crate) fn put(
    message: &mut DynamicMessage,
    steps: &[FieldDescriptor],
    value: Option<Reflected>,
    named: &Named,
) {
    let (field, rest) = steps.split_first().expect("a field");
    if !rest.is_empty() {
        if !message.has_field(field) {
            let inner = fill(&field.kind().as_message().expect("a message").clone(), named, &json!({}));
            let inner = Reflected::Message(inner);
            message.set_field(field, if field.is_list() { Reflected::List(vec![inner]) } else { inner });
        }
        let inner = match message.get_field_mut(field) {
            Reflected::List(elements) => elements[0].as_message_mut(),
            other => other.as_message_mut(),
        };
        return put(inner.expect("a message"), rest, value, named);
    }
    match value {
        // Whatever was chosen, if it is one of a choice.
        None => match field.containing_oneof() {
            Some(choice) => choice.fields().for_each(|other| message.clear_field(&other)),
            None => message.clear_field(field),
        },
        Some(value @ Reflected::List(_)) => message.set_field(field, value),
        Some(value) if field.is_list() => message.set_field(field, Reflected::List(vec![value])),
        Some(value) => message.set_field(field, value),
    }
}
