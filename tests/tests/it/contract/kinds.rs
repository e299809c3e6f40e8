//! What is bad for a field, by its name or its type. A text field that is not named here fails the suite: say what is
//! bad for a new one.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

/// The lists that hold no two elements for one thing, and which field of the second is wrong then.
pub(crate) const ONES_OF_A_KIND: &[(&str, &str)] =
    &[("emails", ""), ("grants", ""), ("resolutions", ".team_id")];

/// The fields of which a request has one or the other.
pub(crate) const ONE_OF_TWO: &[&str] =
    &["roster.v1.PreviewInviteRequest.token", "roster.v1.PreviewInviteRequest.code"];

/// The part of an id that all kinds have.
const BODY: &str = "01h455vb4pex5vsknk084sn02q";

/// What ends a line, or hides or turns what follows.
const BREAKING: &[&str] = &[
    "a\nz",
    "a\rz",
    "a\r\nBcc: eve@example.org",
    "a\0z",
    "a\u{7f}z",
    "a\u{85}z",
    "a\u{2028}z",
    "a\u{202e}z",
    "a\u{2066}z",
];

const NO_REQUEST_IDS: &[&str] = &[
    "x",
    "01890a5d-ac96-774b-bcce-b302099a805",
    "{01890a5d-ac96-774b-bcce-b302099a8057}x",
    "01890A5D-AC96-774B-BCCE-B302099A8057",
    "01890a5dac96774bbcceb302099a8057",
    "00000000-0000-0000-0000-000000000000",
];

const NO_ADDRESSES: &[&str] = &[
    "bob",
    "@example.org",
    "bob@",
    "bob@@example.org",
    "bob smith@example.org",
    " bob@example.org",
    "bob@example.org ",
    "b..ob@example.org",
    "\"bob\"@example.org",
    "Bob <bob@example.org>",
    "bob@example.org <eve@example.org>",
    "bob@example.org, eve@example.org",
    "bob@example.org\r\nBcc: eve@example.org",
    "bob\n@example.org",
    "bob@exam\u{0}ple.org",
    "bob@example.org\rX: y",
    "\u{7f}bob@example.org",
    "bob@example.org\u{85}Bcc: eve@example.org",
    "bob\u{2066}@example.org",
    "bob\u{2028}@example.org",
    "\u{202e}bob@example.org",
    "\u{ff42}ob@example.org",
    "b\u{43e}b@example.org",
    "b\u{f6}b@example.org",
    "\u{212a}bob@example.org",
    "bob\u{ff20}example.org",
    "bob@\u{ff45}xample.org",
    "bob@example\u{ff0e}org",
    "bob@example\u{3002}org",
    "bob@ex\u{ad}ample.org",
    "bob@ex\u{200b}ample.org",
    "bob@exam\u{200d}ple.org",
    "bob@exampl\u{212f}.org",
    "bob@192.0.2.1",
    "bob@[192.0.2.1]",
    "bob@example.org.",
    "http://bob@example.org",
];

const NO_NAMES: &[&str] = &[
    "",
    "   ",
    "\u{2003}",
    "see https://example.org",
    "see HTTP://example.org",
    "www.evil.example",
    "\u{ff57}\u{ff57}\u{ff57}.evil.example",
];

const NO_LOCALES: &[&str] = &[
    "../../etc/passwd",
    "de/../en",
    "https://example.org",
    "d\u{435}",
    "{{ link }}",
    "x",
    "de\r\nX: y",
    "de-",
];

/// The values that are wrong for the field or one element of it, each with what its path is longer by. One that is only
/// wrong where the field is required, the empty one, is among them where it would not mean that nothing is said.
pub(crate) fn bad_values(field: &FieldDescriptor) -> Vec<(Value, &'static str)> {
    match field.kind() {
        Kind::String => {
            let mut texts = bad_texts(field);
            // What is chosen among others is said, and so is not left out by being empty.
            texts.extend(field.containing_oneof().map(|_| String::new()));
            texts.into_iter().map(|text| (Value::String(text), "")).collect()
        }
        Kind::Enum(_) if field.is_list() => [0, -1, 99].map(|number| (Value::EnumNumber(number), "")).into(),
        Kind::Enum(_) => [-1, 99].map(|number| (Value::EnumNumber(number), "")).into(),
        Kind::Bool if field.containing_oneof().is_some() => vec![(Value::Bool(false), "")],
        Kind::Bool => vec![],
        Kind::Int32 if field.name() == "page_size" => {
            [-1, i32::MIN].map(|size| (Value::I32(size), "")).into()
        }
        Kind::Int64 if field.name() == "max_uses" => {
            [0, -1, i64::MIN, 1_000_000_001].map(|uses| (Value::I64(uses), "")).into()
        }
        Kind::Message(message) => bad_messages(field, &message),
        other => panic!("say in kinds.rs what is bad for {}, {other:?}", field.full_name()),
    }
}

