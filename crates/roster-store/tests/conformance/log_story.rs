//! Every kind of change once, each with what the log is to tell of it.

use roster_domain::policy::TierName;
use roster_domain::{
    Access, Change, Delivery, DisplayName, JoinedBy, MemberState, NewInvitation, NewInviteLink, NewMember,
    NewTeamCode, PersonKey, Timestamp,
};
use roster_store::{AccessRecord, GrantRecord, JoinMethod, Payload};
use uuid::Uuid;

use crate::making::secret;
use crate::scene::{
    access, access_changed, email, left, new_code, new_invitation, new_link, newcomer, resource, role,
    role_changed, suspended,
};

/// An address, in a case that no key has.
pub(crate) const ADDRESS: &str = "Canary@Example.org";

/// The text of a code.
pub(crate) const CODE: &str = "GD-CANARY77";

/// A change, and what the log tells of it: whom it happened to, whom it names besides, and the rest.
pub(crate) struct Told {
    pub(crate) change: Change,
    pub(crate) target: Option<&'static str>,
    pub(crate) other: Option<&'static str>,
    pub(crate) payload: Payload,
}

/// Who takes part: `ada` founded the team, the others are strangers to it.
#[derive(Clone, Copy)]
pub(crate) struct Cast {
    pub(crate) ada: PersonKey,
    pub(crate) bob: PersonKey,
    pub(crate) cleo: PersonKey,
}

/// What is made in the story.
pub(crate) struct Made {
    pub(crate) link: NewInviteLink,
    pub(crate) code: NewTeamCode,
    pub(crate) invitations: Vec<NewInvitation>,
    /// What one of the invitations is sent again with.
    pub(crate) again: roster_domain::SecretRecord,
}

const EXPIRY: Timestamp = Timestamp::from_micros(9_000_000_000_000_000);

impl Made {
    pub(crate) fn by(maker: PersonKey) -> Self {
        let invitation =
            |address: &str| NewInvitation { access: given(), ..new_invitation(maker, address, EXPIRY) };
        Self {
            link: new_link(maker, EXPIRY),
            code: NewTeamCode {
                access: given(),
                expires_at: Some(EXPIRY),
                max_uses: Some(7),
                ..new_code(maker, CODE)
            },
            invitations: ["a@canary.example", "b@canary.example", "c@canary.example", "d@canary.example"]
                .map(invitation)
                .into(),
            again: secret(Uuid::now_v7()),
        }
    }
}

fn given() -> Access {
    access(&[("brand", "acme", "editor"), ("shelf", "*", "reader")], &["brand"])
}

fn given_record() -> AccessRecord {
    let grant = |kind: &str, resource: Option<&str>, role: &str| GrantRecord {
        kind: kind.into(),
        resource: resource.map(str::to_owned),
        role: role.into(),
    };
    AccessRecord {
        grants: vec![grant("brand", Some("acme"), "editor"), grant("shelf", None, "reader")],
        restricted: vec!["brand".into()],
    }
}

fn none() -> AccessRecord {
    AccessRecord::default()
}

fn of_team(change: Change, payload: Payload) -> Told {
    Told { change, target: None, other: None, payload }
}

fn of(target: &'static str, change: Change, payload: Payload) -> Told {
    Told { change, target: Some(target), other: None, payload }
}

fn let_in_by_ada(told: Told) -> Told {
    Told { other: Some("ada"), ..told }
}

/// What happens to the team and its invitations, links and codes.
pub(crate) fn ways_in(cast: Cast, made: &Made) -> Vec<Told> {
    let Made { link, code, invitations, again } = made;
    let (link_id, code_id) = (link.id.uuid(), code.id.uuid());
    let (expires_at, secret) = (EXPIRY, again.clone());
    let role = || "guest".to_owned();
    let mut story = vec![
        of_team(
            Change::InviteLinkCreated(link.clone()),
            Payload::InviteLinkCreated { link: link_id, role: role(), expires_at: EXPIRY.micros() },
        ),
        of_team(
            Change::TeamCodeCreated(code.clone()),
            Payload::TeamCodeCreated {
                code: code_id,
                role: role(),
                access: given_record(),
                expires_at: Some(EXPIRY.micros()),
                max_uses: Some(7),
            },
        ),
    ];
    story.extend(invitations.iter().map(|new| {
        let (invitation, access) = (new.id.uuid(), given_record());
        of_team(
            Change::InvitationCreated(new.clone()),
            Payload::InvitationCreated { invitation, role: role(), access, expires_at: EXPIRY.micros() },
        )
    }));
    let ids: Vec<_> = invitations.iter().map(|new| new.id).collect();
    story.extend([
        of_team(
            Change::InvitationResent {
                invitation: ids[0],
                maker: cast.ada,
                expires_at,
                secret,
                delivery: Delivery::Token,
            },
            Payload::InvitationResent { invitation: ids[0].uuid(), expires_at: EXPIRY.micros() },
        ),
        of(
            "bob",
            Change::InvitationAccepted { invitation: ids[0], person: cast.bob },
            Payload::InvitationAccepted { invitation: ids[0].uuid() },
        ),
        of(
            "cleo",
            Change::InvitationDeclined { invitation: ids[1], person: cast.cleo },
            Payload::InvitationDeclined { invitation: ids[1].uuid() },
        ),
        of_team(
            Change::InvitationCancelled { invitation: ids[2] },
            Payload::InvitationCancelled { invitation: ids[2].uuid() },
        ),
        of_team(
            Change::InvitationExpired { invitation: ids[3] },
            Payload::InvitationExpired { invitation: ids[3].uuid() },
        ),
    ]);
    story
}

