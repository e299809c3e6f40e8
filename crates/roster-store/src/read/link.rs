//! Invite links: found by a digest, shown, listed.

use roster_domain::decide::InviteLinkState;
use roster_domain::{Holder, InviteLink, LinkId, Revision, SecretRecord, TeamId, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::ask::invites::{self, Links, OPEN_LINK, SECRET};
use crate::ask::listed::{Condition, InviteQuery, ListedState};
use crate::ask::shown::{ShownInviter, ShownKind};
use crate::ask::{Sql, Values};
use crate::entity::invite_link;
use crate::error::Result;
use crate::open::Store;

/// A link as it is shown, and what its secret is derived from.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredLink {
    /// The link.
    pub link: InviteLink,
    /// What its secret is derived from.
    pub secret: SecretRecord,
    /// Its maker's place in the team, if it still has one.
    pub maker: Option<Holder>,
    /// Its maker's user id; none if that person's data was erased.
    pub maker_user_id: Option<String>,
}

/// Where a token leads to: what a token store remembers of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkPlace {
    /// The team.
    pub team: TeamId,
    /// The link.
    pub link: LinkId,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl Store {
    /// Where a token leads to, by its digest: what to ask when the token store does not know. Revoked and expired links
    /// are found too. The time of the reading comes with it.
    pub async fn find_link(&self, digest: [u8; 32]) -> Result<Option<(LinkPlace, Timestamp)>> {
        let row = invite_link::Entity::find()
            .filter(invite_link::Column::Digest.eq(digest.to_vec()))
            .one(&self.statements("find invite link"))
            .await?;
        let Some(row) = row else { return Ok(None) };
        let place = LinkPlace {
            team: TeamId::from_uuid(row.team_id),
            link: LinkId::from_uuid(row.id),
            expires_at: Timestamp::from_micros(row.expires_at),
        };
        Ok(Some((place, self.now().await?)))
    }
}

/// Which links of a team to list.
pub type LinkQuery = InviteQuery<InviteLinkState>;

impl ShownKind for Links {
    type Stored = StoredLink;
    const MORE: usize = SECRET;

    fn more(sql: &mut Sql<'_>) {
        invites::secret_columns(sql);
    }

    fn stored(link: InviteLink, inviter: ShownInviter, values: &mut impl Values) -> Result<StoredLink> {
        let (maker, maker_user_id) = inviter;
        let secret = invites::read_secret(values, "invite_links", link.id)?;
        Ok(StoredLink { link, secret, maker, maker_user_id })
    }
}

/// The links in a state, as [`roster_domain::decide::link_state`] tells states.
impl ListedState for InviteLinkState {
    type Kind = Links;

    fn condition(self) -> Condition {
        match self {
            Self::Revoked => Condition::own(" AND revoked_at IS NOT NULL"),
            Self::Expired => Condition::own(" AND revoked_at IS NULL AND expires_at <= c.now"),
            Self::Live => Condition::by_inviter(OPEN_LINK, true),
            Self::MakerGone => Condition::by_inviter(OPEN_LINK, false),
        }
    }

    fn revision(link: &StoredLink) -> Revision {
        link.link.revision
    }
}
