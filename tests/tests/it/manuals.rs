//! Acts out the stories of the manuals on the service: each act a call, and what it is told.

use std::time::Duration;

use roster_proto::v1::batch_add_members_request::Row;
use roster_proto::v1::list_members_request::Filter;
use roster_proto::v1::{
    AccessChange, CancelInvitationRequest, ChangeMemberRoleRequest, CreateInviteLinkRequest,
    CreateTeamCodeRequest, DeleteTeamCodeRequest, DeleteTeamRequest, ErrorReason, EventType, Grant,
    LeaveTeamRequest, ListEventsRequest, MemberState, RemoveMemberRequest, RestoreMemberRequest,
    RevokeTeamCodeRequest, SetMemberAccessRequest, SetTeamTierRequest, SuspendMemberRequest, TeamCode,
    TransferOwnershipRequest, UpdateTeamRequest,
};
use roster_stories::{Expected, Step, Story, grant, micros, stories};
use roster_testkit::{
    Invite, Link, Options, Server, address_of, both, invitation_to, known, numbers, on, on_all, refused, row,
    row_member, service,
};

/// How long before its end an invite is seen alive, and after it dead: longer than a story takes.
const MOMENT: i64 = 60_000_000;

/// What the one who acts is told.
type Told = Result<(), tonic::Status>;

const PEOPLE: [&str; 9] = ["ada", "bob", "cem", "dan", "eve", "fay", "gil", "hal", "ida"];

#[tokio::test]
async fn account() {
    tell("account").await;
}

#[tokio::test]
async fn brand() {
    tell("brand").await;
}

#[tokio::test]
async fn organization() {
    tell("organization").await;
}

#[tokio::test]
async fn studio() {
    tell("studio").await;
}

#[tokio::test]
async fn workspace() {
    tell("workspace").await;
}

async fn tell(product: &str) {
    let stories: Vec<_> = stories().into_iter().filter(|story| story.policy == product).collect();
    assert!(stories.len() > 3, "stories of {product}");
    both(async |kind| {
        let mut server = Server::start(kind).await;
        for story in &stories {
            let data_are_fresh = !story.steps.iter().any(|step| step.words[0] == "wait");
            server = Scene::begin(server, story).await.act_out(story).await;
            // Where time has passed, it has for all.
            if !data_are_fresh {
                server = Server::start(kind).await;
            }
        }
    })
    .await;
}

/// A team on a running service, and what was made of it.
struct Scene {
    server: Server,
    team: String,
    /// How far the clock is ahead, in microseconds.
    ahead: i64,
    invitations: Vec<(String, Invite)>,
    links: Vec<Link>,
    codes: Vec<TeamCode>,
}

impl Scene {
    async fn begin(server: Server, story: &Story) -> Self {
        let ada = known("ada").header("x-caller-scopes", "act-as,teams.administer");
        let team = if story.personal {
            let made = server.try_ensure_personal(ada, &story.policy).await.expect("a personal team");
            made.into_inner().team.expect("the team").team_id
        } else {
            server.create_under(known("ada"), &story.policy).await
        };
        Self { server, team, ahead: 0, invitations: vec![], links: vec![], codes: vec![] }
    }

    async fn act_out(mut self, story: &Story) -> Server {
        for step in &story.steps {
            let said = || format!("{}: {:?}", story.manual, step.words.join(" "));
            let words = step.words();
            match &words[..] {
                ["wait", time @ ..] => self = self.wait(micros(time, MOMENT)).await,
                _ if self.is_so(&words).await => {}
                // There is no asking whether one would join.
                [_, "accepts", ..] if step.would => {}
                _ => {
                    let before = self.changes().await;
                    let told = self.act(step).await.map_err(|status| refused(Err::<(), _>(status)).reason);
                    let told = match told {
                        Ok(()) if step.would || self.changes().await > before => Expected::Done,
                        Ok(()) => Expected::Nothing,
                        Err(reason) => {
                            Expected::Refused(reason.trim_start_matches("ERROR_REASON_").to_owned())
                        }
                    };
                    assert_eq!(told, step.expected, "{}", said());
                    assert!(!step.would || self.changes().await == before, "{}: nothing is done", said());
                }
            }
        }
        self.server
    }

