//! The team that an import is for: found by the product's own key, or made, and who may look at it and change it.

use anyhow::{Context, bail};
use roster_proto::v1 as pb;

use super::client::{Client, Failure, Teams, request_id};
use super::desired::Desired;
use super::plan::Member;
use super::wire;

/// In members: the most that the service lists at once.
const PAGE: i32 = 200;

/// What makes a team, and what finds it again.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) policy: &'a str,
    pub(super) name: &'a str,
    pub(super) external_id: &'a str,
    /// Who is to found it, or to count as its founder.
    pub(super) founder: Option<&'a str>,
    /// Who is to act, by the id that the service knows.
    pub(super) actor: Option<&'a str>,
    /// Whether to make none.
    pub(super) dry_run: bool,
}

/// A team.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) team_id: String,
    pub(super) created: bool,
    /// All of its members, the suspended ones too.
    pub(super) members: Vec<Member>,
    /// Who acts, by the id that the service knows.
    pub(super) actor: String,
}

/// Finds the team or makes it; none if it would have to be made and this is a dry run. The founder of a team that was
/// there must still be an admin in the file.
pub(super) async fn find_or_create(
    client: &Client,
    wanted: &Wanted<'_>,
    desired: &Desired,
) -> anyhow::Result<Option<Found>> {
    let founder = match wanted.founder {
        Some(login) => {
            desired.admin(login).with_context(|| format!("the founder {login} is not among the admins"))?
        }
        None => desired.people.first().context("there is nobody to found the team")?,
    };
    let request = pb::CreateTeamRequest {
        policy: wanted.policy.to_owned(),
        display_name: wanted.name.to_owned(),
        external_id: wanted.external_id.to_owned(),
        request_id: request_id(),
        validate_only: wanted.dry_run,
        ..pb::CreateTeamRequest::default()
    };
    let send = async |mut teams: Teams, request| teams.create_team(request).await;
    let answer = client.call(Some(&founder.login), &request, send).await;
    let (team_id, created) = match answer {
        Ok(_) if wanted.dry_run => return Ok(None),
        Ok(answer) => (answer.team.context("the service named no team")?.team_id, true),
        Err(failure) if failure.is("EXTERNAL_ID_TAKEN") => {
            (failure.about("team_id").context("the service named no team")?.to_owned(), false)
        }
        Err(failure) => return Err(failure).context("creating the team"),
    };
    let (reader, members) = if created {
        (founder.login.clone(), list(client, &founder.login, &team_id).await.context("listing the members")?)
    } else {
        read(client, &team_id, wanted, desired).await?
    };
    if !created {
        require_policy(client, &reader, &team_id, wanted.policy).await?;
    }
    let founder = founder_of(&members, wanted, desired)?;
    let actor = wanted.actor.map(str::to_owned).or(founder).unwrap_or(reader);
    Ok(Some(Found { team_id, created, members, actor }))
}

/// Reads the members as the first who may: whoever is to act, the founder, or one of the file's admins.
async fn read(
    client: &Client,
    team_id: &str,
    wanted: &Wanted<'_>,
    desired: &Desired,
) -> anyhow::Result<(String, Vec<Member>)> {
    let admins = desired.people.iter().filter(|person| person.is_admin).map(|person| person.login.as_str());
    let candidates: Vec<&str> = match wanted.actor {
        Some(actor) => vec![actor],
        None => wanted.founder.into_iter().chain(admins).collect(),
    };
    let mut last = None;
    for candidate in candidates {
        match list(client, candidate, team_id).await {
            Ok(members) => return Ok((candidate.to_owned(), members)),
            Err(failure) if failure.is_about_the_row() => last = Some(failure),
            Err(failure) => return Err(failure).context("listing the members"),
        }
    }
    let why = last.map(|failure| failure.to_string()).unwrap_or_default();
    bail!("none of the file's admins can look at the team {team_id}; --actor names who acts: {why}")
}

async fn list(client: &Client, actor: &str, team_id: &str) -> Result<Vec<Member>, Failure> {
    let mut members = Vec::new();
    for state in [pb::MemberState::Active, pb::MemberState::Suspended] {
        let filter = pb::list_members_request::Filter { state: state.into(), ..Default::default() };
        let mut request = pb::ListMembersRequest {
            team_id: team_id.to_owned(),
            page_size: PAGE,
            filter: Some(filter),
            ..pb::ListMembersRequest::default()
        };
        loop {
            let send = async |mut teams: Teams, request| teams.list_members(request).await;
            let page = client.call(Some(actor), &request, send).await?;
            members.extend(page.members.into_iter().map(wire::member));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
    }
    Ok(members)
}

async fn require_policy(client: &Client, actor: &str, team_id: &str, policy: &str) -> anyhow::Result<()> {
    let request = pb::GetTeamRequest { team_id: team_id.to_owned() };
    let send = async |mut teams: Teams, request| teams.get_team(request).await;
    let team = client.call(Some(actor), &request, send).await.context("reading the team")?.team;
    let team = team.context("the service named no team")?;
    if team.policy != policy {
        bail!("the team {team_id} is there and follows the policy {}, not {policy}", team.policy);
    }
    Ok(())
}

/// The active member that counts as the founder: whom the command line names, else who created the team.
fn founder_of(members: &[Member], wanted: &Wanted<'_>, desired: &Desired) -> anyhow::Result<Option<String>> {
    let founder = members.iter().find(|member| match wanted.founder {
        Some(login) => member.user_id.eq_ignore_ascii_case(login),
        None => member.founded,
    });
    if let Some(Member { user_id, .. }) = founder.filter(|member| desired.admin(&member.user_id).is_none()) {
        bail!("the team's founder {user_id} is no admin in the file any more; --founder names another admin");
    }
    Ok(founder.filter(|member| !member.suspended).map(|member| member.user_id.clone()))
}
