//! The calls of `TeamService`, each with what it needs made before.

use roster_proto::v1::batch_add_members_request::Row;
use roster_proto::v1::{
    BatchAddMembersRequest, ChangeMemberRoleRequest, CreateTeamRequest, DeleteTeamRequest,
    EnsurePersonalTeamRequest, EraseUserRequest, ExportUserRequest, GetMemberRequest, GetPolicyRequest,
    GetTeamRequest, LeaveTeamRequest, ListEventsRequest, ListMembersRequest, ListPoliciesRequest,
    ListTeamsRequest, PurgeResourceRequest, RemoveMemberRequest, RestoreMemberRequest,
    SetMemberAccessRequest, SetTeamTierRequest, SuspendMemberRequest, TransferOwnershipRequest,
    UpdateTeamRequest,
};
use roster_testkit::{PERSONAL, code_to, known, new_team, on, only, request_id, row};

use crate::call::{Call, person, service};
use crate::scene::{Hall, POLICY, Scene};

impl Scene {
    /// The call of that row of the table, about a team of its own; none where it is no call of `TeamService`.
    pub(crate) async fn team_call(&self, name: &str) -> Option<Call> {
        let (method, kind) = name.split_once(", ").unwrap_or((name, ""));
        let hall = self.hall().await;
        let (team_id, request_id) = (hall.id.clone(), request_id());
        let owner = person(&hall.owner);
        Some(match (method, kind) {
            ("CreateTeam", "") => {
                let request = CreateTeamRequest { request_id, ..new_team(POLICY) };
                Call::team(method, owner, &request)
            }
            ("CreateTeam", "by somebody unknown before") => {
                let request = CreateTeamRequest { request_id, ..new_team(POLICY) };
                Call::team(method, person(&self.somebody()), &request)
            }
            ("EnsurePersonalTeam", "made" | "found") => {
                if kind == "found" {
                    self.server.ensure_personal(known(&hall.owner)).await;
                }
                let request = EnsurePersonalTeamRequest {
                    policy: PERSONAL.into(),
                    display_name: "Own".into(),
                    request_id,
                    ..EnsurePersonalTeamRequest::default()
                };
                Call::team(method, owner, &request)
            }
            ("GetTeam", "") => Call::team(method, owner, &GetTeamRequest { team_id }),
            ("ListTeams", "") => Call::team(method, owner, &ListTeamsRequest::default()),
            ("UpdateTeam", "" | "sent again" | "asked only") => {
                let request = UpdateTeamRequest {
                    team_id,
                    display_name: "Another".into(),
                    request_id,
                    validate_only: kind == "asked only",
                    ..UpdateTeamRequest::default()
                };
                let call = Call::team(method, owner, &request);
                if kind == "sent again" {
                    call.make(&self.server, None).await;
                }
                call
            }
            ("DeleteTeam", "") => {
                Call::team(method, owner, &DeleteTeamRequest { team_id, request_id, ..Default::default() })
            }
            ("SetTeamTier", "") => {
                let tier = "large".into();
                let request = SetTeamTierRequest { team_id, tier, request_id, validate_only: false };
                Call::team(method, service("tiers.set"), &request)
            }
            ("TransferOwnership", "") => {
                let user_id = self.member(&hall, "admin").await;
                let request = TransferOwnershipRequest { team_id, user_id, request_id, validate_only: false };
                Call::team(method, owner, &request)
            }
            ("BatchAddMembers", "2 people" | "500 people") => {
                let count = if kind == "2 people" { 2 } else { 500 };
                let members = (0..count).map(|_| self.newcomer()).collect();
                let request = BatchAddMembersRequest { team_id, members, request_id, validate_only: false };
                Call::team(method, service("members.import"), &request)
            }
            ("GetPolicy", "") => Call::team(method, owner, &GetPolicyRequest { name: POLICY.into() }),
            ("ListPolicies", "") => Call::team(method, owner, &ListPoliciesRequest::default()),
            ("ListEvents", "") => {
                Call::team(method, owner, &ListEventsRequest { team_id, ..Default::default() })
            }
            ("ListMembers", "") => {
                Call::team(method, owner, &ListMembersRequest { team_id, ..Default::default() })
            }
            ("EraseUser", "") => {
                let user_id = self.member(&hall, "editor").await;
                let request = EraseUserRequest { user_id, request_id, ..Default::default() };
                Call::team(method, service("privacy.erase"), &request)
            }
            ("ExportUser", "") => {
                let request = ExportUserRequest { user_id: hall.owner.clone(), ..Default::default() };
                Call::team(method, service("privacy.erase"), &request)
            }
            _ => return self.member_call((method, kind), &hall).await,
        })
    }

