//! Wrong guesses of codes.

use roster_domain::{CallerName, UserId};

use super::*;

/// Somebody who guesses through a service, perhaps from a known address.
struct Person {
    caller: CallerName,
    user: UserId,
    address: Option<std::net::IpAddr>,
}

fn person(user: &str) -> Person {
    Person { caller: CallerName::parse("app").unwrap(), user: UserId::parse(user).unwrap(), address: None }
}

impl Person {
    fn at(self, address: &str) -> Self {
        Self { address: Some(address.parse().unwrap()), ..self }
    }

    fn through(self, caller: &str) -> Self {
        Self { caller: CallerName::parse(caller).unwrap(), ..self }
    }

    async fn begin<'a>(&self, limiter: &'a Limiter, now: Timestamp) -> Result<Guess<'a>, Exceeded> {
        let who = Guesser { caller: &self.caller, actor: &self.user, address: self.address };
        limiter.begin_guess(&who, now).await
    }

    async fn fail(&self, limiter: &Limiter, now: Timestamp) -> Result<(), Exceeded> {
        self.begin(limiter, now).await?.not_found().await;
        Ok(())
    }

    /// How often it fails before it is refused, and by what.
    async fn failures(&self, limiter: &Limiter, now: Timestamp) -> (u32, Exceeded) {
        for failures in 0..100 {
            if let Err(exceeded) = self.fail(limiter, now).await {
                return (failures, exceeded);
            }
        }
        panic!("a hundred failures are too many");
    }
}

fn of_actor(limit: u32) -> Exceeded {
    Exceeded { budget: "code_guesses_of_actor", limit, retry_after: Duration::from_mins(30) }
}

fn of_address(limit: u32) -> Exceeded {
    Exceeded { budget: "code_guesses_of_address", ..of_actor(limit) }
}

/// Makes others fail that often, each once, through the same service.
async fn others_fail(limiter: &Limiter, times: u32, caller: &str) {
    for number in 0..times {
        person(&format!("other-{caller}-{number}")).through(caller).fail(limiter, NOW).await.unwrap();
    }
}

#[tokio::test]
async fn ten_failures_spend_a_persons_hour_and_nobody_elses() {
    let limiter = limiter();
    assert_eq!(person("ada").failures(&limiter, NOW).await, (10, of_actor(10)));
    assert_eq!(person("ada").begin(&limiter, later(HOUR / 2 - 1)).await.err().map(|e| e.limit), Some(10));
    // A right code is refused like any other: there is no guess to begin.
    assert!(person("bob").begin(&limiter, NOW).await.is_ok());
    assert_eq!(person("ada").failures(&limiter, later(HOUR / 2)).await.0, 10, "the next hour has its own");
}

#[tokio::test]
async fn only_a_code_that_was_not_found_is_a_failure() {
    let limiter = limiter();
    let ada = person("ada").at("192.0.2.1");
    for _ in 0..100 {
        ada.begin(&limiter, NOW).await.unwrap().found().await;
        drop(ada.begin(&limiter, NOW).await.unwrap());
    }
    assert_eq!(ada.failures(&limiter, NOW).await, (10, of_actor(10)));
}

#[tokio::test]
async fn guesses_under_way_are_no_more_than_the_budget() {
    let limiter = limiter();
    let ada = person("ada").at("192.0.2.1");
    let mut guesses = vec![];
    for _ in 0..100 {
        guesses.extend(ada.begin(&limiter, NOW).await);
    }
    assert_eq!(guesses.len(), 10);
    guesses.pop().unwrap().found().await;
    drop(guesses.pop());
    assert_eq!(ada.failures(&limiter, NOW).await.0, 2);
}

#[tokio::test]
async fn failures_from_one_address_spend_it_for_all_who_have_it() {
    let limiter = limiter();
    for number in 0..20 {
        // The address is the /64.
        let address = format!("2001:db8::{number:x}");
        person(&format!("p{number}")).at(&address).fail(&limiter, NOW).await.unwrap();
    }
    let ada = person("ada").at("2001:db8::ffff");
    assert_eq!(ada.begin(&limiter, NOW).await.err(), Some(of_address(20)));
    // Being refused cost it nothing.
    assert_eq!(person("ada").failures(&limiter, NOW).await.0, 10);
    assert!(person("bob").at("2001:db8:0:1::1").begin(&limiter, NOW).await.is_ok());
}

