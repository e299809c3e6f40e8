//! The task that empties the outbox: it claims mails that are due, sends them and settles each.
//!
//! Any number of replicas may run one: a claim is a lease, and what its holder did not settle is claimed again. So a
//! mail is sent at least once. The worker ends when the service is stopping and for no other reason: it claims nothing more
//! and finishes the mails under way. One that is cut off is sent again once its lease is over, by whichever replica is
//! there then.

use std::sync::Arc;
use std::time::Duration;

use roster_store::{ClaimedMail, MailOutcome};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::{Instrument as _, Span, field};

use super::Mail;
use super::deliver::deliver;
use crate::app::App;
use crate::telemetry::names::{ERROR_TYPE, MAIL_ATTEMPT};

/// How many mails are under way at once.
const AT_ONCE: u64 = 8;
/// How long a mail is ours: longer than an attempt and its settling can take.
const LEASE: Duration = Duration::from_mins(1);

/// How often to look for what is due, while there was something not long ago and when there was nothing.
const BUSY_PAUSE: Duration = Duration::from_secs(1);
const IDLE_PAUSE: Duration = Duration::from_secs(5);
/// How long after the last mail the next is expected soon: it covers the first few times that one is tried again.
const BUSY_FOR: Duration = Duration::from_mins(1);
/// How long to wait after the database failed.
const FAULT_PAUSE: Duration = Duration::from_secs(1);

const STATUS_CODE: &str = "otel.status_code";

/// What a worker works with.
pub struct Worker {
    /// The service.
    pub app: Arc<App>,
    /// How it sends mail.
    pub mail: Arc<Mail>,
}

/// Sends what is due until the service is stopping.
pub async fn run(worker: Worker) {
    let mut busy_until = Instant::now();
    loop {
        let pause = match step(&worker).await {
            Ok(0) if Instant::now() < busy_until => BUSY_PAUSE,
            Ok(0) => IDLE_PAUSE,
            Ok(_) => {
                busy_until = Instant::now() + BUSY_FOR;
                // There may be more.
                Duration::ZERO
            }
            Err(error) => {
                tracing::warn!(%error, "mails that are due could not be claimed");
                FAULT_PAUSE
            }
        };
        tokio::select! {
            biased;
            () = worker.app.shutdown.begun() => return,
            () = worker.mail.due.notified() => {}
            () = sleep(pause) => {}
        }
    }
}

/// Claims up to eight mails that are due, sends them at the same time, and settles each. Returns how many there were.
pub async fn step(worker: &Worker) -> roster_store::Result<usize> {
    let claimed = worker.app.store.claim_mails(AT_ONCE, LEASE).await?;
    let count = claimed.len();
    let mut sending = JoinSet::new();
    for mail in claimed {
        let span = tracing::info_span!(
            "mail.send",
            otel.kind = "client",
            { MAIL_ATTEMPT } = mail.attempt,
            { ERROR_TYPE } = field::Empty,
            { STATUS_CODE } = field::Empty,
        );
        let (app, outbox) = (Arc::clone(&worker.app), Arc::clone(&worker.mail));
        sending.spawn(async move { carry_out(&app, &outbox, &mail).await }.instrument(span));
    }
    while let Some(ended) = sending.join_next().await {
        if ended.is_err() {
            tracing::error!("sending a mail panicked: it is tried again once its lease is over");
        }
    }
    Ok(count)
}

async fn carry_out(app: &App, mail: &Mail, claimed: &ClaimedMail) {
    let (outcome, trouble) = deliver(mail, &app.keys, &app.policies, claimed).await;
    if let Some(trouble) = trouble {
        Span::current().record(ERROR_TYPE, trouble.kind()).record(STATUS_CODE, "ERROR");
        let (attempt, last) = (claimed.attempt, matches!(outcome, MailOutcome::Failed(_)));
        tracing::warn!(kind = trouble.kind(), code = trouble.code(), attempt, last, "a mail was not sent");
    }
    if let Err(error) = app.store.settle_mail(claimed, outcome).await {
        tracing::warn!(%error, "how a mail ended was not recorded: it is tried again once its lease is over");
    }
}
