//! Whom every method refuses, and that a refusal tells nothing: what is another's is like what nobody ever made.

use roster_testkit::{Actor, both, known, refused};
use serde_json::{Value, json};

use crate::contract::call::{reason, told};
use crate::contract::people::{INSIDE, MIGHTY_OUTSIDE, OUTSIDE, POWERLESS, Person, without};
use crate::contract::request::Named;
use crate::contract::rows::{By, Method, methods};
use crate::contract::scene::{Scene, Who, who};

/// The part of an id that all kinds have, of what nobody ever made.
const NEVER: &str = "01h455vb4pex5vsknk084sn02q";

/// Fails unless the method refuses to do that, and to say whether it would, for that reason and in the same words as
/// the first of these attempts.
async fn assert_alike(
    scene: &Scene,
    method: &Method,
    expected: &str,
    attempts: impl IntoIterator<Item = (Who<'_>, Value)>,
) {
    let mut first = None;
    for (who, fields) in attempts {
        let mut real = fields.clone();
        real["validate_only"] = Value::Null;
        for fields in [fields, real] {
            let what = format!("{} with {fields}", method.name());
            let outcome = scene.make(method, who.clone(), &method.with(&scene.named, &fields)).await;
            let status = outcome.err().unwrap_or_else(|| panic!("{what} is granted"));
            assert_eq!(reason(&status), expected, "{what}");
            assert_eq!(*first.get_or_insert_with(|| told(&status)), told(&status), "{what}");
        }
    }
}

/// A team of others, of another product, or a deleted one, is like one that never was; so it is for those who were
/// removed and those who never belonged to it.
#[tokio::test]
async fn a_team_that_is_not_for_the_caller_is_like_none() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        let deleted = scene.furnish().await.team;
        scene.delete(&deleted).await.expect("it is deleted");
        let before = scene.seen(&scene.named).await;
        for method in methods(&scene.named).iter().filter(|method| method.has("team_id")) {
            let team = |id: &str| json!({ "team_id": id });
            let never = team(&format!("team_{NEVER}"));
            let (person, inside) = who(method.row.by);
            let (service, outside) = match method.row.by {
                By::Service => (Actor::nobody(), MIGHTY_OUTSIDE),
                _ => (person.clone(), OUTSIDE),
            };
            let mut attempts = vec![
                ((person.clone(), inside), never.clone()),
                ((person.clone(), inside), team(&deleted)),
                ((service.clone(), outside), never),
                ((service.clone(), outside), team(&deleted)),
                ((service, outside), json!({})),
            ];
            if let By::Member(_) = method.row.by {
                attempts.push(((person, inside), team(&scene.named.elsewhere)));
                attempts.extend(["removed", "nobody"].map(|user| ((known(user), INSIDE), json!({}))));
            }
            assert_alike(&scene, method, "team not accessible", attempts).await;
        }
        assert_eq!(scene.seen(&scene.named).await, before, "nothing is changed");
    })
    .await;
}

/// An owner in their own team learns nothing by its id of what belongs to another one.
#[tokio::test]
async fn what_belongs_to_another_team_is_like_what_nobody_made() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        let theirs = scene.furnish().await;
        let before = [scene.seen(&scene.named).await, scene.seen(&theirs).await];
        let children = [
            ("user_id", "nobody".to_owned(), &theirs.target, "member not found"),
            ("link_id", format!("link_{NEVER}"), &theirs.link.0, "invite link not found"),
            ("code_id", format!("code_{NEVER}"), &theirs.code.0, "team code not found"),
            ("invitation_id", format!("inv_{NEVER}"), &theirs.invitation, "invitation not found"),
        ];
        let mut tried = 0;
        for method in methods(&scene.named).iter().filter(|method| method.has("team_id")) {
            for (field, never, other, reason) in children.iter().filter(|(field, ..)| method.has(field)) {
                let attempts = [never, *other].map(|id| (who(method.row.by), json!({ *field: id })));
                assert_alike(&scene, method, reason, attempts).await;
                tried += 1;
            }
        }
        assert!(tried >= 13, "{tried} methods name something of a team");
        assert_eq!([scene.seen(&scene.named).await, scene.seen(&theirs).await], before, "nothing is changed");
    })
    .await;
}

/// A name that the policy lacks is refused as unknown, by every method that names one.
#[tokio::test]
async fn what_the_policy_lacks_is_unknown() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        let before = scene.seen(&scene.named).await;
        let names = [
            ("name", "guild", "policy not found"),
            ("role", "boss", "role unknown"),
            ("kind", "piece", "kind unknown"),
            ("tier", "huge", "tier unknown"),
        ];
        for (field, unknown, reason) in names {
            // A team has no tier until it is made.
            let naming = methods(&scene.named).into_iter().filter(|method| method.has(field));
            let naming: Vec<_> = naming.filter(|method| method.name() != "CreateTeam").collect();
            assert!(!naming.is_empty(), "no method names a {field}");
            for method in naming {
                let attempt = (who(method.row.by), json!({ field: unknown }));
                assert_alike(&scene, &method, reason, [attempt]).await;
            }
        }
        assert_eq!(scene.seen(&scene.named).await, before, "nothing is changed");
    })
    .await;
}

