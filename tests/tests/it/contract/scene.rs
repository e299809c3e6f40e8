//! A team with a member of every kind, and invites of every kind.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

use prost::Message as _;
use prost_reflect::DynamicMessage;
use roster_proto::v1::invitation_service_client::InvitationServiceClient;
use roster_proto::v1::team_service_client::TeamServiceClient;
use roster_proto::v1::{
    BatchAddMembersRequest, CreateInviteLinkRequest, CreateTeamCodeRequest, CreateTeamRequest,
    DeleteTeamRequest, ListEventsRequest, RemoveMemberRequest, RestoreMemberRequest, RevokeTeamCodeRequest,
    SetTeamTierRequest, SuspendMemberRequest,
};
use roster_testkit::{
    Actor, Authority, Data, InviteClient, Kind, Naming, OwnPolicy, Server, TeamClient, TlsFiles, address_of,
    invitation_to, known, on, row,
};
use tonic::transport::Channel;

use crate::contract::call::{Outcome, call};
use crate::contract::people::{INSIDE, MIGHTY, MIGHTY_TOO, Person, STRANGER, callers, services};
use crate::contract::policy::POLICY;
use crate::contract::request::Named;
use crate::contract::rows::{By, Method, methods};

/// A person, or nobody, and the URI of the service that calls.
pub(crate) type Who<'a> = (Actor, &'a str);

/// A service with a team.
pub(crate) struct Scene {
    /// What the requests about the team name.
    pub(crate) named: Named,
    channels: HashMap<String, Channel>,
    /// Makes persons that are new to the service.
    next: AtomicU32,
    _server: Server,
    _policies: OwnPolicy,
}

impl Scene {
    pub(crate) async fn start(kind: Kind) -> Self {
        let policy = OwnPolicy::of(POLICY);
        policy
            .add("other.toml", &POLICY.replace("\"matrix\"", "\"guild-hall\"").replace("\"MX-\"", "\"GH-\""));
        let authority = Authority::new();
        let data = Data::fresh(kind).await;
        let files = TlsFiles::new(data.directory());
        files.put(&authority.server());
        files.put_authority(&authority.pem);
        std::fs::write(files.file("roster.toml"), callers()).expect("the folder takes files");
        let options = files.options(policy.options()).variable("ROSTER_CONFIG", "roster.toml");
        let server = Server::start_on(data.into(), options).await;
        let uris = services().into_iter().map(|(uri, ..)| uri).chain([STRANGER.to_owned()]);
        let channel = |uri: &str| {
            let pair = authority.client(Naming { uris: &[uri], expired: false });
            authority.channel(server.address(), Some(&pair))
        };
        let channels = uris.map(|uri| (uri.clone(), channel(&uri))).collect();
        let (named, next) = (Named::default(), AtomicU32::new(0));
        let mut scene = Self { named, channels, next, _server: server, _policies: policy };
        scene.named = scene.furnish().await;
        scene
    }

    /// Makes the call. Where each row of a request is judged by itself, its result is that of the first.
    pub(crate) async fn make(
        &self,
        method: &Method,
        (who, uri): Who<'_>,
        message: &DynamicMessage,
    ) -> Outcome {
        let path = format!("/roster.v1.{}/{}", method.service(), method.name());
        let answer = call(self.channel(uri), who, &path, message.encode_to_vec()).await?;
        answer.row_refusal(method.descriptor.output()).map_or(Ok(answer), Err)
    }

    /// Makes the call as the one whom its row names.
    pub(crate) async fn ask(&self, method: &Method, message: &DynamicMessage) -> Outcome {
        self.make(method, who(method.row.by), message).await
    }

    /// All that can be read about the team, as every method that only reads tells it.
    pub(crate) async fn seen(&self, named: &Named) -> Vec<(String, String)> {
        let mut seen = vec![];
        for method in methods(named).iter().filter(|method| method.reads()) {
            let outcome = self.ask(method, &method.request(named)).await;
            let told = match outcome {
                Ok(answer) => format!("{:?}", answer.message(method.descriptor.output())),
                Err(status) => format!("{:?} {}", status.code(), status.message()),
            };
            seen.push((method.name().to_owned(), told));
        }
        seen
    }

    /// Who calls. Those who are no members are new each time: the call before may have made members of them.
    pub(crate) async fn somebody(&self, person: Option<Person>) -> Actor {
        match person {
            None => Actor::nobody(),
            Some(Person::Member(role)) => known(role),
            Some(Person::Outsider) => known(&self.somebody_new("outsider")),
            Some(Person::Elsewhere) => {
                let user = self.somebody_new("elsewhere");
                self.create(&user).await;
                known(&user)
            }
        }
    }

