//! The lists of the service, and what a page of one holds.

use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};
use serde_json::json;

use super::scene::{ADDRESS, READER, Scene};

/// Longer than any list here.
const WHOLE: i32 = 200;

/// A list: a method with all that shapes what it lists.
pub(super) struct List {
    pub(super) method: &'static str,
    /// The field of the answer that holds what is listed.
    field: &'static str,
    request: DynamicMessage,
    /// What the service binds the list's tokens to.
    context: Vec<Vec<u8>>,
    /// Everything in it, each as it is encoded.
    whole: Vec<Vec<u8>>,
    /// The tokens that pages of one gave: the first leads to the second.
    pub(super) tokens: Vec<String>,
}

/// What an answer listed.
pub(super) struct Page {
    pub(super) rows: Vec<Vec<u8>>,
    pub(super) next: String,
}

impl List {
    /// Every list of that team and of its reader, each read to its end. A new one comes last: inputs name them by letter.
    pub(super) fn all(scene: &Scene, team: &str) -> Vec<Self> {
        let of_team = json!({ "teamId": team });
        let none = &[0; 4][..];
        let backwards = "join_time desc";
        let lists: [(&str, &str, serde_json::Value, &[&[u8]]); 11] = [
            ("ListTeams", "teams", json!({}), &[b"", b""]),
            ("ListMembers", "members", of_team.clone(), &[team.as_bytes(), b"", b""]),
            (
                "ListMembers",
                "members",
                json!({ "teamId": team, "orderBy": backwards }),
                &[team.as_bytes(), b"", backwards.as_bytes()],
            ),
            ("ListEvents", "events", of_team.clone(), &[team.as_bytes(), b""]),
            ("ListInviteLinks", "invite_links", of_team.clone(), &[team.as_bytes(), none]),
            ("ListTeamCodes", "team_codes", of_team.clone(), &[team.as_bytes(), none]),
            ("ListInvitations", "invitations", of_team.clone(), &[team.as_bytes(), b""]),
            ("ListReceivedInvitations", "invitations", json!({}), &[ADDRESS.as_bytes()]),
            (
                "ExportUser",
                "records",
                json!({ "userId": READER, "emails": [ADDRESS] }),
                &[READER.as_bytes(), ADDRESS.as_bytes()],
            ),
            ("ListPolicies", "policies", json!({}), &[]),
            ("ListTeams", "teams", json!({ "filter": { "policy": "scene" } }), &[b"scene", b""]),
        ];
        let set =
            |(method, field, request, parameters)| Self::set(scene, (method, field), &request, parameters);
        lists.into_iter().map(set).collect()
    }

    fn set(
        scene: &Scene,
        (method, field): (&'static str, &'static str),
        request: &serde_json::Value,
        parameters: &[&[u8]],
    ) -> Self {
        let request = DynamicMessage::deserialize(scene.service.method(method).input(), request);
        let own: [&[u8]; 3] = [method.as_bytes(), b"app", READER.as_bytes()];
        let context = own.iter().chain(parameters).map(|part| part.to_vec()).collect();
        let request = request.expect("a request");
        let mut list = Self { method, field, request, context, whole: vec![], tokens: vec![] };
        let page = |list: &Self, size, token: &str| {
            scene.page(list, size, token).unwrap_or_else(|reason| panic!("{method}: {reason:?}"))
        };
        let Page { rows, next } = page(&list, WHOLE, "");
        assert!(rows.len() >= 3 && next.is_empty(), "{method} lists {}", rows.len());
        list.whole = rows;
        let mut token = String::new();
        for row in list.whole.clone() {
            let Page { rows, next } = page(&list, 1, &token);
            assert_eq!(rows, [row], "{method} in pages of one is another list");
            token.clone_from(&next);
            list.tokens.push(next);
        }
        assert_eq!(list.tokens.pop().as_deref(), Some(""));
        let known = |token: &String| scene.service.app.keys.open_page(&list.context(), token).is_some();
        assert!(list.tokens.iter().all(known), "{method} binds its tokens to something else");
        list
    }

    pub(super) fn context(&self) -> Vec<&[u8]> {
        self.context.iter().map(Vec::as_slice).collect()
    }

    pub(super) fn request(&self, size: i32, token: &str) -> DynamicMessage {
        let mut request = self.request.clone();
        request.set_field_by_name("page_size", Value::I32(size));
        request.set_field_by_name("page_token", Value::String(token.to_owned()));
        request
    }

    /// Whether a page is a stretch of the list: at most so many, in order, and with a token exactly if more follows. Gives
    /// where it begins; an empty one is at the end.
    pub(super) fn place_of(&self, page: &Page, size: i32) -> usize {
        let most = if size == 0 { 50 } else { usize::try_from(size).expect("a size") };
        assert!(page.rows.len() <= most, "{} lists {} of {most}", self.method, page.rows.len());
        let place = match page.rows.len() {
            0 => Some(self.whole.len()),
            count => self.whole.windows(count).position(|stretch| stretch == page.rows),
        };
        let place = place.unwrap_or_else(|| panic!("{} shows what is not in the list", self.method));
        assert_eq!(page.next.is_empty(), place + page.rows.len() == self.whole.len(), "{}", self.method);
        place
    }
}

impl Page {
    pub(super) fn of(list: &List, method: &MethodDescriptor, message: &[u8]) -> Self {
        let answer = DynamicMessage::decode(method.output(), message).expect("an answer");
        let rows = answer.get_field_by_name(list.field).expect("the field of the rows");
        let rows = rows.as_list().expect("rows").iter();
        let next = answer.get_field_by_name("next_page_token").expect("a token");
        Self {
            rows: rows.map(|row| row.as_message().expect("a row").encode_to_vec()).collect(),
            next: next.as_str().expect("a text").to_owned(),
        }
    }
}