/// How many elements a list may have, where that is said.
pub(crate) fn most(field: &FieldDescriptor) -> Option<usize> {
    Some(match field.name() {
        "members" => 500,
        "invitations" => 100,
        "types" | "emails" => 50,
        "resolutions" => 1_000,
        _ => return None,
    })
}

fn bad_texts(field: &FieldDescriptor) -> Vec<String> {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let within = field.parent_message().full_name();
    let opaque = || [owned(BREAKING), owned(&[" x", "x ", "\u{2003}x"]), vec!["x".repeat(129)]].concat();
    match field.name() {
        "team_id" => no_ids("team"),
        "link_id" => no_ids("link"),
        "invitation_id" => no_ids("inv"),
        "code_id" => no_ids("code"),
        // Who was erased is somebody of whom only the past is looked at.
        "user_id" | "transfer_to" => [opaque(), vec![format!("erased_{BODY}")]].concat(),
        // The kind and the id of a filter need each other.
        "resource_id" | "resource_kind" if within.ends_with("Filter") => {
            let worse = if field.name() == "resource_id" { opaque() } else { no_policy_names() };
            [worse, owned(&[""])].concat()
        }
        "actor_user_id" | "target_user_id" | "external_id" | "resource_id" => opaque(),
        "role" | "kind" | "unrestrict_kinds" | "tier" | "policy" => no_policy_names(),
        "request_id" => owned(NO_REQUEST_IDS),
        "etag" => owned(&["x", "7", "v", "v07", "v+7", "v7 ", "v99999999999999999999"]),
        "email" | "emails" => {
            let long = format!("{}@example.org", "a".repeat(65));
            let longest = format!("a@{}.org", vec!["a".repeat(62); 4].join("."));
            [owned(NO_ADDRESSES), vec![long, longest]].concat()
        }
        "email_prefix" => [vec!["x".repeat(255)], owned(&["a\nb", "a\0"])].concat(),
        "display_name" => {
            [owned(BREAKING), owned(NO_NAMES), vec!["x".repeat(101), "\u{e9}".repeat(101)]].concat()
        }
        "locale" => [owned(BREAKING), owned(NO_LOCALES)].concat(),
        "token" => vec!["x".repeat(257)],
        "code" => vec!["x".repeat(65)],
        "lifetime" => owned(&["NEVER", "7 days", "P8D"]),
        "order_by" => owned(&["name", "join_time asc desc", "email", "join_time; drop table members"]),
        // Any other policy is unknown, and any other token refused with a reason of its own: `refusals.rs`, `pages.rs`.
        "name" | "page_token" => vec![],
        _ => panic!("say in kinds.rs what is bad for {}", field.full_name()),
    }
}

fn bad_messages(field: &FieldDescriptor, message: &MessageDescriptor) -> Vec<(Value, &'static str)> {
    let of = |parts: &[(&str, Value)]| {
        let mut made = DynamicMessage::new(message.clone());
        for (name, value) in parts {
            made.set_field_by_name(name, value.clone());
        }
        Value::Message(made)
    };
    let time =
        |seconds: i64, nanos: i32| of(&[("seconds", Value::I64(seconds)), ("nanos", Value::I32(nanos))]);
    match message.full_name() {
        "google.protobuf.Timestamp" => {
            let mut times = vec![time(i64::MAX, 0), time(i64::MIN, 0), time(0, -1), time(0, 1_000_000_000)];
            if field.name() == "join_time" {
                // In the future.
                times.push(time(32_503_680_000, 0));
            }
            times.into_iter().map(|time| (time, "")).collect()
        }
        "google.protobuf.FieldMask" => ["team_id", "etag", "Display_name", ""]
            .map(|path| (of(&[("paths", Value::List(vec![Value::String(path.into())]))]), ".paths[0]"))
            .into(),
        // What is wrong within a message of the contract is a value of its fields.
        name if name.starts_with("roster.v1.") => vec![],
        name => panic!("say in kinds.rs what is bad for {}, a {name}", field.full_name()),
    }
}

/// Texts that are no id with that prefix.
fn no_ids(prefix: &str) -> Vec<String> {
    let kinds = ["team", "link", "inv", "code", "evt"].into_iter().filter(|kind| *kind != prefix);
    let mut wrong: Vec<_> = kinds.map(|kind| format!("{kind}_{BODY}")).collect();
    wrong.extend(["garbage".to_owned(), BODY.to_owned(), format!("{prefix}_"), format!("{prefix}_{BODY}q")]);
    wrong.push(format!("{prefix}_{}", &BODY[1..]));
    wrong.push(format!("{prefix}_8{}", &BODY[1..]));
    wrong.push(format!("{prefix}_{}", BODY.to_uppercase()));
    wrong
}

/// Texts that are no name in any policy.
fn no_policy_names() -> Vec<String> {
    ["No Name", "a\nb", "9", "r\u{f6}le", "x ", &"x".repeat(41)].map(str::to_owned).into()
}
