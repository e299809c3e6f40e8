//! Invitations, links and codes in the hands of those who may not manage them.

use roster_proto::v1::{ErrorReason, ListInvitationsRequest, ListInviteLinksRequest, ListTeamCodesRequest};
use roster_testkit::{
    ATELIER, Actor, Kind, Options, Outcomes, Server, address_of, assert_refused, atelier, both, code_to,
    invitation_row,
};

use crate::abuse::Seen;

/// What somebody does with invitations, links and codes, by the calls that it takes.
const INVITING: [&str; 4] =
    ["CreateInvitation", "BatchCreateInvitations", "ResendInvitation", "CancelInvitation"];
const READING: [&str; 2] = ["GetInvitation", "ListInvitations"];
const LINKING: [&str; 4] = ["CreateInviteLink", "GetInviteLink", "ListInviteLinks", "RevokeInviteLink"];
const CODING: [&str; 4] = ["CreateTeamCode", "ListTeamCodes", "RevokeTeamCode", "DeleteTeamCode"];

/// A policy as far as this goes: its roles from the founder's down, how many of them manage what there is of
/// invitations, links and codes, and in which of the three that is. The last role is the one that is given.
struct Rules {
    policy: &'static str,
    managers: &'static [&'static str],
    others: &'static [&'static str],
    invitations: bool,
    links: bool,
    codes: bool,
}

const EVERY: [Rules; 6] = [
    Rules {
        policy: "studio",
        managers: &["owner"],
        others: &["editor", "viewer"],
        invitations: true,
        links: false,
        codes: false,
    },
    Rules {
        policy: "organization",
        managers: &["admin"],
        others: &["editor", "viewer"],
        invitations: false,
        links: true,
        codes: false,
    },
    Rules {
        policy: "account",
        managers: &["owner", "admin"],
        others: &["editor", "viewer"],
        invitations: true,
        links: false,
        codes: false,
    },
    Rules {
        policy: "brand",
        managers: &["owner", "admin"],
        others: &["member", "guest"],
        invitations: true,
        links: false,
        codes: true,
    },
    Rules {
        policy: "workspace",
        managers: &["creator", "admin"],
        others: &["user"],
        invitations: true,
        links: false,
        codes: false,
    },
    Rules {
        policy: ATELIER,
        managers: &["master", "foreman"],
        others: &["steward", "journeyman", "apprentice"],
        invitations: true,
        links: true,
        codes: true,
    },
];

/// A team with a member of each role, each named like it, and one of each way in that there is.
struct Scene {
    server: Server,
    team: String,
    given: &'static str,
    ids: [String; 3],
}

impl Scene {
    async fn set(kind: Kind, options: Options, rules: &Rules) -> Self {
        let server = Server::start_with(kind, options).await;
        let (founder, managers) = rules.managers.split_first().expect("somebody manages");
        let team = match rules.policy {
            "account" => server.account(founder, "enterprise").await,
            policy => server.create_under(*founder, policy).await,
        };
        let rows: Vec<_> =
            managers.iter().chain(rules.others).map(|role| roster_testkit::row(role, role)).collect();
        server.add(&team, &rows).await;
        let given = rules.others.last().copied().unwrap_or_default();
        let mut ids = ["inv", "link", "code"].map(|kind| format!("{kind}_01h455vb4pex5vsknk084sn02q"));
        if rules.invitations {
            ids[0] = server.invite(*founder, &team, &address_of("bob"), given).await.id;
        }
        if rules.links {
            ids[1] = server.create_link(*founder, &team).await.id;
        }
        if rules.codes {
            ids[2] = server.create_code(*founder, &team, given).await.code_id;
        }
        Self { server, team, given, ids }
    }

