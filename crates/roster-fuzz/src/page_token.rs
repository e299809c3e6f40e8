//! Page tokens: one leads on in the list that gave it, and nowhere else.

mod lists;
mod scene;

use roster_proto::v1::ErrorReason;
use roster_server::keys::MAX_CURSOR_BYTES;

use lists::List;
use scene::Scene;

thread_local! {
    static SCENE: Scene = Scene::set();
}

/// Takes the second byte as the letter of a list, the third as the size of a page, and the bytes after them as what the
/// first says: a token as it comes (`r`), what is to be sealed as a token of the list (`s`), or a token that some list gave,
/// which two bytes choose, with changes of three bytes each (`t`).
///
/// # Panics
/// Where a property of page tokens does not hold.
pub fn page_token(bytes: &[u8]) {
    let Some((&[kind, letter, size], rest)) = bytes.split_first_chunk::<3>() else { return };
    SCENE.with(|scene| {
        let list = scene.chosen(letter);
        let size = i32::from(size % 128);
        match (kind, std::str::from_utf8(rest)) {
            (b'r', Ok(token)) => raw(scene, list, size, token),
            (b's', _) => sealed(scene, list, size, rest),
            (b't', _) => given(scene, list, size, rest),
            _ => {}
        }
    });
}

/// Nobody guesses a token: but for none at all, which is the first page, any text is refused.
fn raw(scene: &Scene, list: &List, size: i32, token: &str) {
    if token.is_empty() {
        let first = scene.page(list, size, token).unwrap_or_else(|reason| panic!("{reason:?}"));
        assert_eq!(list.place_of(&first, size), 0);
    } else {
        is_refused(scene, list, size, token);
    }
}

/// Seals any bytes as the service seals its own. It takes them for a place in that list or refuses them: they never show
/// what is not in it, and in another list they are nothing.
fn sealed(scene: &Scene, list: &List, size: i32, cursor: &[u8]) {
    if cursor.len() > MAX_CURSOR_BYTES {
        return;
    }
    let keys = &scene.service.app.keys;
    let token = keys.seal_page(&list.context(), cursor).expect("a token");
    assert!(keys.open_page(&list.context(), &token).is_some_and(|opened| opened == cursor));
    match scene.page(list, size, &token) {
        Ok(page) => drop(list.place_of(&page, size)),
        Err(reason) => assert_eq!(reason, ErrorReason::PageTokenInvalid),
    }
    for other in scene.lists.iter().filter(|other| other.context() != list.context()) {
        assert!(keys.open_page(&other.context(), &token).is_none(), "{} takes it too", other.method);
    }
}

/// Brings a token that a list gave, changed or not, to the same list or another.
fn given(scene: &Scene, list: &List, size: i32, bytes: &[u8]) {
    let Some((&[letter, number], edits)) = bytes.split_first_chunk::<2>() else { return };
    let giver = scene.chosen(letter);
    let number = usize::from(number) % giver.tokens.len();
    let token = &giver.tokens[number];
    let mut changed = token.clone().into_bytes();
    for &[high, low, other] in edits.as_chunks::<3>().0 {
        let at = usize::from(u16::from_be_bytes([high, low])) % changed.len();
        changed[at] ^= other & 0x7f;
    }
    let changed = String::from_utf8(changed).expect("ASCII");
    if changed == *token && giver.context() == list.context() {
        let page = scene.page(list, size, token).unwrap_or_else(|reason| panic!("{reason:?}"));
        assert_eq!(list.place_of(&page, size), number + 1);
    } else {
        is_refused(scene, list, size, &changed);
    }
}

fn is_refused(scene: &Scene, list: &List, size: i32, token: &str) {
    match scene.page(list, size, token) {
        Ok(_) => panic!("{} takes {token}", list.method),
        Err(reason) => assert_eq!(reason, ErrorReason::PageTokenInvalid),
    }
}
