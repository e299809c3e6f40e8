//! Acts out the stories of the manuals on the team in memory, by the decisions alone.

use std::collections::BTreeMap;

use roster_domain::decide::{
    Addition, Answerer, CodeRequest, InvitationRequest, NewRole, Presented, TransferBy, accept_invitation,
    add_members, cancel_invitation, change_role, create_code, create_invitation, create_link,
    decline_invitation, delete_code, delete_team, leave_team, redeem_code, redeem_link, remove_member,
    rename_team, restore_member, revoke_code, role_on, seats, set_access, set_tier, standing, suspend_member,
    transfer_ownership,
};
use roster_domain::facts::{
    ActorFacts, AdditionFacts, AnswerFacts, CodeCreationFacts, CodeFacts, CodeRedemptionFacts, Invitation,
    InvitationFacts, JoinFacts, LinkCreationFacts, MemberFacts, RedemptionFacts, RemovalFacts,
    RestorationFacts, TeamCode, TransferFacts,
};
use roster_domain::policy::{KindName, Lifetime, Policy, TierName, presets};
use roster_domain::{
    AccessRequest, Change, CodeId, CodeText, Delivery, DisplayName, EmailAddress, Grant, GrantTarget,
    InvitationId, InviteLink, LinkId, MemberState, PersonKey, ResourceId, RoleName, Timestamp,
};
use roster_stories::{Expected, Step, Story, grant, micros, stories};

use crate::acts::Outcome;
use crate::load::open_to;
use crate::refusals;
use crate::scene::secret;
use crate::team::Team;

/// More than a manual speaks of.
const CAP: u64 = 100;

#[test]
fn the_manuals_tell_what_the_rules_decide() {
    let policies: BTreeMap<_, _> =
        presets().into_iter().map(|policy| (policy.name.to_string(), policy)).collect();
    for story in stories() {
        tell(&policies[&story.policy], &story);
    }
}

fn tell(policy: &Policy, story: &Story) {
    let start = Timestamp::from_micros(1_772_366_400_000_000);
    let mut scene = Scene { team: Team::founded(policy, start, story.personal), codes: vec![] };
    for step in &story.steps {
        let said = || format!("{}: {:?}", story.manual, step.words.join(" "));
        let before = scene.team.clone();
        let outcome = scene.act(step).map_err(|refusal| refusals::name(&refusal).to_owned());
        let expected = match &step.expected {
            Expected::Done => Ok(true),
            Expected::Nothing => Ok(false),
            Expected::Refused(reason) => Err(reason.clone()),
        };
        let told = outcome.map(|changes| match changes {
            Some(changes) => {
                scene.team.apply(&changes).unwrap_or_else(|error| panic!("{}: {error}", said()));
                !changes.is_empty()
            }
            // It is so, or time has passed.
            None => true,
        });
        assert_eq!(told, expected, "{}", said());
        if step.would {
            scene.team = before;
        } else {
            let known = scene.codes.clone();
            scene.codes.extend(scene.team.codes.iter().map(|one| one.id).filter(|id| !known.contains(id)));
        }
    }
}

struct Scene<'p> {
    team: Team<'p>,
    /// The codes that were made, the deleted ones too.
    codes: Vec<CodeId>,
}

/// Everybody. Each one's key is their place.
const PEOPLE: [&str; 9] = ["ada", "bob", "cem", "dan", "eve", "fay", "gil", "hal", "ida"];

/// What was decided; nothing where a step is no act.
type Told = Result<Option<Vec<Change>>, roster_domain::Refusal>;