/// A token, code or invitation of a deleted team or of another product leads where one leads that nobody made.
#[tokio::test]
async fn an_invite_that_is_not_for_the_caller_is_like_none() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        let gone = scene.furnish().await;
        scene.delete(&gone.team).await.expect("it is deleted");
        let before = scene.seen(&scene.named).await;
        for (method, field) in invite_methods(&scene.named) {
            let value = |named: &Named| match (field, method.name()) {
                ("code", _) => named.code.1.clone(),
                ("invitation_id", _) => named.invitation.clone(),
                (_, "AcceptInvitation" | "DeclineInvitation") => named.fresh_invitation.clone(),
                _ => named.link.1.clone(),
            };
            let never = match field {
                "code" => "MX-7Q4MXR".to_owned(),
                "invitation_id" => format!("inv_{NEVER}"),
                _ => "rst_link_nothing".to_owned(),
            };
            let naming = |value: String| {
                let mut fields = json!({ "token": null, "code": null, "invitation_id": null });
                fields[field] = json!(value);
                fields
            };
            // Codes that lead nowhere are guesses, of which nobody has many.
            let person = match field {
                "invitation_id" => who(By::Invited).0,
                _ => scene.somebody(Some(Person::Outsider)).await,
            };
            let attempts = [
                ((person.clone(), INSIDE), naming(never)),
                ((person.clone(), INSIDE), naming(value(&gone))),
                ((person, OUTSIDE), naming(value(&scene.named))),
            ];
            assert_alike(&scene, &method, "invite not found", attempts).await;
        }
        assert_eq!(scene.seen(&scene.named).await, before, "nothing is changed");
    })
    .await;
}

/// The methods of those who come by an invite, with each field that can name it.
fn invite_methods(named: &Named) -> Vec<(Method, &'static str)> {
    let mut found = vec![];
    for method in methods(named).into_iter().filter(|method| !method.has("team_id")) {
        let fields = ["token", "code", "invitation_id"].into_iter().filter(|field| method.has(field));
        found.extend(fields.map(|field| (method.clone(), field)));
    }
    assert!(found.len() >= 8, "there are ways into a team: {found:?}");
    found
}

/// A suspended member can do nothing in the team, and who is suspended or removed does not join by what was made before.
#[tokio::test]
async fn a_member_who_was_suspended_or_removed_can_do_nothing() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        // The invites were made before this.
        scene.remove(&scene.named.team, "editor").await.expect("they are removed");
        let before = scene.seen(&scene.named).await;
        for method in methods(&scene.named) {
            match method.row.by {
                By::Member(_) if method.has("team_id") => {
                    let attempt = ((known("suspended"), INSIDE), json!({}));
                    assert_alike(&scene, &method, "actor suspended", [attempt]).await;
                }
                // To decline takes no membership.
                By::Joiner if method.name() != "DeclineInvitation" => {
                    for user in ["suspended", "removed"] {
                        let person = if user == "removed" { known("editor") } else { known(user) };
                        assert_alike(&scene, &method, user, [((person, INSIDE), json!({}))]).await;
                    }
                }
                _ => {}
            }
        }
        assert_eq!(scene.seen(&scene.named).await, before, "nothing is changed");
    })
    .await;
}

/// A service that lacks the scope is refused before anything is looked at, whatever team is named; one that may not act
/// for persons is, whatever method is called.
#[tokio::test]
async fn a_service_without_the_scope_is_refused_before_anything_is_looked_at() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        let before = scene.seen(&scene.named).await;
        for method in methods(&scene.named) {
            let requests =
                || [json!({}), json!({ "team_id": format!("team_{NEVER}") }), json!({ "team_id": "x" })];
            let from = |who: Who<'static>| requests().map(|fields| (who.clone(), fields));
            let without_act_as: &'static str = without("act-as").leak();
            for service in [POWERLESS, without_act_as] {
                let attempts = from((known("owner"), service));
                assert_alike(&scene, &method, "caller not allowed", attempts).await;
            }
            let Some(scope) = method.row.scope else { continue };
            let uri: &'static str = without(scope).leak();
            if method.row.by == By::Service {
                let attempts = [from((Actor::nobody(), uri)), from((known("owner"), uri))].concat();
                assert_alike(&scene, &method, "caller not allowed", attempts).await;
                let outcome =
                    scene.make(&method, (Actor::nobody(), uri), &method.request(&scene.named)).await;
                let lacking = refused(outcome).metadata.get("scope").cloned();
                assert_eq!(lacking.as_deref(), Some(scope), "{}", method.name());
            } else {
                // A person could be named, and would be judged as one.
                assert_alike(&scene, &method, "actor missing", from((Actor::nobody(), uri))).await;
            }
        }
        assert_eq!(scene.seen(&scene.named).await, before, "nothing is changed");
    })
    .await;
}
