//! The calls of `InvitationService`, each with what it needs made before.

use roster_proto::v1::{
    AcceptInvitationRequest, BatchCreateInvitationsRequest, CancelInvitationRequest, CreateInvitationRequest,
    CreateInviteLinkRequest, CreateTeamCodeRequest, DeclineInvitationRequest, DeleteTeamCodeRequest,
    GetInvitationRequest, GetInviteLinkRequest, ListInvitationsRequest, ListInviteLinksRequest,
    ListReceivedInvitationsRequest, ListTeamCodesRequest, PreviewInviteRequest, RedeemInviteLinkRequest,
    RedeemTeamCodeRequest, ResendInvitationRequest, RevokeInviteLinkRequest, RevokeTeamCodeRequest,
};
use roster_testkit::{
    Invite, accepting, address_of, code_to, declining, invitation_row, invitation_to, known, on, request_id,
    return_token,
};

use crate::call::{Call, person};
use crate::scene::{Hall, Scene};

/// What tells the calls of somebody who joins apart.
const UNKNOWN: &str = "somebody unknown before";
const KNOWN: &str = "somebody known";
const MEMBER: &str = "a member";

impl Scene {
    /// The call of that row of the table, about a team of its own; none where it is no call of `InvitationService`.
    pub(crate) async fn invite_call(&self, name: &str) -> Option<Call> {
        let (method, kind) = name.split_once(", ").unwrap_or((name, ""));
        let hall = self.hall().await;
        let (team_id, owner) = (hall.id.clone(), person(&hall.owner));
        let email = address_of(&self.somebody());
        Some(match (method, kind) {
            ("CreateInvitation", "") => {
                let grants = vec![on("project", "p1", "reader")];
                let request_id = request_id();
                let asked = invitation_to(&team_id, &email, "viewer");
                Call::invite(method, owner, &CreateInvitationRequest { grants, request_id, ..asked })
            }
            ("BatchCreateInvitations", "2 addresses" | "100 addresses") => {
                let count = if kind == "2 addresses" { 2 } else { 100 };
                let invitations = (0..count).map(|_| invitation_row(&address_of(&self.somebody()), "viewer"));
                let request = BatchCreateInvitationsRequest {
                    team_id,
                    invitations: invitations.collect(),
                    delivery: return_token(),
                    request_id: request_id(),
                    validate_only: false,
                };
                Call::invite(method, owner, &request)
            }
            ("GetInvitation", "") => {
                let invitation_id = self.invited(&hall, &email).await.id;
                Call::invite(method, owner, &GetInvitationRequest { team_id, invitation_id })
            }
            ("ListInvitations", "") => {
                self.invited(&hall, &email).await;
                Call::invite(method, owner, &ListInvitationsRequest { team_id, ..Default::default() })
            }
            ("ResendInvitation", "") => {
                let request = ResendInvitationRequest {
                    team_id,
                    invitation_id: self.invited(&hall, &email).await.id,
                    delivery: return_token(),
                    request_id: request_id(),
                    ..Default::default()
                };
                Call::invite(method, owner, &request)
            }
            ("CancelInvitation", "") => {
                let request = CancelInvitationRequest {
                    team_id,
                    invitation_id: self.invited(&hall, &email).await.id,
                    request_id: request_id(),
                    ..Default::default()
                };
                Call::invite(method, owner, &request)
            }
            ("ListReceivedInvitations", "") => {
                let user = self.acquaintance().await;
                self.invited(&hall, &address_of(&user)).await;
                Call::invite(method, person(&user), &ListReceivedInvitationsRequest::default())
            }
            ("AcceptInvitation", _) => {
                let (user, by) = kind.rsplit_once(" by ")?;
                let is_there = user == MEMBER;
                let user = self.joiner(&hall, user).await?;
                // Nobody is invited by the address of a member.
                let email = if is_there { email } else { address_of(&user) };
                let invite = self.invited(&hall, &email).await;
                let asked = accepting(named(&invite, by)?);
                let request = AcceptInvitationRequest { request_id: request_id(), ..asked };
                Call::invite(method, person(&user), &request)
            }
            ("DeclineInvitation", "by id" | "by token") => {
                let user = self.acquaintance().await;
                let invite = self.invited(&hall, &address_of(&user)).await;
                let asked = declining(named(&invite, kind.strip_prefix("by ")?)?);
                let request = DeclineInvitationRequest { request_id: request_id(), ..asked };
                Call::invite(method, person(&user), &request)
            }
            _ => match self.link_call((method, kind), &hall).await {
                Some(call) => call,
                None => return self.code_call((method, kind), &hall).await,
            },
        })
    }

