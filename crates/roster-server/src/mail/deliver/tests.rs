//! What becomes of a mail that is due, with files for a transport.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use roster_domain::facts::{Invitation, InvitationState, MemberState, Membership};
use roster_domain::policy::presets;
use roster_domain::{
    Access, DisplayName, EmailAddress, Holder, InvitationId, Locale, PersonKey, PolicyName, RoleName,
    SecretRecord, TeamId, Timestamp,
};
use roster_store::MailFailure;

use super::*;
use crate::config::{Flags, load};

const NOW: i64 = 1_764_000_000_000_000;

/// A deployment with a folder for its mails; the folder is gone when the test is over.
struct Deployment {
    folder: PathBuf,
    mail: Mail,
    keys: Keys,
    policies: PolicySet,
}

impl Deployment {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("roster-deliver-{}", uuid::Uuid::now_v7()));
        let data = Flags { data_dir: Some(folder.clone()), ..Flags::default() };
        let link = ("ROSTER_MAIL__LINK".to_owned(), "https://{policy}.example.org/#{token}".to_owned());
        let config = load(&data, [link]).expect("it is right").mail.expect("files for mails");
        let mail = Mail::open(&config).expect("all is well");
        let keys = Keys::load_or_create(&folder.join("keys.toml")).expect("a key is made");
        Self { folder, mail, keys, policies: presets().into_iter().collect() }
    }

    /// A mail of an invitation to be an `editor` of a team under `studio`, made by its owner.
    fn claimed(&self) -> ClaimedMail {
        let id = InvitationId::from_uuid(uuid::Uuid::from_u128(7));
        let name = |text: &str| RoleName::parse(text).expect("a role");
        let email = EmailAddress::parse("bob@example.org").expect("an address");
        let membership = Membership {
            person: PersonKey(1),
            role: name("owner"),
            state: MemberState::Active,
            email: EmailAddress::parse("ada@example.org").ok(),
            version: 1,
        };
        let invitation = Invitation {
            id,
            email,
            role: name("editor"),
            access: Access::default(),
            maker: PersonKey(1),
            revision: 2,
            version: 2,
            generation: 4,
            expires_at: Timestamp::from_micros(NOW + 1),
            state: InvitationState::Pending,
            answered_by: None,
        };
        let key_id = self.keys.signing().id().to_owned();
        let letter = Letter {
            team: TeamId::from_uuid(uuid::Uuid::from_u128(6)),
            team_name: DisplayName::parse("Night <i>Watch</i>").expect("a name"),
            policy: PolicyName::parse("studio").expect("a policy"),
            now: Timestamp::from_micros(NOW),
            secret: SecretRecord { digest: [0; 32], salt: [9; 16], generation: 4, key_id },
            maker: Some(Holder { membership, access: Access::default() }),
            invitation,
        };
        let locale = Locale::parse("en-GB").ok();
        ClaimedMail { invitation: id, generation: 4, attempt: 1, locale, letter: Some(letter) }
    }

    /// The same, changed.
    fn claimed_but(&self, change: impl FnOnce(&mut Letter)) -> ClaimedMail {
        let mut claimed = self.claimed();
        change(claimed.letter.as_mut().expect("there is a letter"));
        claimed
    }

    async fn deliver(&self, claimed: &ClaimedMail) -> MailOutcome {
        deliver(&self.mail, &self.keys, &self.policies, claimed).await.0
    }

    fn mails(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.join("mail")).expect("it can be listed");
        entries.map(|entry| entry.expect("it can be read").path()).collect()
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn a_mail_that_is_due_is_written_with_the_link_of_its_invitation() {
    let deployment = Deployment::new();
    let claimed = deployment.claimed();
    for _ in 0..2 {
        assert_eq!(deployment.deliver(&claimed).await, MailOutcome::Sent);
    }
    let [file] = &deployment.mails()[..] else { panic!("one mail, however often it was sent") };
    assert!(file.ends_with("inv_00000000000000000000000007.4.eml"), "{}", file.display());
    let mail = fs::read_to_string(file).expect("it can be read").replace("=\r\n", "").replace("=3D", "=");
    let token = deployment.keys.signing().invitation_token(claimed.invitation, 4, &[9; 16]);
    let link = format!("https://studio.example.org/#{}", token.expose());
    for expected in
        [&link, "To: bob@example.org", "ada@example.org invites you to Night <i>Watch</i>", "Editor"]
    {
        assert!(mail.contains(expected), "{expected} in {mail}");
    }
}

#[tokio::test]
async fn a_mail_that_would_admit_nobody_is_not_sent() {
    let deployment = Deployment::new();
    let ended = ClaimedMail { letter: None, ..deployment.claimed() };
    let expired = deployment.claimed_but(|letter| letter.invitation.expires_at = letter.now);
    let maker_left = deployment.claimed_but(|letter| letter.maker = None);
    let maker_demoted = deployment.claimed_but(|letter| {
        letter.maker.as_mut().expect("a maker").membership.role = RoleName::parse("viewer").expect("a role");
    });
    for claimed in [ended, expired, maker_left, maker_demoted] {
        assert_eq!(deployment.deliver(&claimed).await, MailOutcome::Skipped);
    }
    assert!(deployment.mails().is_empty());
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_waits_and_is_given_up_at_last() {
    let deployment = Deployment::new();
    let no_key = deployment.claimed_but(|letter| letter.secret.key_id = "gone".to_owned());
    let no_policy =
        deployment.claimed_but(|letter| letter.policy = PolicyName::parse("gone").expect("a policy"));
    let waits = |failure| MailOutcome::Retry { after: Duration::from_secs(5), failure };
    for claimed in [no_key, no_policy] {
        assert_eq!(deployment.deliver(&claimed).await, waits(MailFailure::Misconfigured));
    }

    fs::remove_dir_all(deployment.folder.join("mail")).expect("it can be removed");
    let mut claimed = deployment.claimed();
    assert_eq!(deployment.deliver(&claimed).await, waits(MailFailure::Unreachable));
    claimed.attempt = 20;
    assert_eq!(deployment.deliver(&claimed).await, MailOutcome::Failed(MailFailure::Unreachable));
}