    fn somebody_new(&self, what: &str) -> String {
        format!("{what}-{}", self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Another team like the first, of the same people but for the target.
    pub(crate) async fn furnish(&self) -> Named {
        let team = self.create("owner").await;
        let target = self.somebody_new("target");
        let members = ["admin", "editor", "viewer"].map(|role| row(role, role));
        let mut members = members.to_vec();
        members.extend([row("suspended", "admin"), row("removed", "admin"), row(&target, "viewer")]);
        members.last_mut().expect("the target").grants = vec![on("project", "p1", "reader")];
        let add = BatchAddMembersRequest { team_id: team.clone(), members, ..Default::default() };
        self.teams(MIGHTY, Actor::nobody()).batch_add_members(add).await.expect("they are added");
        self.suspend(&team, "suspended").await.expect("they are suspended");
        self.remove(&team, "removed").await.expect("they are removed");
        let tier = SetTeamTierRequest { team_id: team.clone(), tier: "small".into(), ..Default::default() };
        self.teams(MIGHTY, Actor::nobody()).set_team_tier(tier).await.expect("it has a tier");

        let (live, revoked) = (self.code(&team).await, self.code(&team).await);
        let revoke =
            RevokeTeamCodeRequest { team_id: team.clone(), code_id: revoked.0.clone(), ..Default::default() };
        self.invites(INSIDE, "owner").revoke_team_code(revoke).await.expect("it is revoked");
        let mut named = Named {
            elsewhere: self.create(&self.somebody_new("elsewhere")).await,
            target,
            link: self.link(&team).await,
            second_link: self.link(&team).await,
            code: live,
            revoked_code: revoked.0,
            invitation: self.invitation(&team, "invited").await.0,
            fresh_invitation: String::new(),
            team,
        };
        named.fresh_invitation = self.invite(&named).await;
        named
    }

    /// Suspends a member, if they are one.
    pub(crate) async fn suspend(&self, team: &str, user: &str) -> Result<(), tonic::Status> {
        let suspend =
            SuspendMemberRequest { team_id: team.into(), user_id: user.into(), ..Default::default() };
        self.teams(INSIDE, "owner").suspend_member(suspend).await.map(drop)
    }

    /// Removes a member, if they are one.
    pub(crate) async fn remove(&self, team: &str, user: &str) -> Result<(), tonic::Status> {
        let remove = RemoveMemberRequest { team_id: team.into(), user_id: user.into(), ..Default::default() };
        self.teams(INSIDE, "owner").remove_member(remove).await.map(drop)
    }

    /// Restores a suspended member.
    pub(crate) async fn restore(&self, team: &str, user: &str) {
        let restore =
            RestoreMemberRequest { team_id: team.into(), user_id: user.into(), ..Default::default() };
        self.teams(INSIDE, "owner").restore_member(restore).await.expect("they are restored");
    }

    /// How many commits the team has seen; its log stays when it is deleted.
    pub(crate) async fn revision(&self, team: &str) -> i64 {
        let newest = ListEventsRequest { team_id: team.into(), page_size: 1, ..Default::default() };
        let page = self.teams(MIGHTY, Actor::nobody()).list_events(newest).await.expect("the log is listed");
        page.into_inner().events[0].revision
    }

    /// Deletes the team, if it is there.
    pub(crate) async fn delete(&self, team: &str) -> Result<(), tonic::Status> {
        let delete = DeleteTeamRequest { team_id: team.into(), ..Default::default() };
        self.teams(INSIDE, "owner").delete_team(delete).await.map(drop)
    }

    /// A code's id and its text.
    async fn code(&self, team: &str) -> (String, String) {
        let create = CreateTeamCodeRequest {
            team_id: team.into(),
            role: "viewer".into(),
            lifetime: "P7D".into(),
            ..Default::default()
        };
        let made = self.invites(INSIDE, "owner").create_team_code(create).await.expect("a code").into_inner();
        let code = made.team_code.expect("it is told");
        (code.code_id, code.code)
    }

    /// A link's id and its token.
    async fn link(&self, team: &str) -> (String, String) {
        let create = CreateInviteLinkRequest { team_id: team.into(), ..Default::default() };
        let made = self.invites(INSIDE, "owner").create_invite_link(create).await.expect("a link");
        let made = made.into_inner();
        (made.invite_link.expect("it is told").link_id, made.token)
    }

    /// The token of an invitation to somebody new.
    pub(crate) async fn invite(&self, named: &Named) -> String {
        self.invitation(&named.team, &self.somebody_new("person")).await.1
    }

    /// An invitation's id and its token.
    async fn invitation(&self, team: &str, user: &str) -> (String, String) {
        let mut invites = self.invites(INSIDE, "owner");
        let made = invites.create_invitation(invitation_to(team, &address_of(user), "viewer")).await;
        let made = made.expect("an invitation").into_inner();
        (made.invitation.expect("it is told").invitation_id, made.token)
    }

    async fn create(&self, owner: &str) -> String {
        let request = CreateTeamRequest {
            policy: "matrix".into(),
            display_name: "A team".into(),
            ..Default::default()
        };
        let made = self.teams(INSIDE, owner).create_team(request).await.expect("a team").into_inner();
        made.team.expect("it is told").team_id
    }

    fn channel(&self, uri: &str) -> Channel {
        self.channels[uri].clone()
    }

    fn teams(&self, uri: &str, who: impl Into<Actor>) -> TeamClient {
        TeamServiceClient::with_interceptor(self.channel(uri), who.into())
    }

    fn invites(&self, uri: &str, who: impl Into<Actor>) -> InviteClient {
        InvitationServiceClient::with_interceptor(self.channel(uri), who.into())
    }
}

/// Whom a row names.
pub(crate) fn who(by: By) -> Who<'static> {
    match by {
        By::Member(role) => (known(role), INSIDE),
        By::Joiner => (known("joiner"), INSIDE),
        By::Invited => (known("invited"), INSIDE),
        By::Service => (Actor::nobody(), MIGHTY),
    }
}

/// Others who may call as they please: another person or service, and the same person through another service.
pub(crate) fn others(by: By) -> Vec<Who<'static>> {
    match by {
        By::Member("owner") => vec![(known("admin"), INSIDE), (known("owner"), MIGHTY)],
        By::Member(role) => vec![(known("owner"), INSIDE), (known(role), MIGHTY)],
        By::Joiner | By::Invited => vec![(known("another"), INSIDE), (who(by).0, MIGHTY)],
        By::Service => vec![(Actor::nobody(), MIGHTY_TOO), (known("owner"), MIGHTY)],
    }
}
