//! Requests: any bytes as the message of any method, with any metadata, up to the database.
//!
//! The database is closed, so that a request that is right in itself ends there, and the same bytes always mean the same.

mod fields;

use http::{HeaderMap, HeaderName, HeaderValue};
use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use roster_domain::policy::presets;
use roster_proto::v1::ErrorReason;
use roster_server::edge::normalise::MESSAGE_LIMIT;

use crate::service::{Answer, Service};

/// The methods that need no database.
const ANSWERED: [&str; 2] = ["GetPolicy", "ListPolicies"];

thread_local! {
    static SERVICE: Service = {
        let service = Service::start(presets());
        service.close_store();
        service
    };
}

/// Takes the first line as the name of a method, the lines after it as metadata until an empty one, and the rest as the
/// message. A name that is no method's stands for some method.
///
/// # Panics
/// Where a property of answers does not hold.
pub fn request(bytes: &[u8]) {
    let (name, rest) = line(bytes);
    let (headers, message) = metadata(rest);
    SERVICE.with(|service| {
        let method = chosen(&service.methods, name);
        let answer = service.call(method, &headers, message);
        let read = DynamicMessage::decode(method.input(), message);
        ends_where_it_must(method, message, read.is_ok(), &answer);
        fields::are_not_repeated(answer.status.message());
        if let Ok(read) = read {
            fields::are_of(&method.input(), &answer.status);
            means_the_same_written_anew(service, (method, &headers), &read, &answer);
        }
    });
}

/// Only what reads nothing is answered, and only what cannot be read is called unreadable.
fn ends_where_it_must(method: &MethodDescriptor, message: &[u8], readable: bool, answer: &Answer) {
    let name = method.name();
    match answer.reason {
        None => {
            assert!(ANSWERED.contains(&name), "{name} was answered without a database");
            DynamicMessage::decode(method.output(), &*answer.message).expect("an answer that can be read");
        }
        Some(ErrorReason::MessageTooLarge) => assert!(message.len() > MESSAGE_LIMIT),
        Some(ErrorReason::FieldInvalid) if answer.is_unreadable() => {
            assert!(!readable, "{:?}", answer.status);
        }
        Some(_) => {}
    }
}

/// The answer is one to what a message says and not to how it is encoded.
fn means_the_same_written_anew(
    service: &Service,
    (method, headers): (&MethodDescriptor, &HeaderMap),
    read: &DynamicMessage,
    answer: &Answer,
) {
    let anew = service.call(method, headers, &read.encode_to_vec());
    let patience = [&anew, answer].map(|one| one.reason == Some(ErrorReason::DeadlineExceeded));
    if patience != [false, false] {
        return;
    }
    assert_eq!(anew.reason, answer.reason, "{:?} and then {:?}", answer.status, anew.status);
    assert_eq!(anew.status.message(), answer.status.message());
}

impl Answer {
    /// Whether the decoder refused the message: then no field is named.
    fn is_unreadable(&self) -> bool {
        fields::named(&self.status).iter().any(String::is_empty)
    }
}

fn chosen<'m>(methods: &'m [MethodDescriptor], name: &[u8]) -> &'m MethodDescriptor {
    let named = methods.iter().find(|method| method.name().as_bytes() == name);
    let any = name.iter().map(|byte| usize::from(*byte)).sum::<usize>() % methods.len();
    named.unwrap_or(&methods[any])
}

/// The metadata until an empty line, and what is after it. A line that cannot be sent is left out.
fn metadata(mut bytes: &[u8]) -> (HeaderMap, &[u8]) {
    let mut headers = HeaderMap::new();
    loop {
        let (first, rest) = line(bytes);
        bytes = rest;
        if first.is_empty() {
            return (headers, bytes);
        }
        let mut halves = first.splitn(2, |byte| *byte == b':');
        let (Some(name), Some(value)) = (halves.next(), halves.next()) else { continue };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
}

fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    (&bytes[..end], bytes.get(end + 1..).unwrap_or_default())
}
