//! A file of Rust can be read in one sitting.

use super::Repo;

/// In lines. It is a bound, not an aim: most files should have a third of it.
const MOST: usize = 500;

/// Files that are longer.
pub(crate) fn violations(repo: &Repo) -> Vec<String> {
    let lines = |text: &str| text.lines().count();
    repo.rust()
        .filter(|file| lines(&file.text) > MOST)
        .map(|file| file.at(MOST + 1, &format!("{} lines; {MOST} is the most", lines(&file.text))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_caught() {
        let check =
            |lines| violations(&Repo::planted(&[("crates/a/src/lib.rs", &"//\n".repeat(lines))])).len();
        assert_eq!((check(MOST), check(MOST + 1)), (0, 1));
    }
}
