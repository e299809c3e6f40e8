//! What the answers are compared with.

use roster_proto::v1::{Member, Team};
use roster_testkit::{Actor, Kind, Options, OwnPolicy, Server, known};

use crate::scene::{POLICY, TEXT};

/// A policy like the hall's, where neither invitations nor suspended members hold seats.
pub(crate) const LOFT: &str = "loft";

/// A service with the policies hall and loft beside the presets. The files must outlive it.
pub(crate) async fn house(kind: Kind) -> (OwnPolicy, Server) {
    house_with(kind, |options| options).await
}

/// The same, with what is special about this run.
pub(crate) async fn house_with(kind: Kind, with: impl FnOnce(Options) -> Options) -> (OwnPolicy, Server) {
    let policy = OwnPolicy::of(TEXT);
    let loft =
        TEXT.replace(&format!("\"{POLICY}\""), &format!("\"{LOFT}\"")).replace("HALL-", "LOFT-").replace(
            "pending_invitations_hold = true",
            "pending_invitations_hold = false\nsuspended_members_hold = false",
        );
    policy.add("loft.toml", &loft);
    let server = Server::start_with(kind, with(policy.options())).await;
    (policy, server)
}

/// A person whose verified address is another than the one that is known.
pub(crate) fn moved(user: &str) -> Actor {
    roster_testkit::actor(user).email(&format!("{user}@moved.example.org"))
}

/// Fails unless a read shows the team of an answer.
pub(crate) async fn assert_team(server: &Server, reader: &str, answered: Option<Team>, what: &str) -> Team {
    let answered = answered.unwrap_or_else(|| panic!("{what}: the answer has the team"));
    assert_eq!(answered, server.team(known(reader), &answered.team_id).await, "{what}");
    answered
}

/// Fails unless a read shows the member of an answer.
pub(crate) async fn assert_member(
    server: &Server,
    (reader, team): (&str, &str),
    answered: Option<Member>,
    what: &str,
) -> Member {
    let answered = answered.unwrap_or_else(|| panic!("{what}: the answer has the member"));
    assert_eq!(answered, server.member(known(reader), team, &answered.user_id).await, "{what}");
    answered
}

/// A team as an answer shows it that only decides: there is nothing yet that has this etag.
pub(crate) fn undone(team: &Team) -> Team {
    Team { etag: String::new(), ..team.clone() }
}

/// A member as an answer shows them that only decides.
pub(crate) fn undone_member(member: &Member) -> Member {
    Member { etag: String::new(), ..member.clone() }
}
