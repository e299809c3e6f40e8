//! A team with a member of every kind, and ways in.

use std::sync::atomic::{AtomicU32, Ordering};

use prost_reflect::MethodDescriptor;
use roster_proto::v1::invitation_service_client::InvitationServiceClient;
use roster_proto::v1::team_service_client::TeamServiceClient;
use roster_proto::v1::{
    BatchAddMembersRequest, CreateInviteLinkRequest, CreateTeamCodeRequest, CreateTeamRequest,
    RevokeTeamCodeRequest, SetTeamTierRequest, SuspendMemberRequest,
};
use roster_testkit::{
    Actor, Authority, Data, InviteClient, Kind, Naming, OwnPolicy, Server, TeamClient, TlsFiles, actor,
    invitation_to, row,
};
use tonic::transport::Channel;

use crate::matrix::call::call;
use crate::matrix::people::{CALLERS, EVERYBODY, INSIDE, MIGHTY, Person, Who};
use crate::matrix::request::{Named, is_harmless, request};

/// The policy has whatever a method can be about.
const POLICY: &str = r#"
name = "matrix"
title = "Matrix"
suspension = true
self_role = "unless_last"
self_leave = "unless_last"

[[roles]]
name = "owner"
founder = true
sole = { transferable = true, former_holder_becomes = "admin" }
permissions = ["*"]
assigns = ["admin", "editor", "viewer"]
manages = ["admin", "editor", "viewer"]

[[roles]]
name = "admin"
permissions = ["*"]
assigns = ["admin", "editor", "viewer"]
manages = ["admin", "editor", "viewer"]

[[roles]]
name = "editor"
permissions = ["team.read", "members.read", "invitations.read", "events.read"]

[[roles]]
name = "viewer"
permissions = ["team.read"]

[invitations]
lifetime = "P7D"
address_locked = false

[invite_links]
lifetime = "P3D"
role = "viewer"

[team_codes]
prefix = "MX-"
length = 6
lifetimes = ["P7D", "never"]

[tiers]
names = ["small", "large"]
default = "small"

[[kinds]]
name = "project"

[[kinds.roles]]
name = "manager"
permissions = ["projects.read", "projects.write"]

[[kinds.roles]]
name = "reader"
permissions = ["projects.read"]

[kinds.reach]
owner = { all = "manager" }
admin = { all = "manager" }
editor = { scoped = "reader" }
viewer = { scoped = "reader" }
"#;

/// A service with the team.
pub(crate) struct Scene {
    authority: Authority,
    server: Server,
    named: Named,
    /// Makes persons that are new to the service.
    next: AtomicU32,
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
        std::fs::write(files.file("roster.toml"), CALLERS).expect("the folder takes files");
        let options = files.options(policy.options()).variable("ROSTER_CONFIG", "roster.toml");
        let server = Server::start_on(data.into(), options).await;
        let (named, next) = (Named::default(), AtomicU32::new(0));
        let mut scene = Self { authority, server, named, next, _policies: policy };
        scene.named = scene.furnish().await;
        scene
    }

    /// What comes of the method for everybody, in their order.
    pub(crate) async fn row(&self, method: &MethodDescriptor) -> Vec<String> {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let mut row = vec![];
        for who in EVERYBODY {
            let mut named = self.named.clone();
            if !is_harmless(method) {
                named.fresh_invitation = self.invite().await;
            }
            let message = request(method, &named);
            row.push(call(self.channel(who.through), self.person(who).await, path.clone(), message).await);
        }
        row
    }

    /// Who calls. Those who are no members are new each time: the call before may have made members of them.
    async fn person(&self, who: &Who) -> Actor {
        let Some(person) = who.person else { return Actor::nobody() };
        let user = match person {
            Person::Member(role) => role.to_owned(),
            Person::Suspended => "suspended".to_owned(),
            Person::Outsider => self.somebody("outsider"),
            Person::Elsewhere => {
                let user = self.somebody("elsewhere");
                self.create(&user).await;
                user
            }
        };
        actor(&user).email(&format!("{user}@example.org"))
    }

    fn somebody(&self, what: &str) -> String {
        format!("{what}-{}", self.next.fetch_add(1, Ordering::Relaxed))
    }

    async fn furnish(&self) -> Named {
        let team = self.create("owner").await;
        let members = ["admin", "editor", "viewer"].map(|role| row(role, role));
        let mut members = members.to_vec();
        members.extend([row("suspended", "admin"), row("target", "viewer")]);
        let add = BatchAddMembersRequest { team_id: team.clone(), members, ..Default::default() };
        self.teams(MIGHTY, Actor::nobody()).batch_add_members(add).await.expect("they are added");
        let suspend =
            SuspendMemberRequest { team_id: team.clone(), user_id: "suspended".into(), ..Default::default() };
        self.teams(INSIDE, "owner").suspend_member(suspend).await.expect("it is suspended");
        let tier = SetTeamTierRequest { team_id: team.clone(), tier: "small".into(), ..Default::default() };
        self.teams(MIGHTY, Actor::nobody()).set_team_tier(tier).await.expect("it has a tier");

        let mut ways = self.invites(INSIDE, "owner");
        let link = CreateInviteLinkRequest { team_id: team.clone(), ..Default::default() };
        let link = ways.create_invite_link(link).await.expect("a link").into_inner();
        let (live, revoked) = (self.code(&team).await, self.code(&team).await);
        let revoke =
            RevokeTeamCodeRequest { team_id: team.clone(), code_id: revoked.0.clone(), ..Default::default() };
        ways.revoke_team_code(revoke).await.expect("it is revoked");
        let invited = ways.create_invitation(invitation_to(&team, "pending@example.org", "viewer")).await;
        let invitation = invited.expect("an invitation").into_inner().invitation.expect("it is told");
        Named {
            team,
            link: (link.invite_link.expect("it is told").link_id, link.token),
            code: live,
            revoked_code: revoked.0,
            invitation: invitation.invitation_id,
            fresh_invitation: String::new(),
        }
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

    /// The token of an invitation to somebody new.
    async fn invite(&self) -> String {
        let address = format!("{}@example.org", self.somebody("invited"));
        let mut ways = self.invites(INSIDE, "owner");
        let invited = ways.create_invitation(invitation_to(&self.named.team, &address, "viewer")).await;
        invited.expect("an invitation").into_inner().token
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
        let pair = self.authority.client(Naming { uris: &[uri], expired: false });
        self.authority.channel(self.server.address(), Some(&pair))
    }

    fn teams(&self, uri: &str, who: impl Into<Actor>) -> TeamClient {
        TeamServiceClient::with_interceptor(self.channel(uri), who.into())
    }

    fn invites(&self, uri: &str, who: impl Into<Actor>) -> InviteClient {
        InvitationServiceClient::with_interceptor(self.channel(uri), who.into())
    }
}
