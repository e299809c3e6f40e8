//! The repository knows no machine and no registry: it must build wherever it is cloned, through whatever mirror.

use super::Repo;

/// Folders of one machine. Written in halves, or this file would break its own rule.
const FOLDERS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/Us", "ers/")];

/// Hosts of package registries.
const HOSTS: &[&str] = &[
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("npm", "js.org"),
    concat!("proxy.", "golang.org"),
    concat!("sum.", "golang.org"),
    concat!("maven", ".org"),
    concat!("maven.", "apache.org"),
    concat!("deb.", "debian.org"),
    concat!("security.", "debian.org"),
];

/// Where one is named.
pub(crate) fn violations(repo: &Repo) -> Vec<String> {
    let mut found = vec![];
    for file in repo.files() {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(folder) = FOLDERS.iter().find(|folder| names_folder(line, folder)) {
                found.push(file.at(index + 1, &format!("{folder} is a folder of one machine")));
            }
            if let Some(host) = HOSTS.iter().find(|host| line.contains(**host)) {
                found
                    .push(file.at(index + 1, &format!("{host} is a registry: say the package's name alone")));
            }
        }
    }
    found
}

/// Whether the folder stands there as an absolute path, not as a part of a longer one.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '*' | '}'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: usize) {
        assert_eq!(violations(&Repo::planted(&[("a.md", text)])).len(), expected, "{text}");
    }

    #[test]
    fn a_machine_or_a_registry_is_caught() {
        check("see docs/work/notes and crates.io", 0);
        check(&format!("cd {}main", FOLDERS[0]), 1);
        check(&format!("`{}.cargo`", FOLDERS[1]), 1);
        check(&format!("https://{}/simple", HOSTS[0]), 1);
    }
}
