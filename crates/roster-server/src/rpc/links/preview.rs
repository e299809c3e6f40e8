//! `PreviewInvite`: what a token leads to. A look never redeems.

use roster_domain::decide::{Redemption, may_redeem};
use roster_proto::v1 as pb;
use tonic::{Request, Response};

use super::{place, token};
use crate::app::App;
use crate::authn::Call;
use crate::rpc::error::Error;
use crate::rpc::message;
use crate::rpc::parse::Fields;

pub(super) async fn preview_invite(
    app: &App,
    request: Request<pb::PreviewInviteRequest>,
) -> Result<Response<pb::PreviewInviteResponse>, Error> {
    let call = Call::of(&request)?;
    let actor = call.actor()?;
    let mut fields = Fields::default();
    let Some(token) = fields.token(&request.get_ref().token) else { return Err(fields.refuse()) };
    let digest = token::digest(token)?;
    let visible = |policy: &_| app.has_policy_for(&call, policy);

    let found = place::find(app, digest).await?;
    let mut seen =
        app.store.preview(found.place, *digest.as_bytes(), &actor.user_id, &app.policies, visible).await?;
    if seen.is_none() && found.hearsay {
        let found = place::confirm(app, digest).await?;
        seen = app
            .store
            .preview(found.place, *digest.as_bytes(), &actor.user_id, &app.policies, visible)
            .await?;
    }
    let preview = seen.ok_or(Error::InviteNotFound)?;

    let policy = app.policy_of_team(&preview.team.policy)?;
    let redemption = may_redeem(policy, &preview.facts, preview.now)?;
    let link = &preview.facts.link;
    Ok(Response::new(pb::PreviewInviteResponse {
        team_id: preview.team.id.to_string(),
        team_display_name: preview.team.facts.display_name.as_str().to_owned(),
        role: link.role.to_string(),
        role_title: policy.role(&link.role).map(|role| role.title.clone()).unwrap_or_default(),
        inviter_user_id: preview.maker_user_id.unwrap_or_default(),
        expire_time: Some(message::timestamp(link.expires_at)),
        already_member: redemption == Redemption::AlreadyMember,
    }))
}
