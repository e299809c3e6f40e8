//! The steps by which a person's data are shown and erased. Those without `try_` in their name must succeed.

use roster_proto::v1::erase_user_request::TeamResolution;
use roster_proto::v1::erase_user_request::team_resolution::Action;
use roster_proto::v1::export_record::Record;
use roster_proto::v1::{EraseUserRequest, EraseUserResponse, ExportUserRequest};

use crate::actor::Actor;
use crate::server::Server;
use crate::steps::{Outcome, done};
use crate::steps_members::service;

/// A calling service that may erase people, and acts for nobody.
#[must_use]
pub fn eraser() -> Actor {
    service("privacy.erase").through("desk")
}

/// A request to erase somebody of whom nothing more is known.
#[must_use]
pub fn erasing(user: &str) -> EraseUserRequest {
    EraseUserRequest { user_id: user.into(), ..EraseUserRequest::default() }
}

/// The person's role in that team goes to that member.
#[must_use]
pub fn hand_to(team: &str, user: &str) -> TeamResolution {
    TeamResolution { team_id: team.into(), action: Some(Action::TransferTo(user.into())) }
}

/// That team is deleted.
#[must_use]
pub fn end(team: &str) -> TeamResolution {
    TeamResolution { team_id: team.into(), action: Some(Action::DeleteTeam(true)) }
}

impl Server {
    /// Erases a person on whom no team depends.
    pub async fn erase(&self, user: &str) -> EraseUserResponse {
        self.erase_with(erasing(user)).await
    }

    /// Erases a person.
    pub async fn erase_with(&self, request: EraseUserRequest) -> EraseUserResponse {
        done("EraseUser", self.try_erase(request).await)
    }

    /// Tries to erase a person.
    pub async fn try_erase(&self, request: EraseUserRequest) -> Outcome<EraseUserResponse> {
        self.team_as(eraser()).erase_user(request).await
    }

    /// Everything that is held about a person, so many records a page.
    pub async fn export(&self, user: &str, page_size: i32) -> Vec<Record> {
        let request = ExportUserRequest { user_id: user.into(), page_size, ..ExportUserRequest::default() };
        self.export_with(request).await
    }

    /// Everything that a request asks for.
    pub async fn export_with(&self, mut request: ExportUserRequest) -> Vec<Record> {
        let mut client = self.team_as(eraser());
        let mut records = Vec::new();
        loop {
            let page = done("ExportUser", client.export_user(request.clone()).await);
            assert!(page.next_page_token.is_empty() || page.records.len() == size(request.page_size));
            records.extend(page.records.into_iter().map(|one| one.record.expect("a record is something")));
            if page.next_page_token.is_empty() {
                return records;
            }
            request.page_token = page.next_page_token;
        }
    }
}

fn size(asked: i32) -> usize {
    if asked == 0 { 50 } else { usize::try_from(asked).unwrap_or_default().min(200) }
}
