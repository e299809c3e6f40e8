//! What the team shall be, according to the file.
//!
//! Pure: the file and the rules in, people out. Logins are one person's if they differ in the case of ASCII letters
//! only, as on the code hosts that such files are for; nowhere else in Roster is that so.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::file::{Login, Organization, Team};
use super::rows::BadRow;
use super::rules::{KindRules, Rules};

/// The people that the file records, and what is wrong in it.
#[derive(Debug, Default)]
pub(super) struct Desired {
    /// The admins first, as they are listed.
    pub(super) people: Vec<Person>,
    /// People of teams who are neither admins nor members, by their keys: bad rows, about whom nothing is decided.
    pub(super) strangers: BTreeSet<String>,
    pub(super) bad: Vec<BadRow>,
    /// Whether people may be missing, since not all of the lists of admins and members could be read.
    pub(super) incomplete: bool,
}

/// A person with its place.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// As first spelt in the lists of admins and members.
    pub(super) login: String,
    pub(super) line: usize,
    pub(super) is_admin: bool,
    pub(super) role: String,
    /// Roles on resources of the kind, by resource.
    pub(super) grants: BTreeMap<String, String>,
    /// Resources on which the file gives some role that cannot be read: what there is stays, unless it is too low.
    pub(super) unclear: BTreeSet<String>,
}

/// What logins of one person have in common.
pub(super) fn key(login: &str) -> String {
    login.to_ascii_lowercase()
}

impl Desired {
    /// The admin with that login.
    pub(super) fn admin(&self, login: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.is_admin && person.login.eq_ignore_ascii_case(login))
    }
}

/// Reads the organization by those rules.
pub(super) fn desired(organization: &Organization, rules: &Rules) -> Desired {
    let mut desired =
        Desired { bad: organization.bad.clone(), incomplete: organization.incomplete, ..Desired::default() };
    let mut places = HashMap::new();
    list(&organization.admins, true, &rules.admin_role, &mut places, &mut desired);
    list(&organization.members, false, &rules.member_role, &mut places, &mut desired);
    let kind = rules.kind.as_ref();
    let mut walk = Walk { kind, places: &places, desired: &mut desired, ranks: HashMap::new() };
    walk.teams(&organization.teams, &mut Vec::new());
    walk.finish();
    // Those of the file's own text first, as one who mends it goes through it.
    desired.bad.sort_by_key(|row| row.line);
    desired
}

fn list(
    logins: &[Login],
    is_admin: bool,
    role: &str,
    places: &mut HashMap<String, usize>,
    desired: &mut Desired,
) {
    for login in logins {
        if let Some(place) = places.get(&key(&login.text)) {
            let line = desired.people[*place].line;
            let what = format!("{} is listed at line {line} already; that counts", login.text);
            desired.bad.push(BadRow::at(login.line, what));
            continue;
        }
        places.insert(key(&login.text), desired.people.len());
        desired.people.push(Person {
            login: login.text.clone(),
            line: login.line,
            is_admin,
            role: role.to_owned(),
            grants: BTreeMap::new(),
            unclear: BTreeSet::new(),
        });
    }
}

/// The roles of a team on repositories, by rank; none is one that cannot be read.
type Scope<'a> = Vec<(&'a str, Option<usize>)>;

struct Walk<'a> {
    kind: Option<&'a KindRules>,
    places: &'a HashMap<String, usize>,
    desired: &'a mut Desired,
    /// The highest rank of each person on each repository.
    ranks: HashMap<usize, BTreeMap<&'a str, usize>>,
}

impl<'a> Walk<'a> {
    /// Gives the people of each team its roles and, as code hosts do, those of the teams above it.
    fn teams(&mut self, teams: &'a [Team], above: &mut Vec<Scope<'a>>) {
        for team in teams {
            let scope = self.scope(team);
            above.push(scope);
            let mut seen = HashMap::new();
            for login in &team.people {
                if let Some(line) = seen.insert(key(&login.text), login.line) {
                    let what = format!("{} is in team {} at line {line} already", login.text, team.name);
                    self.desired.bad.push(BadRow::at(login.line, what));
                    continue;
                }
                self.person(team, login, above);
            }
            self.teams(&team.teams, above);
            above.pop();
        }
    }

    fn scope(&mut self, team: &'a Team) -> Scope<'a> {
        let mut scope = Vec::new();
        let Some(kind) = self.kind else { return scope };
        for repo in &team.repos {
            let rank = kind.rank(&repo.role);
            if rank.is_none() {
                let known = kind.roles.join(", ");
                let what = format!(
                    "team {}: {:?} is no role on a {}; there are: {known}",
                    team.name, repo.role, kind.name
                );
                self.desired.bad.push(BadRow::at(repo.line, what));
            }
            scope.push((repo.name.as_str(), rank));
        }
        scope
    }

    fn person(&mut self, team: &Team, login: &Login, scopes: &[Scope<'a>]) {
        let Some(&place) = self.places.get(&key(&login.text)) else {
            let what = format!("{} is in team {} and neither an admin nor a member", login.text, team.name);
            self.desired.bad.push(BadRow::at(login.line, what));
            self.desired.strangers.insert(key(&login.text));
            return;
        };
        let ranks = self.ranks.entry(place).or_default();
        for (repo, rank) in scopes.iter().flatten() {
            match rank {
                Some(rank) => {
                    let highest = ranks.entry(repo).or_insert(*rank);
                    *highest = (*highest).min(*rank);
                }
                None => drop(self.desired.people[place].unclear.insert((*repo).to_owned())),
            }
        }
    }

    fn finish(self) {
        let Some(kind) = self.kind else { return };
        for (place, ranks) in self.ranks {
            let person = &mut self.desired.people[place];
            if !kind.takes_grants(&person.role) {
                continue;
            }
            let grant = |(repo, rank): (&str, usize)| (repo.to_owned(), kind.roles[rank].clone());
            person.grants = ranks.into_iter().map(grant).collect();
        }
    }
}
