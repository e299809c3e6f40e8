//! What a service is filled with before it is measured: people with tokens, teams, links and invitations, all made by
//! calls, so that no row depends on the schema of a build.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use roster_proto::v1::batch_add_members_request::Row as MemberRow;
use roster_proto::v1::batch_create_invitations_request::Row as InvitationRow;
use roster_proto::v1::batch_create_invitations_response::result::Outcome;
use roster_proto::v1::delivery_choice::Choice;
use roster_proto::v1::invitation_service_client::InvitationServiceClient;
use roster_proto::v1::team_service_client::TeamServiceClient;
use roster_proto::v1::{
    BatchAddMembersRequest, BatchCreateInvitationsRequest, CreateInviteLinkRequest, CreateTeamRequest,
    DeliveryChoice, GetPolicyRequest, ReturnToken,
};
use tokio::sync::OnceCell;
use tonic::Request;
use tonic::transport::Channel;
use uuid::Uuid;

use crate::identity::{Authorization, Issuer};
use crate::service::{CHANNELS, POLICY, Service};

/// People who join teams, and people who found them. All of their tokens fit into the service's memory of tokens.
pub(crate) const PEOPLE: usize = 4_000;
pub(crate) const FOUNDERS: usize = 500;

/// The teams that reads look at, and the members of each beside its founder: ten thousand memberships.
const READ_TEAMS: usize = 500;
const READ_MEMBERS: usize = 20;

/// How many calls at once fill a service.
const AT_ONCE: usize = 16;

/// Everybody's tokens, the same for every service.
pub(crate) struct People {
    tokens: Vec<Authorization>,
    pub(crate) service: Authorization,
}

/// A team, its founder and its other members, as numbers of people.
#[derive(Clone, Debug)]
pub(crate) struct Team {
    pub(crate) id: String,
    pub(crate) founder: usize,
    pub(crate) members: Vec<usize>,
}

/// A service and what was put into it.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) people: Arc<People>,
    teams: Vec<TeamServiceClient<Channel>>,
    invites: Vec<InvitationServiceClient<Channel>>,
    founded: AtomicUsize,
    read_teams: OnceCell<Arc<Vec<Team>>>,
    read_links: OnceCell<Arc<Vec<String>>>,
}

impl People {
    /// Signs a token for everybody.
    pub(crate) fn new(issuer: &Issuer) -> Result<Self> {
        let tokens = (0..PEOPLE + FOUNDERS).map(|person| issuer.person(&user_id(person)));
        Ok(Self { tokens: tokens.collect::<Result<_>>()?, service: issuer.service()? })
    }

    /// A request in the name of that person.
    pub(crate) fn request<T>(&self, person: usize, message: T) -> Request<T> {
        request(&self.tokens[person], message)
    }
}

/// A request with that token.
pub(crate) fn request<T>(authorization: &Authorization, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", authorization.clone());
    request
}

/// The id of a person.
pub(crate) fn user_id(person: usize) -> String {
    format!("user-{person:06}")
}

/// The verified address of a person.
pub(crate) fn address(person: usize) -> String {
    format!("{}@example.org", user_id(person))
}

/// A request id that nobody used.
pub(crate) fn request_id() -> String {
    Uuid::now_v7().to_string()
}

/// The secret of an invitation comes back with the answer.
pub(crate) fn return_token() -> DeliveryChoice {
    DeliveryChoice { choice: Some(Choice::ReturnToken(ReturnToken {})) }
}

impl World {
    /// Connects, and shows every token once, so that the service has verified it before anything is measured.
    pub(crate) async fn new(service: Service, people: Arc<People>) -> Result<Self> {
        let channels = service.channels()?;
        let world = Self {
            service,
            people,
            teams: channels.iter().cloned().map(TeamServiceClient::new).collect(),
            invites: channels.into_iter().map(InvitationServiceClient::new).collect(),
            founded: AtomicUsize::new(0),
            read_teams: OnceCell::new(),
            read_links: OnceCell::new(),
        };
        world
            .each(0..PEOPLE + FOUNDERS, async |person| {
                let message = GetPolicyRequest { name: POLICY.into() };
                let request = world.people.request(person, message);
                world.teams(person).get_policy(request).await.context("GetPolicy")?;
                Ok(())
            })
            .await?;
        Ok(world)
    }

    /// The client of that caller.
    pub(crate) fn teams(&self, caller: usize) -> TeamServiceClient<Channel> {
        self.teams[caller % CHANNELS].clone()
    }

