//! What the log says of budgets that refuse nobody.

use std::io::{self, Write};
use std::sync::Mutex;

use roster_domain::{CallerName, UserId};

use super::*;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_budget_that_many_share_is_told_of_once_a_window_without_ids() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = crate::listen::listen(subscriber);
    let count = |budget: &str| {
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(!log.contains("canary") && !log.contains("192.0.2"), "{log}");
        log.lines()
            .filter(|line| line.contains(" WARN ") && line.contains(&format!("budget={budget:?}")))
            .count()
    };

    let limiter = limiter();
    let fail = async |number: u32, now: Timestamp| {
        let who = Guesser {
            caller: &CallerName::parse(&format!("canary-{}", number % 2)).unwrap(),
            actor: &UserId::parse(&format!("canary-{number}")).unwrap(),
            address: Some(std::net::Ipv4Addr::from(0xc000_0200 + number / 2).into()),
        };
        limiter.begin_guess(&who, now).await.unwrap().not_found().await;
    };
    for (now, told) in [(NOW, 0), (later(HOUR), 1)] {
        for number in 0..59 {
            fail(number, now).await;
        }
        assert_eq!((count("caller"), count("global")), (2 * told, told));
        fail(59, now).await;
        assert_eq!(count("global"), told + 1);
        for number in 60..100 {
            fail(number, now).await;
        }
        assert_eq!((count("caller"), count("global")), (2 * (told + 1), told + 1));
    }
}