    /// Makes every call that manages what there is, in an order in which all can succeed.
    async fn every_call(&self, rules: &Rules, actor: &Actor) -> Outcomes {
        let (server, team) = (&self.server, self.team.as_str());
        let [invitation, link, code] = &self.ids;
        let mut invites = server.invites_as(actor);
        let team_id = || team.to_owned();
        let mut outcomes: Outcomes = vec![];
        if rules.invitations {
            let list = ListInvitationsRequest { team_id: team_id(), ..ListInvitationsRequest::default() };
            let row = invitation_row(&address_of("dan"), self.given);
            outcomes.extend([
                ("ListInvitations", invites.list_invitations(list).await.map(drop)),
                ("GetInvitation", server.try_invitation(actor, team, invitation).await.map(drop)),
                (
                    "CreateInvitation",
                    server.try_invite(actor, team, &address_of("cyd"), self.given).await.map(drop),
                ),
                ("BatchCreateInvitations", server.try_invite_all(actor, team, &[row]).await.map(drop)),
                ("ResendInvitation", server.try_resend(actor, team, invitation).await.map(drop)),
                ("CancelInvitation", server.try_cancel(actor, team, invitation).await.map(drop)),
            ]);
        }
        if rules.links {
            let list = ListInviteLinksRequest { team_id: team_id(), ..ListInviteLinksRequest::default() };
            outcomes.extend([
                ("ListInviteLinks", invites.list_invite_links(list).await.map(drop)),
                ("GetInviteLink", server.try_link(actor, team, link).await.map(drop)),
                ("CreateInviteLink", server.try_create_link(actor, team).await.map(drop)),
                ("RevokeInviteLink", server.try_revoke(actor, team, link).await.map(drop)),
            ]);
        }
        if rules.codes {
            let list = ListTeamCodesRequest { team_id: team_id(), ..ListTeamCodesRequest::default() };
            let make = code_to(team, self.given);
            outcomes.extend([
                ("ListTeamCodes", invites.list_team_codes(list).await.map(drop)),
                ("CreateTeamCode", server.try_create_code(actor, make).await.map(drop)),
                ("RevokeTeamCode", server.try_revoke_code(actor, team, code).await.map(drop)),
                ("DeleteTeamCode", server.try_delete_code(actor, team, code).await.map(drop)),
            ]);
        }
        outcomes
    }

    /// Makes every call, each of which must be refused for that reason; nothing is changed by them.
    async fn assert_refused(&self, rules: &Rules, who: &str, reason: ErrorReason) {
        let founder = rules.managers[0];
        let before = Seen::by(&self.server, founder, &self.team).await;
        for (call, outcome) in self.every_call(rules, &Actor::from(who)).await {
            let refused = assert_refused(outcome, reason);
            if reason == ErrorReason::RoleLacksPermission {
                assert_eq!(refused.metadata["actor_role"], who, "{call}");
                assert_eq!(refused.metadata["permission"], permission(call), "{call}");
            }
        }
        before.assert_still(&self.server).await;
    }
}

#[tokio::test]
async fn only_whoever_may_manages_the_ways_in_of_a_team() {
    let (_policy, options) = atelier();
    both(async |kind| {
        for rules in &EVERY {
            let scene = Scene::set(kind, options.clone(), rules).await;
            for role in rules.others {
                scene.assert_refused(rules, role, ErrorReason::RoleLacksPermission).await;
            }
            scene.assert_refused(rules, "eve", ErrorReason::TeamNotAccessible).await;
            scene.server.remove(rules.managers[0], &scene.team, rules.others[0]).await;
            scene.assert_refused(rules, rules.others[0], ErrorReason::TeamNotAccessible).await;
            // The lowest that may: each call is one that somebody can make.
            let manager = Actor::from(*rules.managers.last().expect("somebody manages"));
            for (call, outcome) in scene.every_call(rules, &manager).await {
                assert!(outcome.is_ok(), "{call} by a manager of {}: {outcome:?}", rules.policy);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn who_is_suspended_manages_nothing() {
    let (_policy, options) = atelier();
    both(async |kind| {
        for rules in EVERY.iter().filter(|rules| matches!(rules.policy, "studio" | ATELIER)) {
            let scene = Scene::set(kind, options.clone(), rules).await;
            // One who might do all of it if it were not suspended.
            let [founder, role] = [rules.managers[0], rules.managers[rules.managers.len() - 1]];
            scene.server.add(&scene.team, &[roster_testkit::row("sue", role)]).await;
            scene.server.suspend(founder, &scene.team, "sue").await;
            scene.assert_refused(rules, "sue", ErrorReason::ActorSuspended).await;
            scene.server.restore(founder, &scene.team, "sue").await;
            for (call, outcome) in scene.every_call(rules, &Actor::from("sue")).await {
                assert!(outcome.is_ok(), "{call} by sue of {}: {outcome:?}", rules.policy);
            }
        }
    })
    .await;
}

fn permission(call: &str) -> &'static str {
    match call {
        call if INVITING.contains(&call) => "members.invite",
        call if READING.contains(&call) => "invitations.read",
        call if LINKING.contains(&call) => "links.manage",
        call if CODING.contains(&call) => "codes.manage",
        other => panic!("no permission is known for {other}"),
    }
}