    /// The call about a link.
    async fn link_call(&self, (method, kind): (&str, &str), hall: &Hall) -> Option<Call> {
        let (team_id, owner) = (hall.id.clone(), person(&hall.owner));
        let link = self.server.create_link(known(&hall.owner), &team_id).await;
        let (link_id, token) = (link.id, link.token);
        Some(match (method, kind) {
            ("CreateInviteLink", "") => {
                let request_id = request_id();
                let request = CreateInviteLinkRequest { team_id, request_id, validate_only: false };
                Call::invite(method, owner, &request)
            }
            ("GetInviteLink", "") => Call::invite(method, owner, &GetInviteLinkRequest { team_id, link_id }),
            ("ListInviteLinks", "") => {
                Call::invite(method, owner, &ListInviteLinksRequest { team_id, ..Default::default() })
            }
            ("RevokeInviteLink", "") => {
                let request_id = request_id();
                let request = RevokeInviteLinkRequest { team_id, link_id, request_id, validate_only: false };
                Call::invite(method, owner, &request)
            }
            ("PreviewInvite", "a link") => {
                let user = self.acquaintance().await;
                let request = PreviewInviteRequest { token, code: String::new() };
                Call::invite(method, person(&user), &request)
            }
            ("PreviewInvite", "an invitation") => {
                let user = self.acquaintance().await;
                let token = self.invited(hall, &address_of(&user)).await.token;
                let request = PreviewInviteRequest { token, code: String::new() };
                Call::invite(method, person(&user), &request)
            }
            ("RedeemInviteLink", _) => {
                let user = self.joiner(hall, kind).await?;
                let request = RedeemInviteLinkRequest { token, request_id: request_id() };
                Call::invite(method, person(&user), &request)
            }
            _ => return None,
        })
    }

    /// The call about a code.
    async fn code_call(&self, (method, kind): (&str, &str), hall: &Hall) -> Option<Call> {
        let (team_id, owner) = (hall.id.clone(), person(&hall.owner));
        let grants = vec![on("project", "p1", "reader")];
        let asked = CreateTeamCodeRequest { grants, ..code_to(&team_id, "viewer") };
        let code = self.server.create_code_of(known(&hall.owner), asked.clone()).await;
        let (code_id, code) = (code.code_id, code.code);
        Some(match (method, kind) {
            ("CreateTeamCode", "") => {
                let request = CreateTeamCodeRequest { request_id: request_id(), ..asked };
                Call::invite(method, owner, &request)
            }
            ("ListTeamCodes", "") => {
                Call::invite(method, owner, &ListTeamCodesRequest { team_id, ..Default::default() })
            }
            ("RevokeTeamCode", "") => {
                let request_id = request_id();
                let request = RevokeTeamCodeRequest { team_id, code_id, request_id, validate_only: false };
                Call::invite(method, owner, &request)
            }
            ("DeleteTeamCode", "") => {
                self.server.revoke_code(known(&hall.owner), &team_id, &code_id).await;
                let request_id = request_id();
                let request = DeleteTeamCodeRequest { team_id, code_id, request_id, validate_only: false };
                Call::invite(method, owner, &request)
            }
            ("PreviewInvite", "a code") => {
                let request = PreviewInviteRequest { token: String::new(), code };
                Call::invite(method, person(&self.acquaintance().await), &request)
            }
            ("RedeemTeamCode", _) => {
                let user = self.joiner(hall, kind).await?;
                let request = RedeemTeamCodeRequest { code, request_id: request_id() };
                Call::invite(method, person(&user), &request)
            }
            _ => return None,
        })
    }

    /// Who joins.
    async fn joiner(&self, hall: &Hall, who: &str) -> Option<String> {
        Some(match who {
            UNKNOWN => self.somebody(),
            KNOWN => self.acquaintance().await,
            MEMBER => self.member(hall, "viewer").await,
            _ => return None,
        })
    }
}

/// What an invitation is named by.
fn named(invite: &Invite, by: &str) -> Option<roster_testkit::By> {
    match by {
        "id" => Some(invite.by_id()),
        "token" => Some(invite.by_token()),
        _ => None,
    }
}