    /// The client of that caller.
    pub(crate) fn invites(&self, caller: usize) -> InvitationServiceClient<Channel> {
        self.invites[caller % CHANNELS].clone()
    }

    /// Makes new teams, each with so many members beside its founder.
    pub(crate) async fn new_teams(&self, count: usize, members: usize) -> Result<Vec<Team>> {
        let first = self.founded.fetch_add(count, Ordering::Relaxed);
        self.each(first..first + count, async |number| {
            let founder = PEOPLE + number % FOUNDERS;
            let message = CreateTeamRequest {
                policy: POLICY.into(),
                display_name: format!("Team {number}"),
                request_id: request_id(),
                ..CreateTeamRequest::default()
            };
            let request = self.people.request(founder, message);
            let response = self.teams(number).create_team(request).await.context("CreateTeam")?.into_inner();
            let id = response.team.context("CreateTeam returns the team")?.team_id;
            let members: Vec<usize> =
                (0..members).map(|member| (number * members + member) % PEOPLE).collect();
            for batch in members.chunks(500) {
                self.add_members(&id, batch.iter().map(|person| user_id(*person)).collect()).await?;
            }
            Ok(Team { id, founder, members })
        })
        .await
    }

    /// Adds members in the name of the calling service, in one call.
    pub(crate) async fn add_members(&self, team: &str, user_ids: Vec<String>) -> Result<()> {
        let rows = user_ids.into_iter().map(|user_id| MemberRow {
            user_id,
            role: "viewer".into(),
            ..MemberRow::default()
        });
        let message = BatchAddMembersRequest {
            team_id: team.into(),
            members: rows.collect(),
            request_id: request_id(),
            ..BatchAddMembersRequest::default()
        };
        let request = request(&self.people.service, message);
        self.teams(0).batch_add_members(request).await.context("BatchAddMembers")?;
        Ok(())
    }

    /// Makes an invite link for each team and returns their tokens.
    pub(crate) async fn new_links(&self, teams: &[Team]) -> Result<Vec<String>> {
        self.each(0..teams.len(), async |number| {
            let team = &teams[number];
            let message = CreateInviteLinkRequest {
                team_id: team.id.clone(),
                request_id: request_id(),
                ..CreateInviteLinkRequest::default()
            };
            let request = self.people.request(team.founder, message);
            let response =
                self.invites(number).create_invite_link(request).await.context("CreateInviteLink")?;
            Ok(response.into_inner().token)
        })
        .await
    }

    /// Invites these addresses to a team and returns their tokens.
    pub(crate) async fn invite(&self, team: &Team, addresses: Vec<String>) -> Result<Vec<String>> {
        let mut tokens = Vec::with_capacity(addresses.len());
        for batch in addresses.chunks(100) {
            let rows = batch.iter().map(|email| InvitationRow {
                email: email.clone(),
                role: "viewer".into(),
                ..InvitationRow::default()
            });
            let message = BatchCreateInvitationsRequest {
                team_id: team.id.clone(),
                invitations: rows.collect(),
                delivery: Some(return_token()),
                request_id: request_id(),
                ..BatchCreateInvitationsRequest::default()
            };
            let request = self.people.request(team.founder, message);
            let response = self
                .invites(team.founder)
                .batch_create_invitations(request)
                .await
                .context("BatchCreateInvitations")?;
            for result in response.into_inner().results {
                if let Some(Outcome::Status(status)) = result.outcome {
                    bail!("an invitation is refused: {}", status.message);
                }
                tokens.push(result.token);
            }
        }
        Ok(tokens)
    }

    /// The teams that reads look at. Nothing changes them.
    pub(crate) async fn read_teams(&self) -> Result<Arc<Vec<Team>>> {
        let make = async || Ok(Arc::new(self.new_teams(READ_TEAMS, READ_MEMBERS).await?));
        self.read_teams.get_or_try_init(make).await.map(Arc::clone)
    }

    /// A link of each team that reads look at.
    pub(crate) async fn read_links(&self) -> Result<Arc<Vec<String>>> {
        let make = async || Ok(Arc::new(self.new_links(&self.read_teams().await?).await?));
        self.read_links.get_or_try_init(make).await.map(Arc::clone)
    }

    /// Does something for each number, several at a time; the results come in the order of the numbers.
    pub(crate) async fn each<T>(
        &self,
        numbers: std::ops::Range<usize>,
        make: impl AsyncFn(usize) -> Result<T>,
    ) -> Result<Vec<T>> {
        stream::iter(numbers).map(|number| make(number)).buffered(AT_ONCE).try_collect().await
    }
}
