//! Makes the changes of a plan, one after the other, by calls of the service.
//!
//! A change that the service refuses is named and the others are made. What is away, or forbids everything, ends it.

use prost::Message as _;
use roster_proto::v1 as pb;

use super::client::{Client, Failure, Teams, request_id};
use super::plan::{Change, Place, What};
use super::progress::Progress;
use super::rows::BadRow;
use super::wire;

/// In rows: the most that one call may add.
const BATCH: usize = 500;
/// In bytes: the service refuses larger messages than 64 KiB; the rest is for the other fields.
const BATCH_SIZE: usize = 60 * 1024;

/// Where and for whom.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub(super) client: &'a Client,
    pub(super) team_id: &'a str,
    pub(super) actor: &'a str,
    /// Whether to ask only whether the service would.
    pub(super) validate_only: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) added: usize,
    pub(super) changed: usize,
    pub(super) removed: usize,
    /// Found to be as wanted when it was tried.
    pub(super) there_already: usize,
    pub(super) bad: Vec<BadRow>,
    /// Why the rest was not tried.
    pub(super) stopped: Option<Failure>,
}

/// Makes the changes in their order.
pub(super) async fn carry_out(task: &Task<'_>, changes: &[Change]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut progress = Progress::begin(changes.len());
    let newcomers = changes.iter().take_while(|change| matches!(change.what, What::Add(_))).count();
    let (newcomers, others) = changes.split_at(newcomers);
    let made = async {
        task.add(newcomers, &mut outcome, &mut progress).await?;
        for change in others {
            match task.change(change).await {
                Ok(()) if matches!(change.what, What::Remove) => outcome.removed += 1,
                Ok(()) => outcome.changed += 1,
                Err(failure) if failure.is_about_the_row() => outcome.refused(change, &failure),
                Err(failure) => return Err(failure),
            }
            progress.advance(1);
        }
        Ok(())
    };
    outcome.stopped = made.await.err();
    outcome
}

impl Outcome {
    fn refused(&mut self, change: &Change, why: &dyn std::fmt::Display) {
        let act = match change.what {
            What::Add(_) => "added",
            What::Change { .. } => "changed",
            What::Remove => "removed",
        };
        let what = format!("{} is not {act}: {why}", change.user_id);
        self.bad.push(BadRow { line: change.line, what });
    }
}

impl Task<'_> {
    /// Adds newcomers in as few calls as possible. A call that is refused as a whole because of one of its rows is
    /// made again in halves, until the row is alone.
    async fn add(
        &self,
        changes: &[Change],
        outcome: &mut Outcome,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let mut batches = batches(changes);
        batches.reverse();
        while let Some(batch) = batches.pop() {
            match self.add_batch(batch).await {
                Ok(results) => {
                    for (change, result) in batch.iter().zip(results) {
                        outcome.note_addition(change, result);
                    }
                }
                Err(failure) if failure.is_invalid() && batch.len() > 1 => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    batches.extend([second, first]);
                    continue;
                }
                Err(failure) if failure.is_invalid() => outcome.refused(&batch[0], &failure),
                Err(failure) => return Err(failure),
            }
            progress.advance(batch.len());
        }
        Ok(())
    }

    async fn add_batch(
        &self,
        batch: &[Change],
    ) -> Result<Vec<pb::batch_add_members_response::Result>, Failure> {
        let request = pb::BatchAddMembersRequest {
            team_id: self.team_id.to_owned(),
            members: batch.iter().filter_map(row).collect(),
            request_id: request_id(),
            validate_only: self.validate_only,
        };
        let send = async |mut teams: Teams, request| teams.batch_add_members(request).await;
        // The calling service vouches for them, and no person does.
        Ok(self.client.call(None, &request, send).await?.results)
    }

    async fn change(&self, change: &Change) -> Result<(), Failure> {
        match &change.what {
            What::Change { before, after } if before.role != after.role => {
                let access = (before.grants != after.grants).then(|| wire::access(after));
                self.change_role(change, after, access).await
            }
            What::Change { after, .. } => self.set_access(change, after).await,
            What::Remove => self.remove(change).await,
            What::Add(_) => Ok(()),
        }
    }

    async fn change_role(
        &self,
        change: &Change,
        after: &Place,
        access: Option<pb::AccessChange>,
    ) -> Result<(), Failure> {
        let request = pb::ChangeMemberRoleRequest {
            team_id: self.team_id.to_owned(),
            user_id: change.user_id.clone(),
            role: after.role.clone(),
            etag: change.etag.clone(),
            request_id: request_id(),
            validate_only: self.validate_only,
            access,
        };
        let send = async |mut teams: Teams, request| teams.change_member_role(request).await;
        self.unless_order_matters(change, self.client.call(Some(self.by(change)), &request, send).await)
    }

    async fn set_access(&self, change: &Change, after: &Place) -> Result<(), Failure> {
        let request = pb::SetMemberAccessRequest {
            team_id: self.team_id.to_owned(),
            user_id: change.user_id.clone(),
            access: Some(wire::access(after)),
            etag: change.etag.clone(),
            request_id: request_id(),
            validate_only: self.validate_only,
        };
        let send = async |mut teams: Teams, request| teams.set_member_access(request).await;
        self.unless_order_matters(change, self.client.call(Some(self.by(change)), &request, send).await)
    }

    async fn remove(&self, change: &Change) -> Result<(), Failure> {
        let request = pb::RemoveMemberRequest {
            team_id: self.team_id.to_owned(),
            user_id: change.user_id.clone(),
            etag: change.etag.clone(),
            request_id: request_id(),
            validate_only: self.validate_only,
            adopt_invites: false,
        };
        let send = async |mut teams: Teams, request| teams.remove_member(request).await;
        self.unless_order_matters(change, self.client.call(Some(self.by(change)), &request, send).await)
    }

    /// Who makes the change.
    fn by<'a>(&'a self, change: &'a Change) -> &'a str {
        change.by.as_deref().unwrap_or(self.actor)
    }

    /// Where nothing is done, nobody has got the role that the last holder of it is to lose, or by which it is to make
    /// a change.
    fn unless_order_matters<A>(&self, change: &Change, answer: Result<A, Failure>) -> Result<(), Failure> {
        let early = |failure: &Failure| {
            let too_early = ["TEAM_NOT_ACCESSIBLE", "ROLE_LACKS_PERMISSION"];
            failure.is("LAST_HOLDER")
                || (change.by.is_some() && too_early.iter().any(|reason| failure.is(reason)))
        };
        match answer {
            Err(failure) if self.validate_only && early(&failure) => Ok(()),
            answer => answer.map(drop),
        }
    }
}

