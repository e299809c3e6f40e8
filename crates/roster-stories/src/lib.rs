//! The manuals of the products as stories: what people do to a team, step by step, and what they are told.
//!
//! The stories are in `testdata`, a file for each product. One test acts them out on the rules alone, another calls the
//! service. A step is a line:
//!
//! ```text
//! bob invites eve as member with brand/b1=viewer
//! dan removes cem: ROLE_LACKS_PERMISSION      it is refused for this reason
//! ada revokes code 1: nothing                 it is granted and changes nothing
//! would: ada deletes                          it would be granted, and is not done
//! ada|bob makes cem admin|member              each of them, in this order: ada admin, ada member, bob admin, …
//! ada|bob removes self: OWN_REMOVAL           the one who acts
//! eve accepts · fay accepts of eve            the last invitation to one's own address, or to another's
//! ada creates code as guest for P7D 2 uses · eve types code 1 · bob opens link 1
//! add bob as admin · tier agency              what a calling service does
//! wait 7 days · wait almost 7 days · wait a moment
//! cem is admin · cem is suspended admin · cem is nobody
//! cem may works.view,works.edit · cem may not works.edit
//! cem reaches b1=admin b2=-
//! seats 3 used 2 pending 1 available 1 · pending eve fay · code 1 has 2 uses · link 1 has 8 uses
//! ```
//!
//! `almost` is a microsecond before the time for the rules, and as long before it as the service takes for the step for
//! the service; `a moment` is that much. A permission that is asked for with `may`, and a resource with `reaches`, are the
//! rules' to answer alone.
#![expect(clippy::missing_panics_doc, reason = "a story that cannot be read fails the test that tells it")]

use serde::Deserialize;

/// What happens to one team.
#[derive(Clone, Debug)]
pub struct Story {
    /// The team's policy.
    pub policy: String,
    /// The sentences of the manual that it holds.
    pub manual: String,
    /// Whether it is the personal team of `ada`, who founds the others too.
    pub personal: bool,
    /// What happens, in this order.
    pub steps: Vec<Step>,
}

/// One thing that somebody does, or that is so.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its words, the alternatives chosen.
    pub words: Vec<String>,
    /// What the one who acts is told.
    pub expected: Expected,
    /// Whether it is only asked for.
    pub would: bool,
}

/// What the one who acts is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It is done.
    Done,
    /// It is granted, and there was nothing to do.
    Nothing,
    /// It is refused for this reason, as the contract names it.
    Refused(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    policy: String,
    /// Steps before each story.
    team: String,
    story: Vec<Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    manual: String,
    /// Whether the team is ada's personal one, without the file's steps.
    #[serde(default)]
    personal: bool,
    /// Whether ada is alone at first.
    #[serde(default)]
    alone: bool,
    steps: String,
}

const FILES: [(&str, &str); 5] = [
    ("account", include_str!("../testdata/account.toml")),
    ("brand", include_str!("../testdata/brand.toml")),
    ("organization", include_str!("../testdata/organization.toml")),
    ("studio", include_str!("../testdata/studio.toml")),
    ("workspace", include_str!("../testdata/workspace.toml")),
];

/// All stories.
#[must_use]
pub fn stories() -> Vec<Story> {
    FILES.iter().flat_map(|(name, text)| read(name, text)).collect()
}

fn read(name: &str, text: &str) -> Vec<Story> {
    let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let story = |section: Section| {
        let before = if section.personal || section.alone { "" } else { &file.team };
        let lines = before.lines().chain(section.steps.lines()).map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Story {
            policy: file.policy.clone(),
            manual: section.manual,
            personal: section.personal,
            steps: lines.flat_map(steps).collect(),
        }
    };
    file.story.into_iter().map(story).collect()
}

/// The steps of a line.
fn steps(line: &str) -> Vec<Step> {
    let (would, line) = line.strip_prefix("would: ").map_or((false, line), |line| (true, line));
    let (line, expected) = match line.rsplit_once(": ") {
        Some((line, "nothing")) => (line, Expected::Nothing),
        Some((line, reason)) => (line, Expected::Refused(reason.to_owned())),
        None => (line, Expected::Done),
    };
    let mut all = vec![vec![]];
    for word in line.split_whitespace() {
        let with = |words: &Vec<String>, word: &str| [&words[..], &[word.to_owned()]].concat();
        all = all.iter().flat_map(|words| word.split('|').map(|word| with(words, word))).collect();
    }
    let step = |mut words: Vec<String>| {
        let who = words[0].clone();
        words.iter_mut().filter(|word| *word == "self").for_each(|word| word.clone_from(&who));
        Step { words, expected: expected.clone(), would }
    };
    all.into_iter().map(step).collect()
}

impl Step {
    /// Its words, to be matched.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }
}

/// The microseconds of `7 days`, `almost 7 days` or `a moment`, where a moment takes that many.
#[must_use]
pub fn micros(words: &[&str], moment: i64) -> i64 {
    match words {
        ["a", "moment"] => moment,
        ["almost", rest @ ..] => micros(rest, moment) - moment,
        [count, unit] => {
            let unit = match *unit {
                "days" => 86_400_000_000,
                "hours" => 3_600_000_000,
                other => panic!("{other:?} is no unit of time"),
            };
            count.parse::<i64>().unwrap_or_else(|error| panic!("{count:?}: {error}")) * unit
        }
        other => panic!("{other:?} is no time"),
    }
}

/// The kind, resource and role of `brand/b1=admin`; the resource `*` stands for all of them.
#[must_use]
pub fn grant(word: &str) -> (&str, &str, &str) {
    let parts = word.split_once('/').and_then(|(kind, rest)| Some((kind, rest.split_once('=')?)));
    let (kind, (resource, role)) = parts.unwrap_or_else(|| panic!("{word:?} is no grant"));
    (kind, resource, role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_are_told_one_after_the_other() {
        let told = steps("ada|bob makes self admin|user: OWN_ROLE");
        let texts: Vec<_> = told.iter().map(|step| step.words.join(" ")).collect();
        let expected =
            ["ada makes ada admin", "ada makes ada user", "bob makes bob admin", "bob makes bob user"];
        assert_eq!(texts, expected);
        assert!(told.iter().all(|step| step.expected == Expected::Refused("OWN_ROLE".into()) && !step.would));
        assert!(steps("would: ada deletes")[0].would);
        assert_eq!(steps("ada revokes code 1: nothing")[0].expected, Expected::Nothing);
    }

    #[test]
    fn times_and_grants_are_read() {
        assert_eq!(micros(&["almost", "2", "hours"], 5), 7_200_000_000 - 5);
        assert_eq!(grant("brand/*=viewer"), ("brand", "*", "viewer"));
    }
}
