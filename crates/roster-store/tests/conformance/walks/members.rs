//! What the store reads of a team and its members: each, all, by every filter, in both orders, page by page.

use roster_domain::facts::Occupancy;
use roster_domain::{Grant, GrantTarget, MemberState, PersonKey, ResourceId, RoleName};
use roster_model::PEOPLE;
use roster_store::{
    HolderOf, Member, MemberCount, MemberOf, MemberQuery, MembershipOf, Purge, SeatsTaken, TeamQuery,
};

use super::world::{World, name};

/// How many members a page has.
const PAGE: usize = 2;

impl World<'_> {
    /// Looks at one of the teams after an act, each time at something else of it.
    pub(super) async fn look(&self, side: usize, n: usize) {
        if self.sides[side].team.facts.is_none() {
            return self.look_at_deleted(side, n).await;
        }
        if n % 12 == 7 {
            self.look_across(n / 12).await;
        }
        match n % 6 {
            0 => self.look_at_members(side, n).await,
            1 => self.look_at_invitations(side, n).await,
            2 => self.look_at_links_and_codes(side, n).await,
            3 => self.look_at_events(side, n).await,
            4 => self.look_at_previews(side, n).await,
            _ => self.look_at_each(side).await,
        }
    }

    /// Looks at everything.
    pub(super) async fn look_at_all(&self) {
        for side in 0..self.sides.len() {
            for n in (0..6).chain(60..72) {
                self.look(side, n).await;
            }
        }
        self.look_across(0).await;
        self.look_across(2).await;
    }

    /// The team, and each of all people in it.
    pub(super) async fn look_at_each(&self, side: usize) {
        let team = &self.sides[side].team;
        for person in (0..PEOPLE).map(PersonKey) {
            if self.is_erased(person) {
                continue;
            }
            let user = name(person);
            let question = ((MembershipOf(&user), HolderOf(&user)), MemberOf(&user));
            let asked = self.store.ask(self.sides[side].id, &self.policies, |_| true, &question).await;
            let asked = asked.unwrap().expect("a team");
            assert_eq!((asked.team, asked.now), (self.team_shown(side), self.now()));
            let ((membership, holder), shown) = asked.facts;
            assert_eq!(membership.as_ref(), team.place(person));
            let expected = self.inviter(side, person).0;
            assert_eq!(holder, expected);
            assert_eq!(shown, team.member(person).map(|one| self.member_shown(side, one)));
        }
        self.look_at_counts(side).await;
    }

    async fn look_at_counts(&self, side: usize) {
        let team = &self.sides[side].team;
        for state in [MemberState::Active, MemberState::Suspended] {
            let of = |role| MemberCount { state, role };
            let all = team.members.iter().filter(|one| one.place.state == state).count();
            assert_eq!(self.ask(side, of(None)).await, Some(i64::try_from(all).unwrap()));
            for role in self.policy.roles.iter().take(3) {
                let count = self.ask(side, of(Some(&role.name))).await;
                assert_eq!(count, Some(team.counted(&role.name, state)), "{}", role.name);
            }
        }
        for (kind, resource) in self.policy.kinds.iter().flat_map(|kind| ["r0", "r1"].map(|id| (kind, id))) {
            let resource = ResourceId::parse(resource).unwrap();
            let actor = name(PersonKey(0));
            let question = Purge { actor: &actor, kind: &kind.name, resource: &resource };
            let found = self.ask(side, question).await.unwrap();
            assert_eq!((found.members, found.offers), team.granted(&kind.name, &resource), "{resource:?}");
        }
        let expected = if self.policy.seats.is_some() { team.occupancy() } else { Occupancy::default() };
        assert_eq!(self.ask(side, SeatsTaken).await, Some(expected));
    }

    async fn look_at_members(&self, side: usize, n: usize) {
        let all = self.members_shown(side);
        let roles = &self.policy.roles;
        let state = if n / 12 % 3 < 2 { MemberState::Active } else { MemberState::Suspended };
        let any = MemberQuery {
            state,
            role: None,
            resource: None,
            email_prefix: None,
            after: None,
            descending: (n / 6).is_multiple_of(2),
            limit: PAGE as u64,
        };
        self.list(side, &all, &any).await;
        let role = Some(roles[n / 6 % roles.len()].name.clone());
        self.list(side, &all, &MemberQuery { role: role.clone(), ..any.clone() }).await;
        let prefix = Some(["p", "p1", "p3@", "p4@example.org", "q", "p_"][n / 6 % 6].to_owned());
        self.list(side, &all, &MemberQuery { email_prefix: prefix.clone(), ..any.clone() }).await;
        let granted = all.iter().flat_map(|one| &one.access.grants).filter_map(one_resource).next_back();
        if let Some(resource) = granted {
            let by_resource = MemberQuery { resource: Some(resource), ..any.clone() };
            self.list(side, &all, &by_resource).await;
            self.list(side, &all, &MemberQuery { role, email_prefix: prefix, ..by_resource }).await;
        }
    }

    /// Lists page by page.
    async fn list(&self, side: usize, all: &[Member], query: &MemberQuery) {
        let mut expected: Vec<_> = all.iter().filter(|one| fits(one, query)).cloned().collect();
        if query.descending {
            expected.reverse();
        }
        let mut after = None;
        for page in expected.chunks(PAGE).chain(expected.len().is_multiple_of(PAGE).then_some(&[][..])) {
            let listed = self.ask(side, MemberQuery { after, ..query.clone() }).await.unwrap();
            assert_eq!(listed, page, "{query:?} after {after:?}");
            after = page.last().map(|last| (last.joined_at, last.person));
        }
    }

    /// A person's teams where they have one of these roles, one a page.
    async fn list_teams(&self, person: PersonKey, roles: &[&RoleName]) {
        let is_in = |side: &usize| {
            let team = &self.sides[*side].team;
            let place = team.place(person).filter(|_| team.facts.is_some());
            place.is_some_and(|one| roles.contains(&&one.role) && one.state == MemberState::Active)
        };
        let expected = (0..self.sides.len()).filter(is_in);
        let expected: Vec<_> =
            expected.map(|side| (self.team_shown(side), self.sides[side].team.occupancy())).collect();
        let mut after = None;
        for page in expected.chunks(1).chain([&[][..]]) {
            let roles = roles.iter().map(|role| (self.policy.name.clone(), (*role).clone())).collect();
            let query = TeamQuery { roles, external_id: None, after, limit: 1 };
            let listed = self.store.teams_of(&name(person), &query, &self.policies).await.unwrap();
            assert_eq!(listed, page, "the teams of {person:?} by {:?}", query.roles);
            after = page.first().map(|(team, _)| team.id);
        }
    }

    /// What is read over all teams.
    async fn look_across(&self, n: usize) {
        let all: Vec<_> = self.policy.roles.iter().map(|role| &role.name).collect();
        for n in [n, n + 1] {
            let person = PersonKey(i64::try_from(n).unwrap() % PEOPLE);
            let place = self.sides.iter().find_map(|side| side.team.place(person));
            let one = place.map_or(all[n % all.len()], |place| &place.role);
            self.list_teams(person, &[one]).await;
            self.list_teams(person, &all).await;
        }
        self.look_at_received().await;
        self.look_at_overdue().await;
        self.look_at_mails().await;
    }
}

fn one_resource(grant: &Grant) -> Option<(roster_domain::policy::KindName, roster_domain::ResourceId)> {
    match &grant.target {
        GrantTarget::One(resource) => Some((grant.kind.clone(), resource.clone())),
        GrantTarget::All => None,
    }
}

fn fits(one: &Member, query: &MemberQuery) -> bool {
    let email = one.email.as_deref().map(str::to_lowercase);
    one.state == query.state
        && query.role.as_ref().is_none_or(|role| one.role == *role)
        && query.email_prefix.as_ref().is_none_or(|prefix| email.is_some_and(|one| one.starts_with(prefix)))
        && query.resource.as_ref().is_none_or(|asked| {
            one.access.grants.iter().filter_map(one_resource).any(|resource| resource == *asked)
        })
}