    /// The call about a member.
    async fn member_call(&self, (method, kind): (&str, &str), hall: &Hall) -> Option<Call> {
        let (team_id, request_id) = (hall.id.clone(), request_id());
        let owner = person(&hall.owner);
        let user_id = self.member(hall, if kind == "an inviter" { "admin" } else { "viewer" }).await;
        let granted = [on("project", "p1", "reader"), on("project", "p2", "reader")];
        Some(match (method, kind) {
            ("GetMember", "") => Call::team(method, owner, &GetMemberRequest { team_id, user_id }),
            ("ChangeMemberRole", "" | "with grants") => {
                let request = ChangeMemberRoleRequest {
                    team_id,
                    user_id,
                    role: "editor".into(),
                    access: (kind == "with grants").then(|| only(&granted)),
                    request_id,
                    ..Default::default()
                };
                Call::team(method, owner, &request)
            }
            ("SetMemberAccess", "") => {
                let had = [on("project", "p2", "reader"), on("project", "p3", "reader")];
                self.server.grant(known(&hall.owner), &team_id, &user_id, &had).await;
                let access = Some(only(&granted));
                let request =
                    SetMemberAccessRequest { team_id, user_id, access, request_id, ..Default::default() };
                Call::team(method, owner, &request)
            }
            ("PurgeResource", "") => {
                for user in [user_id, self.member(hall, "editor").await] {
                    self.server.grant(known(&hall.owner), &team_id, &user, &granted).await;
                }
                let (kind, resource_id) = ("project".into(), "p1".into());
                let request =
                    PurgeResourceRequest { team_id, kind, resource_id, request_id, validate_only: false };
                Call::team(method, owner, &request)
            }
            ("SuspendMember", "") => {
                let request = SuspendMemberRequest { team_id, user_id, request_id, ..Default::default() };
                Call::team(method, owner, &request)
            }
            ("RestoreMember", "") => {
                self.server.suspend(known(&hall.owner), &team_id, &user_id).await;
                let request = RestoreMemberRequest { team_id, user_id, request_id, ..Default::default() };
                Call::team(method, owner, &request)
            }
            ("RemoveMember", "" | "an inviter") => {
                let adopt_invites = kind == "an inviter";
                if adopt_invites {
                    self.invite_by(&user_id, hall).await;
                }
                let request =
                    RemoveMemberRequest { team_id, user_id, request_id, adopt_invites, ..Default::default() };
                Call::team(method, owner, &request)
            }
            ("LeaveTeam", "" | "an inviter") => {
                if kind == "an inviter" {
                    self.invite_by(&user_id, hall).await;
                }
                let request = LeaveTeamRequest { team_id, request_id, validate_only: false };
                Call::team(method, person(&user_id), &request)
            }
            _ => return None,
        })
    }

    /// Somebody unknown with two grants.
    fn newcomer(&self) -> Row {
        let user = self.somebody();
        Row {
            grants: vec![on("project", "p2", "reader"), on("project", "p1", "reader")],
            email: roster_testkit::address_of(&user),
            ..row(&user, "editor")
        }
    }

    /// Makes two invites of each kind.
    async fn invite_by(&self, user: &str, hall: &Hall) {
        for _ in 0..2 {
            self.server.create_link(known(user), &hall.id).await;
            self.server.create_code_of(known(user), code_to(&hall.id, "editor")).await;
            let email = roster_testkit::address_of(&self.somebody());
            self.server.invite(known(user), &hall.id, &email, "editor").await;
        }
    }
}
