//! The steps of teams under any policy: their names, tiers, owners and ends. Those without `try_` in their name must
//! succeed.

use std::fs;

use roster_proto::v1::batch_add_members_request::Row;
use roster_proto::v1::{
    BatchAddMembersRequest, CreateTeamRequest, CreateTeamResponse, DeleteTeamRequest, DeleteTeamResponse,
    EnsurePersonalTeamRequest, EnsurePersonalTeamResponse, ListEventsRequest, ListTeamsRequest, Seats,
    SetTeamTierRequest, SetTeamTierResponse, Team, TransferOwnershipRequest, TransferOwnershipResponse,
    UpdateTeamRequest, UpdateTeamResponse,
};
use tempfile::TempDir;

use crate::actor::Actor;
use crate::data::Options;
use crate::every::{Outcomes, Target};
use crate::server::Server;
use crate::steps::{Outcome, PERSONAL};
use crate::steps_members::{row, service};

/// A folder with one policy file.
#[derive(Debug)]
pub struct OwnPolicy(TempDir);

impl OwnPolicy {
    /// Writes the policy down.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        fs::write(folder.path().join("own.toml"), text).expect("the folder takes a file");
        Self(folder)
    }

    /// Writes another policy down beside it.
    pub fn add(&self, file: &str, text: &str) {
        fs::write(self.0.path().join(file), text).expect("the folder takes a file");
    }

    /// A run with that policy beside the presets.
    #[must_use]
    pub fn options(&self) -> Options {
        Options::default().variable("ROSTER_POLICIES_DIR", self.0.path().display().to_string())
    }
}

/// Seats as four numbers.
#[must_use]
pub fn numbers(seats: Option<Seats>) -> [i64; 4] {
    let seats = seats.expect("the policy counts seats");
    [seats.limit, seats.used, seats.available, seats.pending]
}

/// A request for an ordinary team.
#[must_use]
pub fn new_team(policy: &str) -> CreateTeamRequest {
    CreateTeamRequest { policy: policy.into(), display_name: "Team".into(), ..CreateTeamRequest::default() }
}

impl Server {
    /// Tries to make a team.
    pub async fn try_create(
        &self,
        actor: impl Into<Actor>,
        request: CreateTeamRequest,
    ) -> Outcome<CreateTeamResponse> {
        self.team_as(actor).create_team(request).await
    }

    /// Makes a team that the calling service keeps under that key.
    pub async fn create_external(&self, actor: impl Into<Actor>, external_id: &str) -> Team {
        let request = CreateTeamRequest { external_id: external_id.into(), ..new_team("organization") };
        done("CreateTeam", self.try_create(actor, request).await).team.expect("CreateTeam returns the team")
    }

    /// Makes or finds a personal team.
    pub async fn ensure_personal(&self, actor: impl Into<Actor>) -> EnsurePersonalTeamResponse {
        done("EnsurePersonalTeam", self.try_ensure_personal(actor, PERSONAL).await)
    }

    /// Tries to make or find a personal team.
    pub async fn try_ensure_personal(
        &self,
        actor: impl Into<Actor>,
        policy: &str,
    ) -> Outcome<EnsurePersonalTeamResponse> {
        let request = EnsurePersonalTeamRequest {
            policy: policy.into(),
            display_name: "Own".into(),
            ..EnsurePersonalTeamRequest::default()
        };
        self.team_as(actor).ensure_personal_team(request).await
    }

    /// Gives a team another name.
    pub async fn rename(&self, actor: impl Into<Actor>, team: &str, name: &str) -> Team {
        let response = done("UpdateTeam", self.try_rename(actor, team, name).await);
        response.team.expect("UpdateTeam returns the team")
    }

    /// Tries to give a team another name.
    pub async fn try_rename(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        name: &str,
    ) -> Outcome<UpdateTeamResponse> {
        let request = UpdateTeamRequest {
            team_id: team.into(),
            display_name: name.into(),
            ..UpdateTeamRequest::default()
        };
        self.team_as(actor).update_team(request).await
    }

