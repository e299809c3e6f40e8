//! What a decision changes.
//!
//! A decision answers with changes; the store's `apply` is the only function that carries them out, and writes each
//! into the team's event log in the same transaction. So nothing changes without an event.

use crate::{DisplayName, EmailAddress, LinkId, MemberState, PersonKey, PolicyName, RoleName, Timestamp};

/// One change of a team.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The team comes into being.
    TeamCreated {
        /// The policy that it follows for good.
        policy: PolicyName,
        /// Its name.
        display_name: DisplayName,
        /// Who creates it.
        creator: PersonKey,
    },
    /// A person becomes a member.
    MemberJoined {
        /// Who joins.
        person: PersonKey,
        /// The role it joins with.
        role: RoleName,
        /// How it comes to join.
        by: JoinedBy,
        /// Its verified address, if one is known.
        email: Option<EmailAddress>,
    },
    /// A member gets another role.
    MemberRoleChanged {
        /// The member.
        person: PersonKey,
        /// Its state, which stays as it is.
        state: MemberState,
        /// The role before.
        old_role: RoleName,
        /// The role after.
        new_role: RoleName,
    },
    /// A membership is ended by another member.
    MemberRemoved {
        /// The member.
        person: PersonKey,
        /// Its state until now.
        state: MemberState,
        /// Its role until now.
        role: RoleName,
    },
    /// A member's verified address becomes known or another.
    MemberEmailChanged {
        /// The member.
        person: PersonKey,
        /// The address from now on. The event log does not record it.
        email: EmailAddress,
    },
    /// An invite link is made.
    InviteLinkCreated(NewInviteLink),
    /// An invite link is revoked.
    InviteLinkRevoked {
        /// The link.
        link: LinkId,
    },
}

/// How a person comes to be a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinedBy {
    /// By creating the team.
    Founding,
    /// By redeeming an invite link, whose count of uses grows by one.
    InviteLink {
        /// The link.
        link: LinkId,
        /// Who made it.
        maker: PersonKey,
    },
}

/// An invite link to be.
#[derive(Clone, Debug, PartialEq)]
pub struct NewInviteLink {
    /// Its id.
    pub id: LinkId,
    /// The role it gives.
    pub role: RoleName,
    /// Who makes it.
    pub maker: PersonKey,
    /// From this very moment on it admits nobody.
    pub expires_at: Timestamp,
    /// What is stored in place of its secret.
    pub secret: SecretRecord,
}

/// What is stored in place of a derived secret: enough to recognise it and to derive it again with the server's key,
/// and useless without that key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRecord {
    /// The SHA-256 digest of the token.
    pub digest: [u8; 32],
    /// The random salt that the token was derived with.
    pub salt: [u8; 16],
    /// How many tokens were derived before it for the same record.
    pub generation: u32,
    /// The id of the server key that the token was derived with.
    pub key_id: String,
}
