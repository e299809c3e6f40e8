//! What a decision changes.
//!
//! A decision answers with changes; the store's `apply` is the only function that carries them out, and writes each
//! into the team's event log in the same transaction. So nothing changes without an event.

use crate::policy::{KindName, TierName};
use crate::text::{Locale, ResourceId};
use crate::{
    Access, CodeId, CodeText, DisplayName, EmailAddress, ExternalId, InvitationId, LinkId, MemberState,
    PersonKey, PolicyName, RoleName, Timestamp,
};

/// One change of a team.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The team comes into being.
    TeamCreated(NewTeam),
    /// The team gets another name.
    TeamRenamed {
        /// The name before.
        old: DisplayName,
        /// The name after.
        new: DisplayName,
    },
    /// The team gets another tier.
    TeamTierChanged {
        /// The tier before; none if it had none.
        old: Option<TierName>,
        /// The tier after.
        new: TierName,
    },
    /// The team is deleted. Its log stays.
    TeamDeleted,
    /// A person becomes a member.
    MemberJoined(NewMember),
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
        /// Whether the member is less than before, all that the same act changes of it taken together: ways in that
        /// are older do not admit it again once it is gone.
        lowered: bool,
    },
    /// What a member was granted changes.
    MemberAccessChanged {
        /// The member.
        person: PersonKey,
        /// What it was granted before.
        before: Access,
        /// What it is granted from now on.
        after: Access,
        /// Whether the member is less than before, as above.
        lowered: bool,
    },
    /// A member's access is withheld. Role and grants are kept.
    MemberSuspended {
        /// The member.
        person: PersonKey,
        /// Its role, which stays as it is.
        role: RoleName,
    },
    /// A suspended member's access is in force again, as it was.
    MemberRestored {
        /// The member.
        person: PersonKey,
        /// Its role, which stays as it is.
        role: RoleName,
    },
    /// A membership is ended by another member; its grants end with it.
    MemberRemoved {
        /// The member.
        person: PersonKey,
        /// Its state until now.
        state: MemberState,
        /// Its role until now.
        role: RoleName,
        /// What it was granted until now.
        access: Access,
    },
    /// A member ends its own membership; its grants end with it.
    MemberLeft {
        /// The member.
        person: PersonKey,
        /// Its role until now.
        role: RoleName,
        /// What it was granted until now.
        access: Access,
    },
    /// A member's verified address becomes known or another.
    MemberEmailChanged {
        /// The member.
        person: PersonKey,
        /// The address from now on. The event log does not record it.
        email: EmailAddress,
    },
    /// The role with exactly one holder moves.
    OwnershipTransferred {
        /// The role.
        role: RoleName,
        /// Who had it.
        from: PersonKey,
        /// Its state, which stays as it is: suspended, if the role came to have one holder since.
        from_state: MemberState,
        /// The role that the former holder takes.
        from_becomes: RoleName,
        /// Whether the former holder is less than before, as above.
        from_lowered: bool,
        /// Who has it from now on; active.
        to: PersonKey,
        /// The role that the new holder had.
        to_was: RoleName,
        /// Whether even the new holder is less than before.
        to_lowered: bool,
    },
    /// A resource is gone: every grant of it ends, those of invitations and codes too. Restrictions stay.
    ResourcePurged {
        /// The kind.
        kind: KindName,
        /// The resource.
        resource: ResourceId,
        /// How many members had a grant of it.
        members: u64,
    },
    /// An e-mail invitation is made.
    InvitationCreated(NewInvitation),
    /// An invitation gets a new secret and its full life again; the secret before is dead.
    InvitationResent {
        /// The invitation.
        invitation: InvitationId,
        /// Who sends it again: its maker from now on.
        maker: PersonKey,
        /// From this very moment on it cannot be accepted.
        expires_at: Timestamp,
        /// What is stored in place of its new secret.
        secret: SecretRecord,
        /// How the invited person gets that secret.
        delivery: Delivery,
    },
    /// A pending invitation is taken back.
    InvitationCancelled {
        /// The invitation.
        invitation: InvitationId,
    },
    /// An invitation is accepted.
    InvitationAccepted {
        /// The invitation.
        invitation: InvitationId,
        /// Who accepted it.
        person: PersonKey,
    },
    /// An invitation is declined.
    InvitationDeclined {
        /// The invitation.
        invitation: InvitationId,
        /// Who declined it.
        person: PersonKey,
    },
    /// An invitation that nobody answered in time is marked as expired.
    InvitationExpired {
        /// The invitation.
        invitation: InvitationId,
    },
    /// An invite link is made.
    InviteLinkCreated(NewInviteLink),
    /// An invite link is revoked.
    InviteLinkRevoked {
        /// The link.
        link: LinkId,
    },
    /// An invite link of a removed member gets another maker.
    InviteLinkAdopted {
        /// The link.
        link: LinkId,
        /// Its maker from now on.
        maker: PersonKey,
    },
    /// A team code is made.
    TeamCodeCreated(NewTeamCode),
    /// A team code is revoked.
    TeamCodeRevoked {
        /// The code.
        code: CodeId,
    },
    /// An inactive team code is deleted.
    TeamCodeDeleted {
        /// The code.
        code: CodeId,
    },
    /// A team code of a removed member gets another maker.
    TeamCodeAdopted {
        /// The code.
        code: CodeId,
        /// Its maker from now on.
        maker: PersonKey,
    },
}

