//! What holds of every mutation that is asked and sent again: asked with `validate_only` it changes nothing, sent again
//! with its request id it is done once and answered alike, also for somebody who lost their access since.

use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};
use roster_testkit::{both, known, request_id};
use serde_json::json;

use crate::contract::call::{Answer, Outcome, reason, told};
use crate::contract::people::INSIDE;
use crate::contract::request::Named;
use crate::contract::rows::{By, Method, methods};
use crate::contract::scene::{Scene, others};

/// The fields of answers that hold secrets.
const SECRETS: [&str; 2] = ["token", "code"];

/// A question changes nothing, shows no secret and leaves the id new; the call is done once, in one commit; sent again
/// it is answered by the same bytes, and with another body refused. The same id of another method, another person or
/// another service is another request: one id serves for all methods here.
#[tokio::test]
async fn every_mutation_is_asked_without_effect_done_once_and_answered_again() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        let id = request_id();
        for (method, named) in mutations(&scene).await {
            let before = (scene.seen(&named).await, scene.revision(&named.team).await);
            let mut asked = None;
            if method.has("validate_only") {
                for _ in 0..2 {
                    let question = method.with(&named, &json!({ "request_id": id }));
                    asked = Some(new_answer(&method, scene.ask(&method, &question).await));
                }
                assert_eq!(
                    scene.seen(&named).await,
                    before.0,
                    "{} only asked changes nothing",
                    method.name()
                );
            }

            let first = new_answer(&method, scene.ask(&method, &method.real(&named, &id)).await);
            let after = (scene.seen(&named).await, scene.revision(&named.team).await);
            assert_ne!(after.0, before.0, "{} is done", method.name());
            assert!(after.1 - before.1 <= 1, "{} is one commit", method.name());
            if let Some(asked) = asked {
                let answers = [&asked, &first].map(|answer| message(&method, answer));
                assert!(!has_secret(&answers[0]), "{} only asked shows no secret", method.name());
                assert_agrees(method.name(), &answers[0], &answers[1]);
            }

            let again = scene.ask(&method, &method.real(&named, &id)).await;
            let again = replay(&method, again);
            assert!(again.bytes == first.bytes, "{} is answered again by the same bytes", method.name());
            let other = scene.ask(&method, &method.other(&named, &id)).await;
            let refusal = other.expect_err("another body under the same id is refused");
            assert_eq!(reason(&refusal), "request id reused", "{}", method.name());
            let still = (scene.seen(&named).await, scene.revision(&named.team).await);
            assert_eq!(still, after, "{} is done once", method.name());

            for other in others(method.row.by) {
                let outcome = scene.make(&method, other, &method.real(&named, &id)).await;
                match outcome {
                    Ok(answer) => assert!(!answer.replay, "{} by another is another", method.name()),
                    Err(status) => assert_ne!(reason(&status), "request id reused", "{}", method.name()),
                }
            }
        }
    })
    .await;
}

/// A replay is answered before the membership is looked at; only secrets are left out of it.
#[tokio::test]
async fn an_answer_is_given_again_to_those_who_lost_their_access_since() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        let id = request_id();
        for (method, named) in mutations(&scene).await {
            let request = method.real(&named, &id);
            let first = new_answer(&method, scene.ask(&method, &request).await);
            let mut expected = message(&method, &first);
            clear_secrets(&mut expected);
            let user = match method.row.by {
                By::Member(role) => role,
                _ => "joiner",
            };
            // Where somebody cannot lose their access so, they lost it in another way, or have none to lose.
            for loss in ["suspended", "removed", "deleted"] {
                let lost = match loss {
                    "suspended" => scene.suspend(&named.team, user).await,
                    "removed" => scene.remove(&named.team, user).await,
                    _ => scene.delete(&named.team).await,
                };
                let lost = lost.is_ok();
                let again = message(&method, &replay(&method, scene.ask(&method, &request).await));
                if lost && matches!(method.row.by, By::Member(_)) && method.has("team_id") {
                    assert!(again == expected, "{} is answered again, without secrets", method.name());
                    let anew = scene.ask(&method, &method.real(&named, &request_id())).await;
                    let refused = reason(&anew.expect_err("but nothing new is done"));
                    assert!(
                        ["actor suspended", "team not accessible"].contains(&refused.as_str()),
                        "{refused}"
                    );
                } else {
                    let mut again = again;
                    clear_secrets(&mut again);
                    assert!(again == expected, "{} is answered again", method.name());
                }
            }
        }
    })
    .await;
}

