//! What somebody who holds a token or a code would find who joined by it. A look never changes anything.

use std::sync::Arc;

use roster_domain::facts::{AnswerFacts, CodeRedemptionFacts, RedemptionFacts};
use roster_domain::policy::PolicyName;
use roster_domain::{
    CodeId, CodeKey, EmailAddress, InvitationId, PersonKey, Policy, PolicySet, TeamId, Timestamp, UserId,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::convert::invited;
use crate::entity::{invitation, person, team_code};
use crate::error::Result;
use crate::facts::{
    find_code, find_invitation, find_link, load_answer, load_code_redemption, load_redemption,
};
use crate::open::Store;
use crate::people;
use crate::read::link::LinkPlace;
use crate::read::team::{Team, find_team};

/// What somebody may see before joining.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview<F> {
    /// The team.
    pub team: Team,
    /// What joining would be decided by.
    pub facts: F,
    /// The user id of the way's maker; none if that person's data was erased.
    pub maker_user_id: Option<String>,
    /// The time of the reading.
    pub now: Timestamp,
}

/// Who looks, and what there is for it.
#[derive(Clone, Copy)]
pub struct Onlooker<'a, V> {
    /// Who looks.
    pub user: &'a UserId,
    /// The policies that are served.
    pub policies: &'a PolicySet,
    /// Which policies the calling service is bound to.
    pub visible: V,
}

impl Store {
    /// The team of an invitation, and its id, by the digest of its token.
    pub async fn find_invitation(&self, digest: [u8; 32]) -> Result<Option<(TeamId, InvitationId)>> {
        let row = invitation::Entity::find()
            .filter(invitation::Column::Digest.eq(digest.to_vec()))
            .one(&self.statements("find invitation"))
            .await?;
        Ok(row.map(|row| (TeamId::from_uuid(row.team_id), InvitationId::from_uuid(row.id))))
    }

    /// The team of an invitation, by its id.
    pub async fn team_of_invitation(&self, invitation: InvitationId) -> Result<Option<TeamId>> {
        let row = invitation::Entity::find_by_id(invitation.uuid())
            .one(&self.statements("find invitation"))
            .await?;
        Ok(row.map(|row| TeamId::from_uuid(row.team_id)))
    }

    /// Whom an invitation of a team is for, which never changes but once: it may be erased, and then it is for nobody.
    pub async fn address_of_invitation(
        &self,
        team: TeamId,
        invitation: InvitationId,
    ) -> Result<Option<EmailAddress>> {
        let row = find_invitation(&self.statements("find invitation"), team, invitation, None).await?;
        let email = row.as_ref().map(invited).transpose()?;
        Ok(email.filter(|email| !email.is_erased()))
    }

    /// The team of a code, and its id, by its text.
    pub async fn find_code(&self, key: &CodeKey) -> Result<Option<(TeamId, CodeId)>> {
        let row = team_code::Entity::find()
            .filter(team_code::Column::CodeKey.eq(key.reveal()))
            .one(&self.statements("find team code"))
            .await?;
        Ok(row.map(|row| (TeamId::from_uuid(row.team_id), CodeId::from_uuid(row.id))))
    }

    /// What a person would find who redeemed the link's token now. None where the place, the digest and the team do
    /// not belong together, the team was deleted, or its policy is not one of the calling service's.
    pub async fn preview_link(
        &self,
        place: LinkPlace,
        digest: [u8; 32],
        onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<Preview<RedemptionFacts>>> {
        let db = &self.statements("preview invite link");
        let Some((team, policy, now, person)) = self.approach(place.team, &onlooker).await? else {
            return Ok(None);
        };
        let Some(row) = find_link(db, team.id, place.link, digest).await? else { return Ok(None) };
        let facts = load_redemption(db, &team, &row, person, (policy, now)).await?;
        Ok(Some(Preview { team, facts, maker_user_id: self.user_id(row.maker).await?, now }))
    }

    /// What a person would find who accepted the invitation by that token now; none as for a link.
    pub async fn preview_invitation(
        &self,
        (team, invitation): (TeamId, InvitationId),
        digest: [u8; 32],
        onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<Preview<AnswerFacts>>> {
        let db = &self.statements("preview invitation");
        let Some((team, policy, now, person)) = self.approach(team, &onlooker).await? else {
            return Ok(None);
        };
        let found = find_invitation(db, team.id, invitation, Some(digest)).await?;
        let Some(row) = found else { return Ok(None) };
        let facts = load_answer(db, &team, &row, person, (policy, now)).await?;
        Ok(Some(Preview { team, facts, maker_user_id: self.user_id(row.maker).await?, now }))
    }

    /// What a person would find who redeemed the code now; none as for a link.
    pub async fn preview_code(
        &self,
        (team, code): (TeamId, CodeId),
        key: &CodeKey,
        onlooker: Onlooker<'_, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<Preview<CodeRedemptionFacts>>> {
        let db = &self.statements("preview team code");
        let Some((team, policy, now, person)) = self.approach(team, &onlooker).await? else {
            return Ok(None);
        };
        let Some(row) = find_code(db, team.id, code, key).await? else { return Ok(None) };
        let facts = load_code_redemption(db, &team, &row, person, (policy, now)).await?;
        Ok(Some(Preview { team, facts, maker_user_id: self.user_id(row.maker).await?, now }))
    }

    /// The team that there is for the onlooker, its policy, the time of the reading, and the onlooker's key, if it is known.
    async fn approach<'p>(
        &self,
        team: TeamId,
        onlooker: &Onlooker<'p, impl Fn(&PolicyName) -> bool>,
    ) -> Result<Option<(Team, Option<&'p Policy>, Timestamp, Option<PersonKey>)>> {
        let db = &self.statements("load team");
        match find_team(db, self.clock, team).await? {
            Some((team, now)) if !team.deleted && (onlooker.visible)(&team.policy) => {
                let policy = onlooker.policies.get(&team.policy).map(Arc::as_ref);
                Ok(Some((team, policy, now, people::find(db, onlooker.user).await?)))
            }
            _ => Ok(None),
        }
    }

    async fn user_id(&self, person: i64) -> Result<Option<String>> {
        let row = person::Entity::find_by_id(person).one(&self.statements("find person")).await?;
        Ok(row.map(|row| row.user_id))
    }
}
