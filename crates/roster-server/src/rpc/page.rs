//! Pages of lists: where one goes on, and whether there is another.

use roster_domain::Timestamp;
use roster_store::ExportPlace;
use uuid::Uuid;

use crate::app::App;
use crate::authn::Call;

use super::error::Error;

/// What a page token belongs to: a token of one list is refused by every other.
pub(super) struct List<'a> {
    app: &'a App,
    context: Vec<Vec<u8>>,
}

impl<'a> List<'a> {
    /// The list that this method gives this caller and actor, with everything besides that shapes it: the team, the
    /// filter, the order.
    pub(super) fn new(app: &'a App, call: &Call, method: &str, parameters: &[&[u8]]) -> Self {
        let actor = call.actor.as_ref().map_or("", |actor| actor.user_id.as_str());
        let mut context = vec![method.into(), call.caller.name.as_str().into(), actor.into()];
        context.extend(parameters.iter().map(|parameter| parameter.to_vec()));
        Self { app, context }
    }

    /// The place after which the page begins; none for the first.
    pub(super) fn place<T>(
        &self,
        token: &str,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        if token.is_empty() {
            return Ok(None);
        }
        let cursor = self.app.keys.open_page(&self.parts(), token).ok_or(Error::PageToken)?;
        read(&cursor).map(Some).ok_or(Error::PageToken)
    }

    /// Cuts what was read, one more than the page holds, to the page, and gives the token of the next.
    pub(super) fn cut<T>(
        &self,
        mut rows: Vec<T>,
        size: u64,
        place: impl FnOnce(&T) -> Vec<u8>,
    ) -> Result<(Vec<T>, String), Error> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if rows.len() <= size {
            return Ok((rows, String::new()));
        }
        rows.truncate(size);
        let Some(last) = rows.last() else { return Ok((rows, String::new())) };
        let token = self.app.keys.seal_page(&self.parts(), &place(last));
        Ok((rows, token.ok_or(Error::Internal("the system gave no random bytes"))?))
    }

    fn parts(&self) -> Vec<&[u8]> {
        self.context.iter().map(Vec::as_slice).collect()
    }
}

/// A cursor of two numbers.
pub(super) fn write_pair(first: i64, second: i64) -> Vec<u8> {
    [first.to_be_bytes(), second.to_be_bytes()].concat()
}

/// Reads what [`write_pair`] wrote.
pub(super) fn read_pair(cursor: &[u8]) -> Option<(i64, i64)> {
    let (first, second) = cursor.split_at_checked(8)?;
    Some((i64::from_be_bytes(first.try_into().ok()?), i64::from_be_bytes(second.try_into().ok()?)))
}

/// A cursor of a time and an id.
pub(super) fn write_moment(time: Timestamp, id: Uuid) -> Vec<u8> {
    [&time.micros().to_be_bytes()[..], id.as_bytes()].concat()
}

/// Reads what [`write_moment`] wrote.
pub(super) fn read_moment(cursor: &[u8]) -> Option<(Timestamp, Uuid)> {
    let (time, id) = cursor.split_at_checked(8)?;
    let time = Timestamp::from_micros(i64::from_be_bytes(time.try_into().ok()?));
    Some((time, Uuid::from_slice(id).ok()?))
}

/// Reads a cursor that is one number.
pub(super) fn read_number(cursor: &[u8]) -> Option<i64> {
    Some(i64::from_be_bytes(cursor.try_into().ok()?))
}

/// Reads a cursor that is a UUID.
pub(super) fn read_uuid(cursor: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(cursor).ok()
}

/// A cursor among all that is held about a person: a letter for the kind, and the key.
pub(super) fn write_export(place: ExportPlace) -> Vec<u8> {
    let (kind, key): (u8, &[u8]) = match &place {
        ExportPlace::Person => (b'p', &[]),
        ExportPlace::Membership(id) => (b'm', id.as_bytes()),
        ExportPlace::Removal(id) => (b'r', id.as_bytes()),
        ExportPlace::Invitation(id) => (b'i', id.as_bytes()),
        ExportPlace::InviteLink(id) => (b'l', id.as_bytes()),
        ExportPlace::TeamCode(id) => (b'c', id.as_bytes()),
        ExportPlace::Event(seq) => (b'e', &seq.to_be_bytes()),
    };
    [&[kind], key].concat()
}

/// Reads what [`write_export`] wrote.
pub(super) fn read_export(cursor: &[u8]) -> Option<ExportPlace> {
    let (kind, key) = cursor.split_first()?;
    Some(match kind {
        b'p' if key.is_empty() => ExportPlace::Person,
        b'm' => ExportPlace::Membership(read_uuid(key)?),
        b'r' => ExportPlace::Removal(read_uuid(key)?),
        b'i' => ExportPlace::Invitation(read_uuid(key)?),
        b'l' => ExportPlace::InviteLink(read_uuid(key)?),
        b'c' => ExportPlace::TeamCode(read_uuid(key)?),
        b'e' => ExportPlace::Event(read_number(key)?),
        _ => return None,
    })
}
