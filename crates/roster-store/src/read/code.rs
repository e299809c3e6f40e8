//! Team codes that are shown and listed.

use roster_domain::decide::TeamCodeState;
use roster_domain::facts::TeamCode;
use roster_domain::{CodeText, Holder, Revision, Timestamp};

use crate::ask::invites::{Codes, OPEN_CODE};
use crate::ask::listed::{Condition, InviteQuery, ListedState};
use crate::ask::shown::{ShownInviter, ShownKind};
use crate::ask::{Sql, Values};
use crate::error::Result;

/// A code as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredCode {
    /// The code.
    pub code: TeamCode,
    /// What people type.
    pub text: CodeText,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its maker's place in the team, if it still has one.
    pub maker: Option<Holder>,
    /// Its maker's user id; none if that person's data was erased.
    pub maker_user_id: Option<String>,
}

/// Which codes of a team to list.
pub type CodeQuery = InviteQuery<TeamCodeState>;

impl ShownKind for Codes {
    type Stored = StoredCode;
    const MORE: usize = 2;

    fn more(sql: &mut Sql<'_>) {
        sql.add(", i.code, i.created_at");
    }

    fn stored(code: TeamCode, inviter: ShownInviter, values: &mut impl Values) -> Result<StoredCode> {
        let (maker, maker_user_id) = inviter;
        let text = CodeText::new(values.next()?);
        let created_at = Timestamp::from_micros(values.next()?);
        Ok(StoredCode { code, text, created_at, maker, maker_user_id })
    }
}

/// The codes in a state, as [`roster_domain::decide::code_state`] tells states.
impl ListedState for TeamCodeState {
    type Kind = Codes;

    fn condition(self) -> Condition {
        match self {
            Self::Revoked => Condition::own(" AND revoked_at IS NOT NULL"),
            Self::Expired => Condition::own(" AND revoked_at IS NULL AND expires_at <= c.now"),
            Self::Exhausted => Condition::own(
                " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > c.now) AND uses >= max_uses",
            ),
            Self::Live => Condition::by_inviter(OPEN_CODE, true),
            Self::MakerGone => Condition::by_inviter(OPEN_CODE, false),
        }
    }

    fn revision(code: &StoredCode) -> Revision {
        code.code.revision
    }
}