/// A refusal is not kept for the request id: the same call is decided anew. What only asks is refused in the very words
/// of the call.
#[tokio::test]
async fn a_refusal_is_not_kept_and_a_question_is_refused_in_the_same_words() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        let id = request_id();
        for (method, named) in mutations(&scene).await {
            if method.row.by != By::Member("admin") || !method.has("team_id") {
                continue;
            }
            let who = || (known("suspended"), INSIDE);
            let question = method.with(&named, &json!({ "request_id": id }));
            let asked = scene.make(&method, who(), &question).await.expect_err("refused");
            let refused = scene.make(&method, who(), &method.real(&named, &id)).await.expect_err("refused");
            assert_eq!(told(&asked), told(&refused), "{}", method.name());
            assert_eq!(reason(&refused), "actor suspended", "{}", method.name());
            scene.restore(&named.team, "suspended").await;
            new_answer(&method, scene.make(&method, who(), &method.real(&named, &id)).await);
        }
    })
    .await;
}

/// Every method that takes a request id, each about a team of its own.
async fn mutations(scene: &Scene) -> Vec<(Method, Named)> {
    let mut mutations = vec![];
    for method in methods(&scene.named) {
        assert_ne!(method.reads(), method.has("request_id"), "{} takes a request id", method.name());
        if method.has("request_id") {
            let named = scene.furnish().await;
            mutations.push((method.again(&named), named));
        }
    }
    mutations
}

fn message(method: &Method, answer: &Answer) -> DynamicMessage {
    answer.message(method.descriptor.output())
}

/// The answer of a call that was granted for the first time.
#[track_caller]
fn new_answer(method: &Method, outcome: Outcome) -> Answer {
    let answer = outcome.unwrap_or_else(|status| panic!("{} is granted: {status:?}", method.name()));
    let refused = answer.row_refusal(method.descriptor.output());
    assert!(refused.is_none(), "{} is granted: {refused:?}", method.name());
    assert!(!answer.replay, "{} is no replay", method.name());
    answer
}

#[track_caller]
fn replay(method: &Method, outcome: Outcome) -> Answer {
    let answer = outcome.unwrap_or_else(|status| panic!("{} is answered again: {status:?}", method.name()));
    assert!(answer.replay, "{} is marked as a replay", method.name());
    answer
}

fn is_ours(message: &DynamicMessage) -> bool {
    message.descriptor().package_name() == "roster.v1"
}

fn has_secret(message: &DynamicMessage) -> bool {
    let mut open = message.clone();
    clear_secrets(&mut open);
    open != *message
}

fn clear_secrets(message: &mut DynamicMessage) {
    if !is_ours(message) {
        return;
    }
    for secret in SECRETS {
        message.clear_field_by_name(secret);
    }
    for (_, value) in message.fields_mut() {
        match value {
            Value::Message(inner) => clear_secrets(inner),
            Value::List(all) => all.iter_mut().filter_map(Value::as_message_mut).for_each(clear_secrets),
            _ => {}
        }
    }
}

/// Fails unless whatever the question was told is what the call then answered, but for moments in time.
fn assert_agrees(what: &str, asked: &DynamicMessage, done: &DynamicMessage) {
    for (field, value) in asked.fields() {
        let found = done.get_field(&field);
        let pairs: Vec<_> = match (value, &*found) {
            (Value::List(asked), Value::List(done)) => asked.iter().zip(done).collect(),
            (asked, done) => vec![(asked, done)],
        };
        for pair in pairs {
            match pair {
                (Value::Message(asked), Value::Message(done)) if is_ours(asked) => {
                    assert_agrees(what, asked, done);
                }
                (Value::Message(_), _) => {}
                (asked, done) => assert_eq!(asked, done, "{} of {what}", field.name()),
            }
        }
    }
}
