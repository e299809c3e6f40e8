//! Statements, as Postgres itself logs them.

use roster_testkit::{Cluster, Data, eventually};

use crate::scene::Scene;

/// How a line begins that tells of a statement of the service, whether it was prepared or not. The lines of a statement
/// that has several begin in another way.
const STATEMENTS: [&str; 2] = ["roster|LOG:  statement:", "roster|LOG:  execute"];

/// How many statements each of these calls sends.
pub(crate) async fn count(names: &[String]) -> Vec<usize> {
    // Values are left out: they may have lines of any kind.
    let settings = ["log_statement=all", "log_line_prefix=%a|", "log_parameter_max_length=0"];
    let cluster = Cluster::start(&settings).await;
    let data = Data::at(&cluster.url());
    data.migrate().await;
    let scene = Scene::start(data, |options| options).await;
    let marker = cluster.connect().await;
    // Every process of the server writes to one pipe, and before it answers: the order of lines is that of events.
    let mark = async |text: &str| {
        marker.batch_execute(&format!("SELECT '{text}'")).await.expect("a superuser may select");
    };
    for (row, name) in names.iter().enumerate() {
        let [warm, calls @ ..] = scene.three(name).await;
        warm.make(&scene.server, None).await;
        for (turn, call) in calls.iter().enumerate() {
            mark(&format!("mark {row}.{turn}")).await;
            call.make(&scene.server, None).await;
        }
        mark(&format!("mark {row}.end")).await;
    }
    mark("mark of the end").await;
    let log = eventually("the last mark", async || {
        let log = cluster.log();
        log.contains("SELECT 'mark of the end'").then_some(log)
    })
    .await;
    let between = |from: &str, to: &str| {
        let (_, rest) = log.split_once(&format!("SELECT 'mark {from}'")).expect("the mark is logged");
        let (part, _) = rest.split_once(&format!("SELECT 'mark {to}'")).expect("the mark is logged");
        part.lines().filter(|line| STATEMENTS.iter().any(|begin| line.starts_with(begin))).count()
    };
    let least = |row: usize| {
        let (first, second) = (format!("{row}.0"), format!("{row}.1"));
        // The service does things of its own beside the calls, seldom enough to spare one of two.
        between(&first, &second).min(between(&second, &format!("{row}.end")))
    };
    (0..names.len()).map(least).collect()
}