/// A team to be.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTeam {
    /// The policy that it follows for good.
    pub policy: PolicyName,
    /// Its name.
    pub display_name: DisplayName,
    /// Its tier; none where the policy has none.
    pub tier: Option<TierName>,
    /// The product's own key of it.
    pub external_id: Option<ExternalId>,
    /// Who creates it.
    pub creator: PersonKey,
    /// Whether it is the creator's personal team.
    pub personal: bool,
}

/// A member to be.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMember {
    /// Who joins.
    pub person: PersonKey,
    /// The role it joins with.
    pub role: RoleName,
    /// What it is granted.
    pub access: Access,
    /// How it comes to join.
    pub by: JoinedBy,
    /// Its verified address, if one is known.
    pub email: Option<EmailAddress>,
    /// When it joined, if that was before now.
    pub joined_at: Option<Timestamp>,
}

/// How a person comes to be a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinedBy {
    /// By creating the team.
    Founding,
    /// By being added by a calling service.
    Import,
    /// By accepting an e-mail invitation.
    Invitation {
        /// The invitation.
        invitation: InvitationId,
        /// Who made it, or last sent it again.
        maker: PersonKey,
    },
    /// By redeeming an invite link, whose count of uses grows by one.
    InviteLink {
        /// The link.
        link: LinkId,
        /// Who made it.
        maker: PersonKey,
    },
    /// By redeeming a team code, whose count of uses grows by one.
    TeamCode {
        /// The code.
        code: CodeId,
        /// Who made it.
        maker: PersonKey,
    },
}

/// An e-mail invitation to be.
#[derive(Clone, Debug, PartialEq)]
pub struct NewInvitation {
    /// Its id.
    pub id: InvitationId,
    /// Whom it is for.
    pub email: EmailAddress,
    /// The role it gives.
    pub role: RoleName,
    /// What it grants.
    pub access: Access,
    /// Who makes it.
    pub maker: PersonKey,
    /// From this very moment on it cannot be accepted.
    pub expires_at: Timestamp,
    /// What is stored in place of its secret.
    pub secret: SecretRecord,
    /// How the invited person gets the secret.
    pub delivery: Delivery,
}

/// How an invited person gets the secret of its invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The service sends it in a mail.
    Mail {
        /// In which language; none is the deployment's default.
        locale: Option<Locale>,
    },
    /// The caller gets the token and passes it on.
    Token,
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

/// A team code to be.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTeamCode {
    /// Its id.
    pub id: CodeId,
    /// What people type.
    pub text: CodeText,
    /// The role it gives.
    pub role: RoleName,
    /// What it grants.
    pub access: Access,
    /// Who makes it.
    pub maker: PersonKey,
    /// From this very moment on it admits nobody; none is never.
    pub expires_at: Option<Timestamp>,
    /// How many memberships it may make; none is any number.
    pub max_uses: Option<i64>,
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
