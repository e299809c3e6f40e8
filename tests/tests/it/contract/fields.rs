//! What is wrong with a request: each bad field is named by its path, and all of them are named at once.

use std::collections::BTreeSet;

use prost_reflect::{FieldDescriptor, FileDescriptor, MessageDescriptor, Value};
use roster_proto::v1::ErrorReason;
use roster_testkit::{assert_refused, both};
use serde_json::json;

use crate::contract::kinds::{ONE_OF_TWO, ONES_OF_A_KIND, bad_values, most};
use crate::contract::request::{Named, fill, put};
use crate::contract::rows::{Method, methods};
use crate::contract::scene::Scene;

/// A value that makes a request wrong.
struct Bad {
    /// The way to the field.
    steps: Vec<FieldDescriptor>,
    /// What is put there; nothing takes the field away.
    value: Option<Value>,
    /// How the contract names what is wrong.
    path: String,
}

#[tokio::test]
async fn every_bad_field_of_every_method_is_named_by_its_path() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        let before = scene.seen(&scene.named).await;
        let mut wrong = 0;
        for method in methods(&scene.named) {
            for bad in bad_requests(&method.descriptor.input(), &scene.named) {
                let named = refused_fields(&scene, &method, &[&bad]).await;
                let what = format!("{} with {:?}", method.name(), bad.value);
                assert_eq!(named, [bad.path.as_str()], "{what}");
                wrong += 1;
            }
        }
        assert!(wrong > 1_000, "{wrong} requests were wrong");
        assert_eq!(scene.seen(&scene.named).await, before, "nothing is changed");
    })
    .await;
}

#[tokio::test]
async fn all_bad_fields_of_a_request_are_named_at_once() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        for method in methods(&scene.named) {
            let bad = bad_requests(&method.descriptor.input(), &scene.named);
            // What is wrong with a list as a whole leaves no place for what is wrong with its elements.
            let values = bad.iter().filter(|bad| !matches!(bad.value, None | Some(Value::List(_))));
            // A row of a batch is judged by itself, once the rest is right.
            let (of_rows, of_request): (Vec<_>, Vec<_>) = values.partition(|bad| is_of_row(&bad.path));
            for mut together in [of_request, of_rows] {
                let mut taken = BTreeSet::new();
                together.retain(|bad| taken.insert(place(bad)));
                let mut paths: Vec<_> = together.iter().map(|bad| bad.path.clone()).collect();
                paths.sort();
                if paths.len() > 1 {
                    assert_eq!(refused_fields(&scene, &method, &together).await, paths, "{}", method.name());
                }
            }
        }
    })
    .await;
}

/// Of the values for one place only one can be there: for one field, or for one choice of fields.
fn place(bad: &Bad) -> String {
    let name = |step: &FieldDescriptor| match step.containing_oneof() {
        Some(choice) => choice.name().to_owned(),
        None if ONE_OF_TWO.contains(&step.full_name()) => "one of two".to_owned(),
        None => step.name().to_owned(),
    };
    bad.steps.iter().map(|step| name(step) + ".").collect()
}

fn is_of_row(path: &str) -> bool {
    path.starts_with("members[0].") || path.starts_with("invitations[0].")
}

/// The paths that the refusal of such a request names, in alphabetical order.
async fn refused_fields(scene: &Scene, method: &Method, bad: &[&Bad]) -> Vec<String> {
    let mut message = method.request(&scene.named);
    for Bad { steps, value, .. } in bad {
        put(&mut message, steps, value.clone(), &scene.named);
    }
    let outcome = scene.ask(method, &message).await;
    let paths: Vec<_> = bad.iter().map(|bad| &bad.path).collect();
    assert!(outcome.is_err(), "{} takes bad {paths:?}", method.name());
    let mut named = assert_refused(outcome, ErrorReason::FieldInvalid).fields;
    named.sort();
    named
}

/// Everything that is wrong for some field of the message, also of those within it.
fn bad_requests(message: &MessageDescriptor, named: &Named) -> Vec<Bad> {
    let mut found = vec![];
    collect(message, &[], "", named, &mut found);
    found
}

fn collect(
    message: &MessageDescriptor,
    steps: &[FieldDescriptor],
    prefix: &str,
    named: &Named,
    found: &mut Vec<Bad>,
) {
    for field in message.fields() {
        let steps = [steps, std::slice::from_ref(&field)].concat();
        let path = format!("{prefix}{}", field.name());
        let element = if field.is_list() { format!("{path}[0]") } else { path.clone() };
        let mut bad = |value: Option<Value>, path: String| {
            found.push(Bad { steps: steps.clone(), value, path });
        };
        for (value, within) in bad_values(&field) {
            bad(Some(value), format!("{element}{within}"));
        }
        if is_required(&message.parent_file(), field.path()) {
            bad(None, path.clone());
        }
        let choice = field.containing_oneof().filter(|choice| choice.fields().next() == Some(field.clone()));
        if choice.is_some_and(|choice| is_required(&message.parent_file(), choice.path())) {
            bad(None, prefix.strip_suffix('.').unwrap_or(&path).to_owned());
        }
        if let Some(most) = most(&field) {
            bad(Some(Value::List(vec![one(&field, named); most + 1])), path.clone());
        }
        if let Some((_, within)) = ONES_OF_A_KIND.iter().find(|(name, _)| *name == field.name()) {
            bad(Some(Value::List(vec![one(&field, named); 2])), format!("{path}[1]{within}"));
        }
        if let Some(inner) = field.kind().as_message().filter(|inner| inner.package_name() == "roster.v1") {
            let inner = inner.clone();
            collect(&inner, &steps, &format!("{element}."), named, found);
        }
    }
}

/// A good value of the field, or of one of its elements.
fn one(field: &FieldDescriptor, named: &Named) -> Value {
    match field.kind().as_message() {
        Some(message) => Value::Message(fill(message, named, &json!({}))),
        None if field.kind().as_enum().is_some() => Value::EnumNumber(1),
        None => Value::String("somebody@example.org".to_owned()),
    }
}

/// Whether the contract's own comment on what stands there says that it is required.
fn is_required(file: &FileDescriptor, path: &[i32]) -> bool {
    let info = file.file_descriptor_proto().source_code_info.as_ref().expect("the descriptors have comments");
    let comment = info.location.iter().find(|location| location.path == path);
    comment.is_some_and(|location| location.leading_comments().contains(" Required"))
}
