//! A calling service adds people who were members elsewhere.

use std::collections::HashMap;

use super::access::{Giving, check_grants, offered};
use super::seats::{Taker, require_seat};
use super::standing::givable;
use crate::facts::{AdditionFacts, Occupancy};
use crate::policy::{Policy, RoleName};
use crate::{
    Access, Change, EmailAddress, Grant, JoinedBy, MemberState, NewMember, PersonKey, Refusal, Timestamp,
};

/// A person who is to be added.
#[derive(Clone, Debug)]
pub struct Addition {
    /// The person.
    pub person: PersonKey,
    /// Its role.
    pub role: RoleName,
    /// What it is granted.
    pub grants: Vec<Grant>,
    /// Its address, if one is known; the calling service vouches for it.
    pub email: Option<EmailAddress>,
    /// When it joined; none is now.
    pub joined_at: Option<Timestamp>,
}

/// Decides for each person by itself, in this order, whether it can be added: the change, or none where it is an
/// active member with that very role and access already.
#[must_use]
pub fn add_members(
    policy: &Policy,
    facts: &AdditionFacts,
    additions: &[Addition],
    grant_cap: u64,
    now: Timestamp,
) -> Vec<Result<Option<Change>, Refusal>> {
    let mut members: HashMap<PersonKey, (RoleName, MemberState, Access)> = HashMap::new();
    for (member, access) in &facts.members {
        members.insert(member.person, (member.role.clone(), member.state, access.clone()));
    }
    let mut occupancy = facts.occupancy;
    let mut answers = Vec::with_capacity(additions.len());
    for addition in additions {
        let answer = add(policy, facts, addition, (&members, occupancy), grant_cap, now);
        if let Ok(Some(new)) = &answer {
            members.insert(new.person, (new.role.clone(), MemberState::Active, new.access.clone()));
            occupancy.active += 1;
        }
        answers.push(answer.map(|new| new.map(Change::MemberJoined)));
    }
    answers
}

fn add(
    policy: &Policy,
    facts: &AdditionFacts,
    addition: &Addition,
    (members, occupancy): (&HashMap<PersonKey, (RoleName, MemberState, Access)>, Occupancy),
    grant_cap: u64,
    now: Timestamp,
) -> Result<Option<NewMember>, Refusal> {
    let role = givable(policy, &addition.role)?;
    check_grants(policy, role, &addition.grants, Giving::Set, grant_cap)?;
    let access = offered(policy, &addition.grants);
    if addition.joined_at.is_some_and(|at| at > now) {
        return Err(Refusal::JoinTimeAhead);
    }
    match members.get(&addition.person) {
        Some((had, MemberState::Active, has)) if *had == role.name && *has == access => return Ok(None),
        Some(_) => return Err(Refusal::AlreadyMember),
        None => {}
    }
    require_seat(policy, &facts.team, occupancy, Taker::Newcomer)?;
    Ok(Some(NewMember {
        person: addition.person,
        role: role.name.clone(),
        access,
        by: JoinedBy::Import,
        email: addition.email.clone(),
        joined_at: addition.joined_at,
    }))
}
