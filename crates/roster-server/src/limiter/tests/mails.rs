//! Invitation mails.

use roster_domain::{EmailAddress, TeamId, UserId};
use uuid::Uuid;

use super::*;

async fn take<'a>(
    limiter: &'a Limiter,
    (actor, team, recipient): (&str, u128, &str),
    now: Timestamp,
) -> Result<MailTaken<'a>, (&'static str, u32)> {
    let of = MailBudget {
        actor: &UserId::parse(actor).unwrap(),
        team: TeamId::from_uuid(Uuid::from_u128(team)),
        recipient: &EmailAddress::parse(recipient).unwrap(),
    };
    limiter.take_mails([of], now).await.remove(0).map_err(|exceeded| (exceeded.budget, exceeded.limit))
}

/// Takes a mail that is sent.
async fn send(
    limiter: &Limiter,
    mail: (&str, u128, &str),
    now: Timestamp,
) -> Result<(), (&'static str, u32)> {
    take(limiter, mail, now).await.map(MailTaken::keep)
}

/// Takes until it is refused, with another recipient each time.
async fn most(limiter: &Limiter, actor: &str, team: u128) -> (u32, (&'static str, u32)) {
    for taken in 0..100 {
        let recipient = format!("{actor}-{team}-{taken}@example.org");
        if let Err(refused) = send(limiter, (actor, team, &recipient), NOW).await {
            return (taken, refused);
        }
    }
    panic!("a hundred mails are too many");
}

#[tokio::test]
async fn person_team_and_recipient_have_a_budget_each() {
    let limiter = limiter();
    assert_eq!(most(&limiter, "ada", 1).await, (4, ("mails_of_team", 4)));
    assert_eq!(most(&limiter, "ada", 2).await, (1, ("mails_of_actor", 5)));
    assert_eq!(most(&limiter, "bob", 1).await, (0, ("mails_of_team", 4)));
    for (number, actor) in (10..).zip(["p", "q", "r"]) {
        assert!(send(&limiter, (actor, number, "eve@example.org"), NOW).await.is_ok());
    }
    // Another spelling is the same address.
    let refused = send(&limiter, ("s", 13, "Eve@EXAMPLE.org"), NOW).await.err();
    assert_eq!(refused, Some(("mails_to_recipient", 3)));
}

#[tokio::test]
async fn a_day_ends_at_midnight() {
    let limiter = limiter();
    let mail = ("ada", 1, "eve@example.org");
    for _ in 0..3 {
        assert!(send(&limiter, mail, NOW).await.is_ok());
    }
    let of = MailBudget {
        actor: &UserId::parse("ada").unwrap(),
        team: TeamId::from_uuid(Uuid::from_u128(1)),
        recipient: &EmailAddress::parse("eve@example.org").unwrap(),
    };
    let refused = limiter.take_mails([of], NOW).await.remove(0).err().map(|exceeded| exceeded.retry_after);
    assert_eq!(refused, Some(Duration::from_mins(11 * 60 + 30)));
    assert!(send(&limiter, mail, later(11 * HOUR + HOUR / 2 - 1)).await.is_err());
    assert!(send(&limiter, mail, later(11 * HOUR + HOUR / 2)).await.is_ok());
}

#[tokio::test]
async fn a_mail_that_is_refused_is_taken_from_no_budget() {
    let limiter = limiter();
    for _ in 0..3 {
        assert!(send(&limiter, ("ada", 1, "eve@example.org"), NOW).await.is_ok());
    }
    for _ in 0..100 {
        let refused = send(&limiter, ("ada", 1, "eve@example.org"), NOW).await.err();
        assert_eq!(refused, Some(("mails_to_recipient", 3)));
    }
    assert_eq!(most(&limiter, "ada", 1).await, (1, ("mails_of_team", 4)));
    assert_eq!(most(&limiter, "ada", 2).await, (1, ("mails_of_actor", 5)));
}

#[tokio::test]
async fn a_mail_that_is_not_sent_is_given_back_to_every_budget() {
    let limiter = limiter();
    for _ in 0..100 {
        let taken = take(&limiter, ("ada", 1, "eve@example.org"), NOW).await;
        MailTaken::give_back(taken.ok()).await;
        // Nobody says what becomes of this one.
        drop(take(&limiter, ("ada", 1, "eve@example.org"), NOW).await);
    }
    for _ in 0..3 {
        assert!(send(&limiter, ("ada", 1, "eve@example.org"), NOW).await.is_ok());
    }
    assert_eq!(most(&limiter, "ada", 1).await.0, 1);
}

#[tokio::test]
async fn a_process_alone_has_half_of_everything_and_at_least_one() {
    let limiter = limiter_without_its_redis();
    assert_eq!(most(&limiter, "ada", 1).await, (2, ("mails_of_actor", 2)));
    assert!(send(&limiter, ("bob", 2, "eve@example.org"), NOW).await.is_ok());
    let refused = send(&limiter, ("joe", 3, "eve@example.org"), NOW).await.err();
    assert_eq!(refused, Some(("mails_to_recipient", 1)));
}