#[tokio::test]
async fn whoever_is_refused_takes_nothing_of_its_address() {
    let limiter = limiter();
    let ada = person("ada").at("192.0.2.1");
    assert_eq!(ada.failures(&limiter, NOW).await.0, 10);
    for _ in 0..100 {
        assert_eq!(ada.begin(&limiter, NOW).await.err(), Some(of_actor(10)));
    }
    assert_eq!(person("bob").at("192.0.2.1").failures(&limiter, NOW).await, (10, of_actor(10)));
    assert_eq!(person("eve").at("192.0.2.1").failures(&limiter, NOW).await, (0, of_address(20)));
}

#[tokio::test]
async fn many_failures_through_a_service_tighten_its_persons_budgets_and_no_others() {
    let limiter = limiter();
    let ada = person("ada");
    ada.fail(&limiter, NOW).await.unwrap();
    others_fail(&limiter, 38, "app").await;
    person("bob").failures(&limiter, NOW).await;
    assert_eq!(ada.failures(&limiter, NOW).await, (1, of_actor(2)), "a fifth of 10, one of them used before");
    // Half of all failures are still allowed through other services.
    assert_eq!(person("eve").through("web").failures(&limiter, NOW).await, (10, of_actor(10)));
}

#[tokio::test]
async fn many_failures_of_all_tighten_everybodys_budget() {
    let limiter = limiter();
    others_fail(&limiter, 30, "app").await;
    others_fail(&limiter, 29, "web").await;
    assert_eq!(person("ada").through("third").failures(&limiter, NOW).await, (2, of_actor(2)));
    assert_eq!(person("ada").failures(&limiter, later(HOUR)).await.0, 10, "the next hour is whole again");
}

#[tokio::test]
async fn nobody_without_a_failure_is_refused_because_others_fail() {
    let single = NonZeroU32::MIN;
    let budgets = Budgets { code_failures_per_actor_and_hour: single, ..budgets() };
    let limiter = limiter_with(None, budgets);
    // Spends the services' budget, and of the address's 20 all but one, five times a fifth.
    for number in 0..60 {
        let other = person(&format!("other-{number}"));
        let other = if number < 19 { other.at("192.0.2.1") } else { other };
        other.fail(&limiter, NOW).await.unwrap();
    }
    for user in ["ada", "bob", "eve"] {
        let honest = person(user).at("192.0.2.1");
        for _ in 0..50 {
            honest.begin(&limiter, NOW).await.unwrap().found().await;
        }
    }
    assert_eq!(person("eve").failures(&limiter, NOW).await, (1, of_actor(1)));
}

#[tokio::test]
async fn an_address_is_tightened_for_those_who_failed_themselves() {
    let budgets = Budgets {
        code_failures_per_actor_and_hour: NonZeroU32::new(50).unwrap(),
        code_failures_per_caller_and_hour: NonZeroU32::new(10).unwrap(),
        ..budgets()
    };
    let limiter = limiter_with(None, budgets);
    let (ada, bob) = (person("ada").at("192.0.2.1"), person("bob").at("192.0.2.1"));
    ada.fail(&limiter, NOW).await.unwrap();
    others_fail(&limiter, 9, "app").await;
    // Three more make a fifth of the address's 20: ada's budget, a fifth of 50, would have had room.
    assert_eq!(ada.failures(&limiter, NOW).await, (3, of_address(4)));
    bob.fail(&limiter, NOW).await.expect("its first is its own");
    assert_eq!(bob.begin(&limiter, NOW).await.err(), Some(of_address(4)));
}

#[tokio::test]
async fn a_process_alone_has_half_of_everything() {
    let limiter = limiter_without_its_redis();
    let ada = person("ada").at("192.0.2.1");
    assert_eq!(ada.failures(&limiter, NOW).await, (5, of_actor(5)));
    assert_eq!(person("bob").at("192.0.2.1").failures(&limiter, NOW).await, (5, of_actor(5)));
    assert_eq!(person("eve").at("192.0.2.1").failures(&limiter, NOW).await, (0, of_address(10)));
    // Ten failures of the service's twenty are left, and then everybody has a fifth of a half.
    others_fail(&limiter, 10, "app").await;
    assert_eq!(person("eve").failures(&limiter, NOW).await, (1, of_actor(1)));
}
