//! What holds of every list: its pages are the whole of it, and a page token is good for the very list that gave it, and
//! for nothing else.

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, Value};
use roster_testkit::{Kind, both};
use serde_json::{Value as Json, json};

use crate::contract::call::reason;
use crate::contract::rows::{Method, methods};
use crate::contract::scene::{Scene, Who, others, who};

#[tokio::test]
async fn the_pages_of_every_list_are_the_whole_of_it() {
    both(async |kind| {
        let (scene, _) = full(kind).await;
        for list in lists(&scene) {
            let (whole, rest) = page(&scene, &list, json!({ "page_size": 200 })).await;
            assert!(whole.len() > 1 && rest.is_empty(), "{} has {} elements", list.name(), whole.len());
            let (unsized_page, _) = page(&scene, &list, json!({})).await;
            assert!(unsized_page == whole, "{} without a size", list.name());
            let (mut found, mut token) = (vec![], String::new());
            while found.is_empty() || !token.is_empty() {
                let (elements, next) =
                    page(&scene, &list, json!({ "page_size": 1, "page_token": token })).await;
                assert_eq!(elements.len(), 1, "a page of {}", list.name());
                found.extend(elements);
                token = next;
            }
            assert!(found == whole, "the pages of {} are the whole", list.name());
            // What it asks for is how large a page is, and not which list it is of.
            let (first, token) = page(&scene, &list, json!({ "page_size": 1 })).await;
            let (others, _) = page(&scene, &list, json!({ "page_size": 200, "page_token": token })).await;
            assert!([first, others].concat() == whole, "{} in pages of other sizes", list.name());
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_token_is_good_for_its_own_list_alone() {
    both(async |kind| {
        let (scene, other_team) = full(kind).await;
        let lists = lists(&scene);
        let mut tokens = vec![];
        for list in &lists {
            tokens.push(page(&scene, list, json!({ "page_size": 1 })).await.1);
        }
        for (list, token) in lists.iter().zip(&tokens) {
            let own = who(list.row.by);
            let foreign = tokens.iter().filter(|other| *other != token).cloned();
            for wrong in tampered(token).into_iter().chain(foreign) {
                assert_invalid(&scene, list, own.clone(), json!({ "page_token": wrong })).await;
            }
            for other in others(list.row.by) {
                assert_invalid(&scene, list, other, json!({ "page_token": token })).await;
            }
            for (field, value) in other_lists(&other_team, list) {
                let mut request = list.with(&scene.named, &json!({ "page_token": token }));
                request.set_field_by_name(&field, value);
                assert_refused(&scene, list, own.clone(), &request).await;
            }
        }
    })
    .await;
}

/// A scene where every list has two elements at least, and another team of the same people.
async fn full(kind: Kind) -> (Scene, String) {
    let scene = Scene::start(kind).await;
    let other_team = scene.furnish().await.team;
    (scene, other_team)
}

fn lists(scene: &Scene) -> Vec<Method> {
    let lists: Vec<_> = methods(&scene.named).into_iter().filter(|method| method.has("page_token")).collect();
    assert!(lists.iter().all(|list| list.row.pages.is_some()), "the row of a list says what its pages hold");
    lists
}

/// The elements of a page, and the token of the next.
async fn page(scene: &Scene, list: &Method, fields: Json) -> (Vec<Value>, String) {
    let outcome = scene.ask(list, &list.with(&scene.named, &fields)).await;
    let answer = outcome.unwrap_or_else(|status| panic!("{} with {fields}: {status:?}", list.name()));
    let page = answer.message(list.descriptor.output());
    let field = |name: &str| page.get_field_by_name(name).expect("a field of the answer").into_owned();
    let elements = field(list.row.pages.expect("a list")).as_list().expect("a list").to_vec();
    (elements, field("next_page_token").as_str().expect("a text").to_owned())
}

async fn assert_invalid(scene: &Scene, list: &Method, who: Who<'_>, fields: Json) {
    assert_refused(scene, list, who, &list.with(&scene.named, &fields)).await;
}

async fn assert_refused(scene: &Scene, list: &Method, who: Who<'_>, request: &DynamicMessage) {
    let outcome = scene.make(list, who, request).await;
    let status = outcome.err().unwrap_or_else(|| panic!("{} is granted {request:?}", list.name()));
    assert_eq!(reason(&status), "page token invalid", "{} with {request:?}", list.name());
}

/// Other texts, and the token cut, lengthened and changed in many places.
fn tampered(token: &str) -> Vec<String> {
    let mut wrong = ["x", "AAAA", "\u{2026}"].map(str::to_owned).to_vec();
    wrong.extend(["0".repeat(64), "x".repeat(4_000), format!("{token}A")]);
    wrong.extend([token[1..].to_owned(), token[..token.len() - 1].to_owned()]);
    for at in (0..token.len() - 1).step_by(7) {
        let other = if &token[at..=at] == "A" { "B" } else { "A" };
        wrong.push(format!("{}{other}{}", &token[..at], &token[at + 1..]));
    }
    wrong
}

/// What makes another list of it: another team or person, another order, and every filter.
fn other_lists(team: &str, list: &Method) -> Vec<(String, Value)> {
    let text = |text: &str| Value::String(text.to_owned());
    let mut others = vec![
        ("user_id".to_owned(), text("owner")),
        ("emails".to_owned(), Value::List(vec![text("a@example.org")])),
        ("order_by".to_owned(), text("join_time desc")),
    ];
    if list.has("team_id") {
        others.push(("team_id".to_owned(), text(team)));
    }
    if let Some(filter) = list.descriptor.input().get_field_by_name("filter") {
        let filter = filter.kind().as_message().expect("a message").clone();
        others.extend(filter.fields().map(|field| ("filter".to_owned(), filtered(&filter, &field))));
    }
    others.retain(|(field, _)| list.has(field));
    others
}

/// A filter by that field.
fn filtered(filter: &MessageDescriptor, field: &FieldDescriptor) -> Value {
    let mut made = DynamicMessage::new(filter.clone());
    let text = |text: &str| Value::String(text.to_owned());
    let value = match field.name() {
        "types" => Value::List(vec![Value::EnumNumber(2)]),
        "start_time" | "end_time" => {
            let mut time = DynamicMessage::new(field.kind().as_message().expect("a time").clone());
            time.set_field_by_name("seconds", Value::I64(1));
            Value::Message(time)
        }
        "state" => Value::EnumNumber(2),
        "policy" => text("matrix"),
        "role" => text("viewer"),
        "email" => text("a@example.org"),
        "resource_kind" => text("project"),
        _ => text("a"),
    };
    made.set_field(field, value);
    // These two need each other.
    if field.name() == "resource_id" {
        made.set_field_by_name("resource_kind", text("project"));
    }
    if field.name() == "resource_kind" {
        made.set_field_by_name("resource_id", text("p1"));
    }
    Value::Message(made)
}