    /// Ends a team.
    pub async fn delete(&self, actor: impl Into<Actor>, team: &str) -> DeleteTeamResponse {
        done("DeleteTeam", self.try_delete(actor, team).await)
    }

    /// Tries to end a team.
    pub async fn try_delete(&self, actor: impl Into<Actor>, team: &str) -> Outcome<DeleteTeamResponse> {
        let request = DeleteTeamRequest { team_id: team.into(), ..DeleteTeamRequest::default() };
        self.team_as(actor).delete_team(request).await
    }

    /// Sets a team's tier.
    pub async fn change_tier(&self, team: &str, tier: &str) -> Team {
        let response = done("SetTeamTier", self.try_set_tier(service("tiers.set"), team, tier).await);
        response.team.expect("SetTeamTier returns the team")
    }

    /// Tries to set a team's tier.
    pub async fn try_set_tier(
        &self,
        caller: impl Into<Actor>,
        team: &str,
        tier: &str,
    ) -> Outcome<SetTeamTierResponse> {
        let request =
            SetTeamTierRequest { team_id: team.into(), tier: tier.into(), ..SetTeamTierRequest::default() };
        self.team_as(caller).set_team_tier(request).await
    }

    /// Moves the role with exactly one holder.
    pub async fn transfer(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        user: &str,
    ) -> TransferOwnershipResponse {
        done("TransferOwnership", self.try_transfer(actor, team, user).await)
    }

    /// Tries to move the role with exactly one holder.
    pub async fn try_transfer(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        user: &str,
    ) -> Outcome<TransferOwnershipResponse> {
        let request = TransferOwnershipRequest {
            team_id: team.into(),
            user_id: user.into(),
            ..TransferOwnershipRequest::default()
        };
        self.team_as(actor).transfer_ownership(request).await
    }

    /// The seats of a team as its member sees them.
    pub async fn seats(&self, actor: impl Into<Actor>, team: &str) -> [i64; 4] {
        numbers(self.team(actor, team).await.seats)
    }

    /// A person's teams.
    pub async fn teams(&self, actor: impl Into<Actor>) -> Vec<Team> {
        let request = ListTeamsRequest { page_size: 200, ..ListTeamsRequest::default() };
        done("ListTeams", self.team_as(actor).list_teams(request).await).teams
    }

    /// Makes every call that a calling service makes in its own name.
    pub async fn every_service_call(
        &self,
        caller: impl Into<Actor>,
        target: &Target,
        validate_only: bool,
    ) -> Outcomes {
        let mut teams = self.team_as(caller);
        let Target { team, user, request_id, .. } = target.clone();
        let (tier, rows): (String, Vec<Row>) = ("team".into(), vec![row(&user, "viewer")]);
        let tier =
            SetTeamTierRequest { team_id: team.clone(), tier, request_id: request_id.clone(), validate_only };
        let add = BatchAddMembersRequest {
            team_id: team.clone(),
            members: rows,
            request_id: request_id.clone(),
            validate_only,
        };
        let transfer =
            TransferOwnershipRequest { team_id: team.clone(), user_id: user, request_id, validate_only };
        let list = ListEventsRequest { team_id: team, ..ListEventsRequest::default() };
        vec![
            ("SetTeamTier", teams.set_team_tier(tier).await.map(drop)),
            ("BatchAddMembers", teams.batch_add_members(add).await.map(drop)),
            ("TransferOwnership", teams.transfer_ownership(transfer).await.map(drop)),
            ("ListEvents", teams.list_events(list).await.map(drop)),
        ]
    }
}

#[track_caller]
fn done<T>(call: &str, outcome: Outcome<T>) -> T {
    match outcome {
        Ok(response) => response.into_inner(),
        Err(status) => panic!("{call} is refused: {status:?}"),
    }
}