impl Scene<'_> {
    fn act(&mut self, step: &Step) -> Told {
        let words = step.words();
        self.happens(&words).map_or_else(
            || {
                let outcome = self.on_members(&words).or_else(|| self.on_offers(&words));
                outcome.unwrap_or_else(|| panic!("{words:?} is no step")).map(Some)
            },
            |()| Ok(None),
        )
    }

    /// What happens by itself, or is so.
    fn happens(&mut self, words: &[&str]) -> Option<()> {
        match *words {
            ["wait", ref time @ ..] => {
                self.team.now = Timestamp::from_micros(self.team.now.micros() + micros(time, 1));
            }
            [who, "is", ref place @ ..] => {
                let place = place.join(" ");
                let found = self.team.place(person(who)).map(|member| match member.state {
                    MemberState::Active => member.role.to_string(),
                    MemberState::Suspended => format!("suspended {}", member.role),
                });
                assert_eq!(found.as_deref().unwrap_or("nobody"), place, "{words:?}");
            }
            [who, "may", "not", permissions] => self.may(who, permissions, false),
            [who, "may", permissions] => self.may(who, permissions, true),
            [who, "reaches", ref resources @ ..] => resources.iter().for_each(|word| self.reaches(who, word)),
            ["seats", limit, "used", used, "pending", pending, "available", available] => {
                let seats = seats(self.team.policy, self.team.tier(), self.team.occupancy()).expect("seats");
                let found =
                    [seats.limit, seats.used, seats.pending, seats.available].map(|one| one.to_string());
                assert_eq!(found, [limit, used, pending, available], "{words:?}");
            }
            ["pending", ref whom @ ..] => {
                let pending = self.team.invitations.iter().filter(|one| self.team.is_pending(one));
                let pending: Vec<_> = pending.map(|one| one.email.clone()).collect();
                let whom = whom.iter().filter(|who| **who != "nobody").map(|who| address(who));
                assert_eq!(pending, whom.collect::<Vec<_>>(), "{words:?}");
            }
            ["code", place, "has", uses, "uses"] => assert_eq!(self.code(place).uses.to_string(), uses),
            ["link", place, "has", uses, "uses"] => assert_eq!(self.link(place).uses.to_string(), uses),
            _ => return None,
        }
        Some(())
    }

    fn may(&self, who: &str, permissions: &str, expected: bool) {
        let person = person(who);
        for permission in permissions.split(',') {
            let permission: &'static str = permission.to_owned().leak();
            let standing = standing(self.team.policy, self.team.place(person));
            let may = standing.is_ok_and(|standing| standing.require(permission).is_ok());
            assert_eq!(may, expected, "{who} and {permission}");
        }
    }

    fn reaches(&self, who: &str, word: &str) {
        let (resource, role) = word.split_once('=').expect("a resource and a role");
        let holder = self.team.holder(person(who));
        let found = holder.as_ref().and_then(|holder| {
            let standing = standing(self.team.policy, Some(&holder.membership)).ok()?;
            let resource = ResourceId::parse(resource).expect("an id");
            role_on(&self.team.policy.kinds[0], &standing.role.name, &holder.access, Some(&resource))
        });
        assert_eq!(found.map_or("-", |role| role.name.as_str()), role, "{who} and {resource}");
    }

    fn on_members(&self, words: &[&str]) -> Option<Outcome> {
        let policy = self.team.policy;
        Some(match *words {
            ["add", who, "as", role] => {
                let addition = Addition {
                    person: person(who),
                    role: self::role(role),
                    grants: vec![],
                    email: Some(address(who)),
                    joined_at: None,
                };
                let facts =
                    AdditionFacts { team: self.facts(), members: vec![], occupancy: self.team.occupancy() };
                let added = add_members(policy, &facts, &[addition], CAP, self.team.now);
                added.into_iter().map(|one| one.map(|change| change.expect("a newcomer"))).collect()
            }
            ["tier", tier] => set_tier(policy, &self.facts(), TierName::parse(tier).expect("a name")),
            [who, "renames", name] => {
                rename_team(policy, &self.actor(who), &DisplayName::parse(name).expect("a name"), None)
            }
            [who, "deletes"] => delete_team(policy, &self.actor(who), None),
            [who, "leaves"] => leave_team(policy, &self.member(who, who)),
            [who, "makes", whom, role, ref with @ ..] => {
                let access =
                    (!with.is_empty()).then(|| AccessRequest { grants: grants(with), unrestrict: vec![] });
                let new = NewRole { role: &self::role(role), access: access.as_ref(), grant_cap: CAP };
                change_role(policy, &self.member(who, whom), &new, None)
            }
            [who, "grants", whom, ref granted @ ..] => {
                let request = AccessRequest { grants: grants(granted), unrestrict: vec![] };
                set_access(policy, &self.member(who, whom), &request, None, CAP)
            }
            [who, "unrestricts", whom, kind] => {
                let kind = KindName::parse(kind).expect("a name");
                let request = AccessRequest { grants: vec![], unrestrict: vec![kind] };
                set_access(policy, &self.member(who, whom), &request, None, CAP)
            }
            [who, "suspends", whom] => suspend_member(policy, &self.member(who, whom), None),
            [who, "restores", whom] => {
                let facts =
                    RestorationFacts { member: self.member(who, whom), occupancy: self.team.occupancy() };
                restore_member(policy, &facts, None)
            }
            [who, "removes", whom] => {
                let facts = RemovalFacts {
                    member: self.member(who, whom),
                    invitations: open_to(&self.team, address(whom).key()).cloned().collect(),
                    links: vec![],
                    codes: vec![],
                };
                remove_member(policy, &facts, false, None, self.team.now)
            }
            [who, "transfers", whom] => {
                let founder = &policy.founder().name;
                let holder = self.team.members.iter().find(|one| one.place.role == *founder).cloned();
                let facts = self.member(who, whom);
                let facts = TransferFacts {
                    actor: facts.actor,
                    holder: holder.as_ref().map(|one| one.place.clone()),
                    holder_access: holder.map(|one| one.access).unwrap_or_default(),
                    target: facts.target,
                    target_access: facts.target_access,
                };
                transfer_ownership(policy, &facts, TransferBy::Member)
            }
            _ => return None,
        })
    }

    fn on_offers(&self, words: &[&str]) -> Option<Outcome> {
        let (policy, now) = (self.team.policy, self.team.now);
        let id = uuid::Uuid::from_u128(self.team.made + 1);
        Some(match *words {
            [who, "invites", whom, "as", role, ref with @ ..] => {
                let email = address(whom);
                let facts = InvitationFacts {
                    pending: open_to(&self.team, email.key()).next().cloned(),
                    is_member: self.team.member(person(whom)).is_some(),
                    ..self.invitation(who, None)
                };
                let request = InvitationRequest {
                    email: &email,
                    role: &self::role(role),
                    grants: &grants(with),
                    delivery: Delivery::Token,
                    grant_cap: CAP,
                    pending_cap: CAP,
                };
                create_invitation(
                    policy,
                    &facts,
                    &request,
                    (InvitationId::from_uuid(id), secret(self.team.made)),
                    now,
                )
            }
            [who, "cancels", whom] => {
                cancel_invitation(policy, &self.invitation(who, Some(self.latest(whom))), None, now)
            }
            [who, "accepts", ref of @ ..] => {
                let (facts, email) = self.answer(who, of);
                let answerer =
                    Answerer { person: person(who), email: Some(&email), presented: Presented::ByToken };
                accept_invitation(policy, &facts, answerer, now)
            }
            [who, "declines", ref of @ ..] => {
                let (facts, email) = self.answer(who, of);
                let answerer =
                    Answerer { person: person(who), email: Some(&email), presented: Presented::ByToken };
                decline_invitation(policy, &facts, answerer, now)
            }
            [who, "creates", "link"] => {
                let ActorFacts { actor, .. } = self.actor(who);
                let actor_access = self.team.access(person(who));
                let facts = LinkCreationFacts { actor, actor_access, live_links: self.team.live_links() };
                create_link(policy, &facts, (LinkId::from_uuid(id), secret(self.team.made)), now, CAP)
            }
            [who, "opens", "link", place] => {
                let link = self.link(place).clone();
                let facts = RedemptionFacts { joining: self.joining(who, link.maker), link };
                redeem_link(policy, &facts, person(who), None, now)
            }
            [who, "creates", "code", "as", role, "for", life, ref rest @ ..] => {
                let (max_uses, with) = match *rest {
                    [count, "uses", ref with @ ..] => (count.parse().ok(), with),
                    ref with => (None, with),
                };
                let facts = CodeCreationFacts {
                    actor: self.actor(who).actor,
                    actor_access: self.team.access(person(who)),
                    live_codes: self.team.live_codes(),
                };
                let request = CodeRequest {
                    role: &self::role(role),
                    grants: &grants(with),
                    lifetime: (life != "never").then(|| Lifetime::parse(life).expect("a life")),
                    max_uses,
                    grant_cap: CAP,
                    code_cap: CAP,
                };
                let text = CodeText::new(format!("SK-{:06}", self.team.made));
                create_code(policy, &facts, &request, (CodeId::from_uuid(id), text), now)
            }
            [who, "types", "code", place] => {
                let code = self.code(place).clone();
                let facts = CodeRedemptionFacts { joining: self.joining(who, code.maker), code };
                redeem_code(policy, &facts, person(who), None, now)
            }
            [who, "revokes", "code", place] => revoke_code(policy, &self.code_facts(who, place)),
            [who, "deletes", "code", place] => delete_code(policy, &self.code_facts(who, place), now),
            _ => return None,
        })
    }
}

