//! Which team an invitation or a code belongs to.

use roster_domain::{CodeId, CodeKey, EmailAddress, InvitationId, TeamId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::convert::{invited, is_of_team};
use crate::entity::{invitation, team_code};
use crate::error::Result;
use crate::open::Store;

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
        let row = invitation::Entity::find_by_id(invitation.uuid())
            .filter(is_of_team(invitation::Column::TeamId, team.uuid()))
            .one(&self.statements("find invitation"))
            .await?;
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
}