impl Outcome {
    fn note_addition(&mut self, change: &Change, result: pb::batch_add_members_response::Result) {
        use pb::batch_add_members_response::result::Outcome as Came;
        match result.outcome {
            Some(Came::Member(_)) if result.already_member => self.there_already += 1,
            Some(Came::Member(_)) => self.added += 1,
            Some(Came::Status(status)) => self.refused(change, &Failure::from(&status)),
            None => self.refused(change, &"the service does not say why"),
        }
    }
}

/// As many changes in a row as one call takes.
fn batches(changes: &[Change]) -> Vec<&[Change]> {
    let mut batches = Vec::new();
    let mut rest = changes;
    while !rest.is_empty() {
        let mut size = 0;
        let fits = rest.iter().take(BATCH).take_while(|change| {
            // With its tag and length, which take less than 8 bytes.
            size += row(change).map_or(0, |row| row.encoded_len()) + 8;
            size <= BATCH_SIZE
        });
        let (batch, others) = rest.split_at(fits.count().max(1));
        batches.push(batch);
        rest = others;
    }
    batches
}

fn row(change: &Change) -> Option<pb::batch_add_members_request::Row> {
    let What::Add(place) = &change.what else { return None };
    Some(pb::batch_add_members_request::Row {
        user_id: change.user_id.clone(),
        role: place.role.clone(),
        grants: wire::grants(place),
        ..pb::batch_add_members_request::Row::default()
    })
}

#[cfg(test)]
mod tests {
    use super::super::plan::Grant;
    use super::*;

    fn newcomers(count: usize, grants: usize) -> Vec<Change> {
        let grant = |n: usize| Grant {
            kind: "repository".into(),
            resource: Some(format!("repository-{n}")),
            role: "write".into(),
        };
        let place = Place { role: "member".into(), grants: (0..grants).map(grant).collect() };
        let newcomer = |n| Change {
            user_id: format!("person-{n}"),
            line: None,
            etag: String::new(),
            by: None,
            what: What::Add(place.clone()),
        };
        (0..count).map(newcomer).collect()
    }

    #[test]
    fn batches_are_as_large_as_may_be() {
        let check = |count, grants, expected: &[usize]| {
            let changes = newcomers(count, grants);
            let sizes: Vec<usize> = batches(&changes).iter().map(|batch| batch.len()).collect();
            assert_eq!(sizes, expected, "{count} newcomers with {grants} grants");
        };
        check(0, 0, &[]);
        check(500, 0, &[500]);
        check(1_201, 0, &[500, 500, 201]);
        check(3, 3_000, &[1, 1, 1]);
    }

    #[test]
    fn no_batch_is_larger_than_the_service_reads() {
        let changes = newcomers(2_000, 20);
        let batches = batches(&changes);
        assert_eq!(batches.iter().map(|batch| batch.len()).sum::<usize>(), 2_000);
        for batch in batches {
            let members = batch.iter().filter_map(row).collect();
            let request = pb::BatchAddMembersRequest { members, ..Default::default() };
            assert!(request.encoded_len() <= BATCH_SIZE);
        }
    }
}