fn person(who: &str) -> PersonKey {
    let place = PEOPLE.iter().position(|one| *one == who).unwrap_or_else(|| panic!("nobody is called {who}"));
    PersonKey(i64::try_from(place).expect("few people"))
}

fn role(name: &str) -> RoleName {
    RoleName::parse(name).expect("a name")
}

fn address(who: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{who}@example.org")).expect("an address")
}

/// The grants after `with`, or `nothing`.
fn grants(words: &[&str]) -> Vec<Grant> {
    let words = words.iter().filter(|word| !["with", "nothing"].contains(word));
    let granted = |word: &&str| {
        let (kind, resource, role) = grant(word);
        let target = match resource {
            "*" => GrantTarget::All,
            id => GrantTarget::One(ResourceId::parse(id).expect("an id")),
        };
        Grant { kind: KindName::parse(kind).expect("a name"), target, role: self::role(role) }
    };
    words.map(granted).collect()
}

impl Scene<'_> {
    fn facts(&self) -> roster_domain::facts::TeamFacts {
        self.team.facts.clone().expect("a team")
    }

    fn actor(&self, who: &str) -> ActorFacts {
        let person = person(who);
        ActorFacts { team: self.facts(), actor: self.team.place(person).cloned() }
    }

    fn member(&self, who: &str, whom: &str) -> MemberFacts {
        let (who, whom) = (person(who), person(whom));
        let target = self.team.place(whom).cloned();
        let holders = target.as_ref().map(|one| self.team.counted(&one.role, MemberState::Active));
        MemberFacts {
            team: self.facts(),
            actor: self.team.place(who).cloned(),
            actor_access: self.team.access(who),
            target,
            target_access: self.team.access(whom),
            holders_of_target_role: holders.unwrap_or_default(),
        }
    }

    /// The last invitation to somebody.
    fn latest(&self, whom: &str) -> Invitation {
        let found = self.team.invitations.iter().rfind(|one| one.email == address(whom));
        found.unwrap_or_else(|| panic!("nobody has invited {whom}")).clone()
    }

    fn invitation(&self, who: &str, invitation: Option<Invitation>) -> InvitationFacts {
        let person = person(who);
        InvitationFacts {
            team: self.facts(),
            actor: self.team.place(person).cloned(),
            actor_access: self.team.access(person),
            pending: None,
            is_member: false,
            occupancy: self.team.occupancy(),
            live_invitations: self.team.live_invitations(invitation.as_ref().map(|one| one.id)),
            invitation,
        }
    }

    /// What an answer to the last invitation to oneself, or to another, needs.
    fn answer(&self, who: &str, of: &[&str]) -> (AnswerFacts, EmailAddress) {
        let whom = if let ["of", whom] = of { whom } else { who };
        let invitation = self.latest(whom);
        (AnswerFacts { joining: self.joining(who, invitation.maker), invitation }, address(who))
    }

    fn joining(&self, who: &str, maker: PersonKey) -> JoinFacts {
        let person = person(who);
        JoinFacts {
            team: self.facts(),
            membership: self.team.place(person).cloned(),
            removed_at: self.team.removals.get(&person).copied(),
            maker: self.team.holder(maker),
            occupancy: self.team.occupancy(),
        }
    }

    fn link(&self, place: &str) -> &InviteLink {
        &self.team.links[place.parse::<usize>().expect("a place") - 1]
    }

    fn find_code(&self, place: &str) -> Option<&TeamCode> {
        let id = self.codes[place.parse::<usize>().expect("a place") - 1];
        self.team.codes.iter().find(|one| one.id == id)
    }

    fn code(&self, place: &str) -> &TeamCode {
        self.find_code(place).unwrap_or_else(|| panic!("there is no code {place}"))
    }

    fn code_facts(&self, who: &str, place: &str) -> CodeFacts {
        let code = self.find_code(place).cloned();
        let maker = code.as_ref().and_then(|code| self.team.holder(code.maker));
        CodeFacts { actor: self.actor(who).actor, code, maker }
    }
}