    async fn wait(mut self, micros: i64) -> Self {
        self.ahead += micros;
        let ahead = Duration::from_micros(u64::try_from(self.ahead).expect("the future"));
        self.server = self.server.restart(Options::default().clock_offset(ahead)).await;
        self
    }

    /// How many events the team has, but for what the service does of itself when time has passed.
    async fn changes(&self) -> usize {
        let mut watcher = self.server.team_as(service("events.watch-all"));
        let request =
            ListEventsRequest { team_id: self.team.clone(), page_size: 200, ..ListEventsRequest::default() };
        let events = watcher.list_events(request).await.expect("the events").into_inner().events;
        events.iter().filter(|event| event.r#type() != EventType::InvitationExpired).count()
    }

    /// Checks what is so; false for an act.
    async fn is_so(&self, words: &[&str]) -> bool {
        let check = |found: i64, expected: &str| assert_eq!(found.to_string(), expected, "{words:?}");
        match words {
            [who, "is", place @ ..] => assert_eq!(self.place(who).await, place.join(" "), "{words:?}"),
            [_, "may" | "reaches", ..] => {}
            ["seats", limit, "used", used, "pending", pending, "available", available] => {
                let team = self.server.team(known("ada"), &self.team).await;
                let found = numbers(team.seats).map(|number| number.to_string());
                assert_eq!(
                    found,
                    [limit, used, available, pending].map(|word| (*word).to_owned()),
                    "{words:?}"
                );
            }
            ["pending", whom @ ..] => {
                let page = self.server.page(known("ada"), &self.team, Filter::default()).await;
                let mut found: Vec<_> = page.pending_invitations.into_iter().map(|one| one.email).collect();
                found.sort();
                let whom = whom.iter().filter(|who| **who != "nobody");
                assert_eq!(found, whom.map(|who| address_of(who)).collect::<Vec<_>>(), "{words:?}");
            }
            ["code", place, "has", count, "uses"] => {
                let code = &self.codes[at(place)].code_id;
                check(self.server.code("ada", &self.team, code).await.use_count, count);
            }
            ["link", place, "has", count, "uses"] => {
                let link = &self.links[at(place)].id;
                check(self.server.link("ada", &self.team, link).await.0.use_count, count);
            }
            _ => return false,
        }
        true
    }

    /// Somebody's role, as anybody sees it who may.
    async fn place(&self, whom: &str) -> String {
        for who in PEOPLE {
            match self.server.try_member(who, &self.team, whom).await {
                Ok(found) => {
                    let member = found.into_inner().member.expect("the member");
                    let suspended = member.state() == MemberState::Suspended;
                    return if suspended { format!("suspended {}", member.role) } else { member.role };
                }
                Err(status) => {
                    let reason = refused(Err::<(), _>(status)).reason;
                    if reason == ErrorReason::MemberNotFound.as_str_name() {
                        return "nobody".to_owned();
                    }
                }
            }
        }
        panic!("nobody sees {whom}");
    }

    /// The last invitation to somebody.
    fn latest(&self, whom: &str) -> &Invite {
        let found = self.invitations.iter().rfind(|(one, _)| one == whom);
        &found.unwrap_or_else(|| panic!("nobody has invited {whom}")).1
    }

    async fn act(&mut self, step: &Step) -> Told {
        let words = step.words();
        match &words[..] {
            ["add" | "tier", ..] | [_, "deletes" | "leaves"] | [_, "renames" | "transfers", _] => {
                self.on_team(&words, step.would).await
            }
            [_, "makes" | "grants" | "unrestricts" | "suspends" | "restores" | "removes", ..] => {
                self.on_member(&words, step.would).await
            }
            [_, "invites" | "cancels" | "accepts" | "declines", ..] => {
                self.on_invitation(&words, step.would).await
            }
            _ => self.on_offer(&words, step.would).await,
        }
    }

    async fn on_team(&self, words: &[&str], validate_only: bool) -> Told {
        let (server, team_id, request_id) = (&self.server, self.team.clone(), String::new());
        match words {
            ["add", who, "as", role] => {
                let row = Row { email: address_of(who), ..row(who, role) };
                let added = server.try_add(&self.team, &[row]).await?;
                // A refused row panics.
                let _ = row_member(&added.into_inner().results[0]);
                Ok(())
            }
            ["tier", tier] => {
                let request = SetTeamTierRequest { team_id, tier: (*tier).into(), request_id, validate_only };
                server.team_as(service("tiers.set")).set_team_tier(request).await.map(drop)
            }
            [who, "renames", name] => {
                let display_name = (*name).into();
                let request = UpdateTeamRequest {
                    team_id,
                    display_name,
                    validate_only,
                    ..UpdateTeamRequest::default()
                };
                server.team_as(*who).update_team(request).await.map(drop)
            }
            [who, "deletes"] => {
                let request = DeleteTeamRequest { team_id, validate_only, ..DeleteTeamRequest::default() };
                server.team_as(*who).delete_team(request).await.map(drop)
            }
            [who, "leaves"] => {
                let request = LeaveTeamRequest { team_id, validate_only, ..LeaveTeamRequest::default() };
                server.team_as(*who).leave_team(request).await.map(drop)
            }
            [who, "transfers", whom] => {
                let user_id = (*whom).into();
                let request = TransferOwnershipRequest { team_id, user_id, request_id, validate_only };
                server.team_as(*who).transfer_ownership(request).await.map(drop)
            }
            _ => panic!("{words:?} is no step"),
        }
    }

    async fn on_member(&self, words: &[&str], validate_only: bool) -> Told {
        let [who, verb, whom, rest @ ..] = words else { panic!("{words:?} is no step") };
        let (team_id, user_id) = (self.team.clone(), (*whom).to_owned());
        let mut client = self.server.team_as(*who);
        match (*verb, rest) {
            ("makes", [role, with @ ..]) => {
                let request = ChangeMemberRoleRequest {
                    team_id,
                    user_id,
                    role: (*role).into(),
                    access: (!with.is_empty()).then(|| access(with, &[])),
                    validate_only,
                    ..ChangeMemberRoleRequest::default()
                };
                client.change_member_role(request).await.map(drop)
            }
            ("grants" | "unrestricts", given) => {
                let access = if *verb == "grants" { access(given, &[]) } else { access(&[], given) };
                let access = Some(access);
                let request = SetMemberAccessRequest {
                    team_id,
                    user_id,
                    access,
                    validate_only,
                    ..SetMemberAccessRequest::default()
                };
                client.set_member_access(request).await.map(drop)
            }
            ("suspends", []) => {
                let request = SuspendMemberRequest {
                    team_id,
                    user_id,
                    validate_only,
                    ..SuspendMemberRequest::default()
                };
                client.suspend_member(request).await.map(drop)
            }
            ("restores", []) => {
                let request = RestoreMemberRequest {
                    team_id,
                    user_id,
                    validate_only,
                    ..RestoreMemberRequest::default()
                };
                client.restore_member(request).await.map(drop)
            }
            ("removes", []) => {
                let request =
                    RemoveMemberRequest { team_id, user_id, validate_only, ..RemoveMemberRequest::default() };
                client.remove_member(request).await.map(drop)
            }
            _ => panic!("{words:?} is no step"),
        }
    }

    async fn on_invitation(&mut self, words: &[&str], validate_only: bool) -> Told {
        match words {
            [who, "invites", whom, "as", role, with @ ..] => {
                let mut request = invitation_to(&self.team, &address_of(whom), role);
                request.grants = grants(with);
                request.validate_only = validate_only;
                let made = self.server.invites_as(known(who)).create_invitation(request).await?.into_inner();
                if !validate_only {
                    let id = made.invitation.expect("the invitation").invitation_id;
                    self.invitations.push(((*whom).to_owned(), Invite { id, token: made.token }));
                }
                Ok(())
            }
            [who, "cancels", whom] => {
                let request = CancelInvitationRequest {
                    team_id: self.team.clone(),
                    invitation_id: self.latest(whom).id.clone(),
                    validate_only,
                    ..CancelInvitationRequest::default()
                };
                self.server.invites_as(known(who)).cancel_invitation(request).await.map(drop)
            }
            [who, verb, of @ ..] => {
                let invite = self.latest(of.get(1).unwrap_or(who));
                if *verb == "accepts" {
                    self.server.try_accept(known(who), invite).await.map(drop)
                } else {
                    self.server.try_decline(known(who), invite).await.map(drop)
                }
            }
            _ => panic!("{words:?} is no step"),
        }
    }

    async fn on_offer(&mut self, words: &[&str], validate_only: bool) -> Told {
        let team_id = self.team.clone();
        match words {
            [who, "creates", "link"] => {
                let request = CreateInviteLinkRequest { team_id, ..CreateInviteLinkRequest::default() };
                let made = self.server.invites_as(*who).create_invite_link(request).await?.into_inner();
                let id = made.invite_link.expect("the link").link_id;
                self.links.push(Link { id, token: made.token });
                Ok(())
            }
            [who, "opens", "link", place] => {
                self.server.try_redeem(known(who), &self.links[at(place)].token).await.map(drop)
            }
            [who, "creates", "code", "as", role, "for", life, rest @ ..] => {
                let (max_uses, with) = match rest {
                    [count, "uses", with @ ..] => (Some(count.parse().expect("a count")), with),
                    with => (None, with),
                };
                let request = CreateTeamCodeRequest {
                    team_id,
                    role: (*role).into(),
                    lifetime: (*life).into(),
                    grants: grants(with),
                    max_uses,
                    validate_only,
                    ..CreateTeamCodeRequest::default()
                };
                let made = self.server.invites_as(*who).create_team_code(request).await?.into_inner();
                if !validate_only {
                    self.codes.push(made.team_code.expect("the code"));
                }
                Ok(())
            }
            [who, "types", "code", place] => {
                self.server.try_redeem_code(known(who), &self.codes[at(place)].code).await.map(drop)
            }
            [who, verb, "code", place] => {
                let code_id = self.codes[at(place)].code_id.clone();
                let mut client = self.server.invites_as(*who);
                if *verb == "revokes" {
                    let request = RevokeTeamCodeRequest {
                        team_id,
                        code_id,
                        validate_only,
                        ..RevokeTeamCodeRequest::default()
                    };
                    client.revoke_team_code(request).await.map(drop)
                } else {
                    let request = DeleteTeamCodeRequest {
                        team_id,
                        code_id,
                        validate_only,
                        ..DeleteTeamCodeRequest::default()
                    };
                    client.delete_team_code(request).await.map(drop)
                }
            }
            _ => panic!("{words:?} is no step"),
        }
    }
}

fn at(place: &str) -> usize {
    place.parse::<usize>().expect("a place") - 1
}

/// The grants after `with`, or `nothing`.
fn grants(words: &[&str]) -> Vec<Grant> {
    let words = words.iter().filter(|word| !["with", "nothing"].contains(word));
    let granted = |word: &&str| match grant(word) {
        (kind, "*", role) => on_all(kind, role),
        (kind, resource, role) => on(kind, resource, role),
    };
    words.map(granted).collect()
}

fn access(granted: &[&str], unrestricted: &[&str]) -> AccessChange {
    let unrestrict_kinds = unrestricted.iter().map(|kind| (*kind).to_owned()).collect();
    AccessChange { grants: grants(granted), unrestrict_kinds }
}
