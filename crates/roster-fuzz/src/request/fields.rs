//! What an answer says of the fields of a request.

use prost_reflect::MessageDescriptor;
use tonic::Status;
use tonic_types::StatusExt as _;

/// The address that texts of the service give as an example.
const EXAMPLE: &str = "ada@example.org";

/// The fields that an answer finds wrong.
pub(super) fn named(status: &Status) -> Vec<String> {
    let wrong = status.get_details_bad_request().map(|details| details.field_violations).unwrap_or_default();
    wrong.into_iter().map(|violation| violation.field).collect()
}

/// Every field that is found wrong is one of the message, and is told what it must be.
pub(super) fn are_of(message: &MessageDescriptor, status: &Status) {
    let Some(details) = status.get_details_bad_request() else { return };
    assert!(!details.field_violations.is_empty());
    for violation in details.field_violations {
        assert!(is_of(message, &violation.field), "{} has no field {:?}", message.name(), violation.field);
        assert!(violation.description.starts_with("must "), "{violation:?}");
        assert!(status.message().contains(&violation.description), "{status:?}");
    }
}

/// Whether a path such as `grants[0].role` leads to a field.
fn is_of(message: &MessageDescriptor, path: &str) -> bool {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let (name, place) = first.split_once('[').map_or((first, None), |(name, place)| (name, Some(place)));
    let number = place.map(|place| place.strip_suffix(']').is_some_and(|place| place.parse::<u32>().is_ok()));
    // A choice that was not made has its own name.
    if rest.is_none() && place.is_none() && message.oneofs().any(|oneof| oneof.name() == name) {
        return true;
    }
    let Some(field) = message.get_field_by_name(name) else { return false };
    let inner = field.kind();
    let within = match rest {
        None => true,
        Some(rest) => inner.as_message().is_some_and(|inner| is_of(inner, rest)),
    };
    within && number.is_none_or(|number| number && field.is_list())
}

/// An error's text holds no address and no secret, whoever sent one.
pub(super) fn are_not_repeated(said: &str) {
    let own = said.replace(EXAMPLE, "");
    assert!(!own.contains('@') && !own.contains("rst_"), "{said:?}");
}
