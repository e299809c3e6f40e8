//! Between the plan's words and the contract's.

use roster_proto::v1 as pb;

use super::plan::{Grant, Member, Place};

/// A member as it was listed.
pub(super) fn member(member: pb::Member) -> Member {
    let suspended = member.state() == pb::MemberState::Suspended;
    let founded = member.join_method() == pb::JoinMethod::Founder;
    let grants = member.grants.into_iter().map(grant).collect();
    let place = Place { role: member.role, grants };
    Member { user_id: member.user_id, place, suspended, founded, etag: member.etag }
}

fn grant(grant: pb::Grant) -> Grant {
    let resource = match grant.target {
        Some(pb::grant::Target::ResourceId(resource)) => Some(resource),
        Some(pb::grant::Target::AllResources(_)) | None => None,
    };
    Grant { kind: grant.kind, resource, role: grant.role }
}

/// Grants to be sent.
pub(super) fn grants(place: &Place) -> Vec<pb::Grant> {
    let send = |grant: &Grant| pb::Grant {
        kind: grant.kind.clone(),
        target: Some(match &grant.resource {
            Some(resource) => pb::grant::Target::ResourceId(resource.clone()),
            None => pb::grant::Target::AllResources(true),
        }),
        role: grant.role.clone(),
    };
    place.grants.iter().map(send).collect()
}

/// Grants that take the place of all that there are. Restrictions are not lifted.
pub(super) fn access(place: &Place) -> pb::AccessChange {
    pb::AccessChange { grants: grants(place), unrestrict_kinds: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_come_back_as_they_went() {
        let grant = |resource: Option<&str>| Grant {
            kind: "mill".into(),
            resource: resource.map(str::to_owned),
            role: "read".into(),
        };
        let place = Place { role: "hand".into(), grants: [grant(None), grant(Some("a"))].into() };
        let sent = pb::Member {
            role: "hand".into(),
            grants: grants(&place),
            state: pb::MemberState::Suspended.into(),
            join_method: pb::JoinMethod::Founder.into(),
            ..pb::Member::default()
        };
        let back = member(sent);
        assert_eq!(back.place, place);
        assert!(back.suspended && back.founded);
    }
}
