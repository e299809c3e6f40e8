//! The README is true: what it tells a reader to type is typed here, in order, and does what it says.
//!
//! A block of code is a part of the walk if the comment `<!-- walk -->` stands before it. In a `sh` block every line
//! is a command. In a `console` block commands begin with `$ `; the other lines are what they print, and must be found
//! in the output unless they hold a `…`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use roster_testkit::{Process, Server, both, setting};
use tokio::process::Command;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
const MARK: &str = "<!-- walk -->";
/// Where the README's service listens.
const ADDRESS: &str = "127.0.0.1:50051";

#[tokio::test]
async fn the_readmes_walk_lets_three_people_join() {
    let readme = fs::read_to_string(README).expect("there is a README.md at the root of the repository");
    let walk = walk(&readme);
    assert!(walk.script.contains("grpcurl"), "no block of README.md with calls is marked by {MARK}");
    assert!(walk.script.contains(ADDRESS), "README.md calls the service at {ADDRESS}");

    both(async |kind| {
        let server = Server::start(kind).await;
        let folder = tempfile::TempDir::new().unwrap();
        symlink(setting("ROSTER_TEST_GRPCURL"), folder.path().join("grpcurl")).unwrap();
        let script = walk.script.replace(ADDRESS, &server.address().to_string());
        let mut bash = Process::start(bash(&format!("set -euo pipefail\n{script}"), folder.path()));
        let status = bash.ended().await;
        let output = bash.output();
        assert!(status.success(), "the walk ends with {status}:\n{output}");
        for line in &walk.printed {
            assert!(output.contains(line), "README.md says that {line:?} is printed, not so in:\n{output}");
        }
        let list = output.rsplit("\"members\": [").next().unwrap();
        assert!(list.len() < output.len(), "members are listed in:\n{output}");
        let listed = |role: &str| list.matches(&format!("\"role\": \"{role}\"")).count();
        assert_eq!((listed("viewer"), listed("admin")), (3, 1), "three viewers beside their admin:\n{list}");
    })
    .await;
}

#[test]
fn blocks_are_read_as_this_file_says() {
    let walk = walk(
        "<!-- walk -->\n```sh\nA=1\necho $A\n```\n```sh\nnot this\n```\n\n<!-- walk -->\n\n```console\n$ echo \\\n  \
         two\ntwo\nthree …\n```\n",
    );
    assert_eq!(walk.script, "A=1\necho $A\necho \\\n  two\n");
    assert_eq!(walk.printed, ["two"]);
}

#[derive(Default)]
struct Walk {
    script: String,
    printed: Vec<String>,
}

fn walk(text: &str) -> Walk {
    let mut walk = Walk::default();
    for marked in text.split(MARK).skip(1) {
        let Some((language, rest)) =
            marked.trim_start().strip_prefix("```").and_then(|code| code.split_once('\n'))
        else {
            panic!("no block of code follows {MARK}");
        };
        let block = rest.split("\n```").next().unwrap_or_default();
        match language.trim() {
            "sh" | "bash" => walk.script.extend(block.lines().flat_map(|line| [line, "\n"])),
            "console" => walk.read_console(block),
            other => panic!("{MARK} stands before a block of {other:?}"),
        }
    }
    walk
}

impl Walk {
    fn read_console(&mut self, block: &str) {
        let mut goes_on = false;
        for line in block.lines() {
            let command = line.strip_prefix("$ ");
            if command.is_some() || goes_on {
                let command = command.unwrap_or(line);
                goes_on = command.ends_with('\\');
                self.script.extend([command, "\n"]);
            } else if !line.trim().is_empty() && !line.contains('…') {
                self.printed.push(line.trim().to_owned());
            }
        }
    }
}

fn bash(script: &str, folder: &Path) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command.arg("-c").arg(script).current_dir(folder).env("PATH", format!("{}:{path}", folder.display()));
    command
}
