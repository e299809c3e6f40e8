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
    limiter.take_mail(&of, now).await.map_err(|exceeded| (exceeded.budget, exceeded.limit))
}

/// Takes until it is refused, with another recipient each time.
async fn most(limiter: &Limiter, actor: &str, team: u128) -> (u32, (&'static str, u32)) {
    for taken in 0..100 {
        let recipient = format!("{actor}-{team}-{taken}@example.org");
        if let Err(refused) = take(limiter, (actor, team, &recipient), NOW).await {
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
        assert!(take(&limiter, (actor, number, "eve@example.org"), NOW).await.is_ok());
    }
    // Another spelling is the same address.
    let refused = take(&limiter, ("s", 13, "Eve@EXAMPLE.org"), NOW).await.err();
    assert_eq!(refused, Some(("mails_to_recipient", 3)));
}

#[tokio::test]
async fn a_day_ends_at_midnight() {
    let limiter = limiter();
    let of = MailBudget {
        actor: &UserId::parse("ada").unwrap(),
        team: TeamId::from_uuid(Uuid::nil()),
        recipient: &EmailAddress::parse("eve@example.org").unwrap(),
    };
    for _ in 0..3 {
        assert!(limiter.take_mail(&of, NOW).await.is_ok());
    }
    let refused = limiter.take_mail(&of, NOW).await.err().map(|exceeded| exceeded.retry_after);
    assert_eq!(refused, Some(Duration::from_mins(11 * 60 + 30)));
    assert!(limiter.take_mail(&of, later(11 * HOUR + HOUR / 2 - 1)).await.is_err());
    assert!(limiter.take_mail(&of, later(11 * HOUR + HOUR / 2)).await.is_ok());
}

#[tokio::test]
async fn a_mail_that_is_refused_is_taken_from_no_budget() {
    let limiter = limiter();
    for _ in 0..3 {
        assert!(take(&limiter, ("ada", 1, "eve@example.org"), NOW).await.is_ok());
    }
    for _ in 0..100 {
        let refused = take(&limiter, ("ada", 1, "eve@example.org"), NOW).await.err();
        assert_eq!(refused, Some(("mails_to_recipient", 3)));
    }
    assert_eq!(most(&limiter, "ada", 1).await, (1, ("mails_of_team", 4)));
    assert_eq!(most(&limiter, "ada", 2).await, (1, ("mails_of_actor", 5)));
}

#[tokio::test]
async fn a_mail_that_is_not_sent_is_given_back_to_every_budget() {
    let limiter = limiter();
    for _ in 0..100 {
        take(&limiter, ("ada", 1, "eve@example.org"), NOW).await.ok().unwrap().give_back().await;
    }
    for _ in 0..3 {
        assert!(take(&limiter, ("ada", 1, "eve@example.org"), NOW).await.is_ok());
    }
    assert_eq!(most(&limiter, "ada", 1).await.0, 1);
}

#[tokio::test]
async fn a_process_alone_has_half_of_everything_and_at_least_one() {
    let limiter = limiter_without_its_redis();
    assert_eq!(most(&limiter, "ada", 1).await, (2, ("mails_of_actor", 2)));
    assert!(take(&limiter, ("bob", 2, "eve@example.org"), NOW).await.is_ok());
    let refused = take(&limiter, ("joe", 3, "eve@example.org"), NOW).await.err();
    assert_eq!(refused, Some(("mails_to_recipient", 1)));
}
