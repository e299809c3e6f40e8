//! A walk through Roster as a product's backend makes it: a team, an invitation, a new member, a refusal.
//!
//! Copy `connection.rs`, `call.rs` and `explain`; the walk itself is yours to replace.

mod call;
mod connection;

use std::error::Error as _;
use std::fmt::Write as _;
use std::iter::successors;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use roster_proto::v1::accept_invitation_request::Invitation;
use roster_proto::v1::delivery_choice::Choice;
use roster_proto::v1::invitation_service_client::InvitationServiceClient;
use roster_proto::v1::team_service_client::TeamServiceClient;
use roster_proto::v1::{
    AcceptInvitationRequest, CreateInvitationRequest, CreateTeamRequest, DeliveryChoice, ListMembersRequest,
    ReturnToken,
};
use tonic::Status;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::call::call;
use crate::connection::{Person, acting_for, connect, variable};

const ADA: Person = Person { user_id: "ada", email: "ada@example.org" };
const BOB: Person = Person { user_id: "bob", email: "bob@example.org" };

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().or_else(|| variable("ROSTER_ADDRESS"));
    if arguments.next().is_some() {
        eprintln!("usage: roster-example [ADDRESS]");
        return ExitCode::from(2);
    }
    if let Err(error) = walk(&address.unwrap_or_else(|| "127.0.0.1:50051".into())).await {
        match error.downcast_ref() {
            Some(status) => eprintln!("error: {}", explain(status)),
            None => eprintln!("error: {error:#}"),
        }
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

async fn walk(address: &str) -> Result<()> {
    let channel = connect(address)?;
    let (ada, bob) = (acting_for(&ADA)?, acting_for(&BOB)?);
    // Clients are cheap to clone: they share the channel.
    let teams = TeamServiceClient::new(channel.clone());
    let invitations = InvitationServiceClient::new(channel);

    // A retry sends the same request_id again, so that what it asks for happens once. Keep the id beside the task if
    // you may have to repeat the call after a crash or a DEADLINE_EXCEEDED.
    let request = CreateTeamRequest {
        policy: "workspace".into(),
        display_name: "Analytical Engines".into(),
        request_id: new_request_id(),
        ..CreateTeamRequest::default()
    };
    let created = call(&ada, request, async |request| teams.clone().create_team(request).await).await?;
    let team = created.team.context("an answer without a team")?;
    println!("created {} under the policy {}", team.team_id, team.policy);

    // The answer holds the secret, for you to pass on; with SendEmail the service mails it. It belongs in no log.
    let request = CreateInvitationRequest {
        team_id: team.team_id.clone(),
        email: BOB.email.into(),
        role: "user".into(),
        delivery: Some(DeliveryChoice { choice: Some(Choice::ReturnToken(ReturnToken {})) }),
        request_id: new_request_id(),
        ..CreateInvitationRequest::default()
    };
    let invited =
        call(&ada, request, async |request| invitations.clone().create_invitation(request).await).await?;
    let invitation = invited.invitation.context("an answer without an invitation")?;
    println!("invited {} as {}", invitation.email, invitation.role);

    let request = AcceptInvitationRequest {
        invitation: Some(Invitation::Token(invited.token)),
        request_id: new_request_id(),
    };
    let accepted =
        call(&bob, request, async |request| invitations.clone().accept_invitation(request).await).await?;
    println!("joined: {}", accepted.member.context("an answer without a member")?.user_id);

    // Pages of one to show how it goes; take 50, the default, or up to 200.
    let mut list =
        ListMembersRequest { team_id: team.team_id.clone(), page_size: 1, ..ListMembersRequest::default() };
    for page in 1.. {
        let listed =
            call(&ada, list.clone(), async |request| teams.clone().list_members(request).await).await?;
        for member in listed.members {
            println!("page {page}: {}, {}", member.user_id, member.role);
        }
        if listed.next_page_token.is_empty() {
            break;
        }
        list.page_token = listed.next_page_token;
    }

    // Refused on purpose: an address that is none, no role, no delivery. All that is wrong is told at once.
    let request = CreateInvitationRequest {
        team_id: team.team_id,
        email: "nobody".into(),
        request_id: new_request_id(),
        ..CreateInvitationRequest::default()
    };
    match call(&ada, request, async |request| invitations.clone().create_invitation(request).await).await {
        Ok(_) => bail!("an invitation to nobody was made"),
        Err(refusal) => println!("refused: {}", explain(&refusal)),
    }
    Ok(())
}

/// What went wrong. A program decides by the code and the reason; texts are for people, and may change.
fn explain(status: &Status) -> String {
    let details = status.get_error_details();
    let reason = details.error_info().map_or("", |info| info.reason.as_str());
    let mut text = format!("{:?} {reason}", status.code()).trim_end().to_owned();
    _ = write!(text, ": {}", status.message());
    // Where it was not the service that answered, the first cause says most.
    let cause = successors(status.source(), |&cause| cause.source()).last().map(ToString::to_string);
    if let Some(cause) = cause.filter(|cause| !status.message().contains(cause)) {
        _ = write!(text, ": {cause}");
    }
    for field in details.bad_request().iter().flat_map(|bad| &bad.field_violations) {
        _ = write!(text, "\n  {}: {}", field.field, field.description);
    }
    text
}

fn new_request_id() -> String {
    Uuid::now_v7().to_string()
}
