//! Teams with something in every list of the service.

use http::{HeaderMap, HeaderValue};
use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, SerializeOptions};
use roster_domain::policy::{parse, presets};
use roster_proto::v1::ErrorReason;
use roster_server::authn::Scope;
use serde_json::{Value, json};

use super::lists::{List, Page};
use crate::service::Service;

/// The rules of the teams.
const RULES: &str = include_str!("scene.toml");

/// Who reads the lists, and the address that the identity provider vouches for.
pub(super) const READER: &str = "ada";
pub(super) const ADDRESS: &str = "ada@example.net";

/// How many there are of each.
const EACH: usize = 3;

/// A service with its lists.
pub(super) struct Scene {
    pub(super) service: Service,
    reader: HeaderMap,
    pub(super) lists: Vec<List>,
}

impl Scene {
    pub(super) fn set() -> Self {
        let rules = parse("scene.toml", RULES).unwrap_or_else(|error| panic!("{error}"));
        let mut policies = presets();
        policies.push(rules);
        policies.sort_by(|one, other| one.name.cmp(&other.name));
        let service = Service::start(policies);
        let mut scene = Self { service, reader: headers(READER), lists: vec![] };
        let team = scene.fill();
        scene.lists = List::all(&scene, &team);
        scene
    }

    /// The list of that letter; the first is `a`, and after the last it begins anew.
    pub(super) fn chosen(&self, letter: u8) -> &List {
        &self.lists[usize::from(letter.wrapping_sub(b'a')) % self.lists.len()]
    }

    /// A page of a list as its reader gets it, or why not.
    pub(super) fn page(&self, list: &List, size: i32, token: &str) -> Result<Page, ErrorReason> {
        let method = self.service.method(list.method);
        let answer = self.service.call(method, &self.reader, &list.request(size, token).encode_to_vec());
        match answer.reason {
            None => Ok(Page::of(list, method, &answer.message)),
            Some(reason) => Err(reason),
        }
    }

    /// Makes the teams, and gives the id of the one whose lists are read.
    fn fill(&self) -> String {
        let team = self.team(READER);
        for _ in 1..EACH {
            self.team(READER);
        }
        let people: Vec<Value> =
            (0..EACH).map(|n| json!({ "userId": format!("guest-{n}"), "role": "guest" })).collect();
        self.does(READER, "BatchAddMembers", &json!({ "teamId": team, "members": people }));
        for n in 0..EACH {
            self.does(READER, "CreateInviteLink", &json!({ "teamId": team }));
            let code = json!({ "teamId": team, "role": "guest", "lifetime": "never" });
            self.does(READER, "CreateTeamCode", &code);
            self.invites(READER, &team, &format!("guest-{n}@example.com"));
            let other = self.team("bob");
            self.invites("bob", &other, ADDRESS);
        }
        team
    }

    fn team(&self, founder: &str) -> String {
        let made = self.does(founder, "CreateTeam", &json!({ "policy": "scene", "displayName": "Team" }));
        made["team"]["teamId"].as_str().expect("an id").to_owned()
    }

    fn invites(&self, actor: &str, team: &str, address: &str) {
        let delivery = json!({ "returnToken": {} });
        let invited = json!({ "teamId": team, "email": address, "role": "guest", "delivery": delivery });
        self.does(actor, "CreateInvitation", &invited);
    }

    /// What somebody's call is answered with.
    fn does(&self, actor: &str, method: &str, request: &Value) -> Value {
        let method = self.service.method(method);
        let request = DynamicMessage::deserialize(method.input(), request).expect("a request");
        let answer = self.service.call(method, &headers(actor), &request.encode_to_vec());
        assert_eq!(answer.reason, None, "{:?}", answer.status);
        let read = DynamicMessage::decode(method.output(), &*answer.message).expect("an answer");
        let options = SerializeOptions::new();
        read.serialize_with_options(serde_json::value::Serializer, &options).expect("JSON")
    }
}

/// Who calls: a person with its address, through a service that may do everything.
fn headers(actor: &str) -> HeaderMap {
    let scopes = Scope::ALL.map(Scope::as_str).join(",");
    let pairs = [
        ("x-actor-user-id", actor),
        ("x-actor-email", ADDRESS),
        ("x-actor-email-verified", if actor == READER { "true" } else { "false" }),
        ("x-caller", "app"),
        ("x-caller-scopes", &scopes),
    ];
    let value = |text: &str| HeaderValue::from_str(text).expect("a header's value");
    pairs.into_iter().map(|(name, text)| (http::HeaderName::from_static(name), value(text))).collect()
}