/// How people come.
pub(crate) fn arrivals(Cast { ada, bob, cleo }: Cast, made: &Made) -> Vec<Told> {
    let joins = |person, by, access: Access| {
        let email = Some(email(ADDRESS));
        Change::MemberJoined(NewMember { by, access, email, ..newcomer(person, "guest") })
    };
    let told = |method, through: Option<Uuid>, access| Payload::MemberJoined {
        role: "guest".into(),
        method,
        through,
        invited_by: through.map(|_| ada.0),
        access,
    };
    let (link, code, invitation) = (made.link.id, made.code.id, made.invitations[0].id);
    let by_link = told(JoinMethod::InviteLink, Some(link.uuid()), none());
    let by_code = told(JoinMethod::TeamCode, Some(code.uuid()), given_record());
    let by_mail = told(JoinMethod::Invitation, Some(invitation.uuid()), given_record());
    let by_import = told(JoinMethod::Import, None, none());
    let away = |access| Payload::MemberLeft { role: "guest".into(), access };
    let nothing = Access::default;
    vec![
        let_in_by_ada(of("bob", joins(bob, JoinedBy::InviteLink { link, maker: ada }, nothing()), by_link)),
        of("bob", left(bob, "guest"), away(none())),
        of("bob", joins(bob, JoinedBy::Import, nothing()), by_import),
        of(
            "bob",
            Change::MemberLeft { person: bob, role: role("guest"), access: given() },
            away(given_record()),
        ),
        let_in_by_ada(of("bob", joins(bob, JoinedBy::TeamCode { code, maker: ada }, given()), by_code)),
        let_in_by_ada(of(
            "cleo",
            joins(cleo, JoinedBy::Invitation { invitation, maker: ada }, given()),
            by_mail,
        )),
    ]
}

/// What happens to those who came.
pub(crate) fn members(Cast { ada, bob, cleo }: Cast) -> Vec<Told> {
    let (before, after, state) = (given(), Access::default(), MemberState::Suspended);
    let (old_role, new_role) = ("guest".into(), "steward".into());
    let role_name = || "steward".to_owned();
    let kind = before.grants[0].kind.clone();
    let transferred = Change::OwnershipTransferred {
        role: role("owner"),
        from: ada,
        from_state: MemberState::Active,
        from_becomes: role("guest"),
        from_lowered: true,
        to: bob,
        to_was: role("steward"),
        to_lowered: false,
    };
    let moved = Payload::OwnershipTransferred {
        role: "owner".into(),
        old_role: role_name(),
        former: ada.0,
        former_new_role: "guest".into(),
    };
    let removed = Change::MemberRemoved { person: cleo, state, role: role("guest"), access: given() };
    let gone = Payload::MemberRemoved { role: "guest".into(), suspended: true, access: given_record() };
    vec![
        of("bob", role_changed(bob, "guest", "steward"), Payload::MemberRoleChanged { old_role, new_role }),
        of(
            "bob",
            access_changed(bob, &before, &after),
            Payload::MemberAccessChanged { before: given_record(), after: none() },
        ),
        of(
            "bob",
            Change::MemberEmailChanged { person: bob, email: email(ADDRESS) },
            Payload::MemberEmailChanged {},
        ),
        of("bob", suspended(bob, "steward"), Payload::MemberSuspended { role: role_name() }),
        of(
            "bob",
            Change::MemberRestored { person: bob, role: role("steward") },
            Payload::MemberRestored { role: role_name() },
        ),
        of_team(
            Change::ResourcePurged { kind, resource: resource("acme"), members: 1 },
            Payload::ResourcePurged { kind: "brand".into(), resource: "acme".into(), members: 1 },
        ),
        let_in_by_ada(of("bob", transferred, moved)),
        of("cleo", suspended(cleo, "guest"), Payload::MemberSuspended { role: "guest".into() }),
        of("cleo", removed, gone),
    ]
}

/// How links, codes and the team itself end.
pub(crate) fn endings(Cast { ada, bob, .. }: Cast, made: &Made) -> Vec<Told> {
    let name = |text| DisplayName::parse(text).unwrap();
    let tier = |text| TierName::parse(text).unwrap();
    let (link, code) = (made.link.id, made.code.id);
    vec![
        of_team(
            Change::TeamRenamed { old: name("Chess"), new: name("Schach") },
            Payload::TeamRenamed { old: "Chess".into(), new: "Schach".into() },
        ),
        of_team(
            Change::TeamTierChanged { old: Some(tier("small")), new: tier("large") },
            Payload::TeamTierChanged { old: Some("small".into()), new: "large".into() },
        ),
        of_team(
            Change::InviteLinkAdopted { link, maker: bob },
            Payload::InviteLinkAdopted { link: link.uuid() },
        ),
        of_team(Change::InviteLinkRevoked { link }, Payload::InviteLinkRevoked { link: link.uuid() }),
        of_team(Change::TeamCodeAdopted { code, maker: ada }, Payload::TeamCodeAdopted { code: code.uuid() }),
        of_team(Change::TeamCodeRevoked { code }, Payload::TeamCodeRevoked { code: code.uuid() }),
        of_team(Change::TeamCodeDeleted { code }, Payload::TeamCodeDeleted { code: code.uuid() }),
        of_team(Change::TeamDeleted, Payload::TeamDeleted {}),
    ]
}
