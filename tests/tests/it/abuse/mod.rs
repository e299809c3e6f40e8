//! What people try who should not get in, or not so far: each attempt over the wire, with the answer that it gets and
//! with nothing changed by it.

mod addresses;
mod beyond;
mod dictated;
mod looking;
mod makers;
mod managing;
mod presented;
mod removed;
mod strangers;
mod tokens;

use std::collections::BTreeMap;

use roster_proto::v1::{ErrorReason, Event, Invitation, InviteLink, Member, Team, TeamCode};
use roster_testkit::{Actor, Invite, Link, Server, address_of, assert_refused, refused};
use tonic::Status;

/// The lowest role of the policy that most of these tests use: it has all three ways in.
const APPRENTICE: &str = "apprentice";

/// One of each way into a team, all to its lowest role.
struct Ways {
    invite: Invite,
    link: Link,
    code: TeamCode,
}

impl Ways {
    /// Made by that member; the invitation is for that person.
    async fn of(server: &Server, maker: &str, team: &str, person: &str) -> Self {
        Self {
            invite: server.invite(maker, team, &address_of(person), APPRENTICE).await,
            link: server.create_link(maker, team).await,
            code: server.create_code(maker, team, APPRENTICE).await,
        }
    }

    /// Fails unless looking at each of them and joining by it are refused to that person for that reason.
    async fn assert_refused(&self, server: &Server, person: &Actor, reason: ErrorReason) {
        assert_refused(server.try_preview(person, &self.invite.token).await, reason);
        assert_refused(server.try_accept(person, &self.invite).await, reason);
        assert_refused(server.try_accept(person, self.invite.by_id()).await, reason);
        assert_refused(server.try_preview(person, &self.link.token).await, reason);
        assert_refused(server.try_redeem(person, &self.link.token).await, reason);
        server.assert_code_refused(person, &self.code.code, reason).await;
    }
}

/// All that can be seen of a team by a member who may see everything.
struct Seen {
    reader: String,
    team: Team,
    members: Vec<Member>,
    events: Vec<Event>,
    invitations: Vec<Invitation>,
    links: Vec<InviteLink>,
    codes: Vec<TeamCode>,
}

impl Seen {
    async fn by(server: &Server, reader: &str, team: &str) -> Self {
        Self {
            reader: reader.into(),
            team: server.team(reader, team).await,
            members: server.members(reader, team).await,
            events: server.events(reader, team).await,
            invitations: server.invitations(reader, team).await,
            links: server.links(reader, team).await,
            codes: server.codes(reader, team).await,
        }
    }

    /// Fails unless all of it is still so.
    async fn assert_still(&self, server: &Server) {
        let now = Self::by(server, &self.reader, &self.team.team_id).await;
        assert_eq!(now.team, self.team);
        assert_eq!(now.members, self.members);
        assert_eq!(now.events, self.events);
        assert_eq!(now.invitations, self.invitations);
        assert_eq!(now.links, self.links);
        assert!(now.codes == self.codes, "the codes have changed");
    }
}

/// All that a refusal tells, so that two can be compared.
#[track_caller]
fn told<T>(outcome: Result<T, Status>) -> String {
    let refused = refused(outcome);
    let metadata: BTreeMap<_, _> = refused.metadata.into_iter().collect();
    format!("{:?} {} {:?} {metadata:?} {:?}", refused.code, refused.reason, refused.message, refused.fields)
}
