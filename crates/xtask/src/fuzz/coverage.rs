//! Picks, of many inputs, the few that together cover most of the code.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The features of the code that each input covers, as libFuzzer records them while it merges.
#[derive(Debug, Default)]
pub(super) struct Coverage(Vec<(PathBuf, BTreeSet<u64>)>);

impl Coverage {
    /// Parses the control file of a merge: the number of inputs, the number of those in the first folder, one path a line,
    /// and then for each input the lines `STARTED`, `FT` and `COV` with the input's number. `None` if it is malformed.
    pub(super) fn parse(control: &str) -> Option<Self> {
        let mut lines = control.lines();
        let count = lines.next()?.trim().parse().ok()?;
        lines.next()?;
        let mut inputs: Vec<_> =
            lines.by_ref().take(count).map(|path| (PathBuf::from(path), BTreeSet::new())).collect();
        for line in lines {
            let mut words = line.split_whitespace();
            if words.next() == Some("FT") {
                let (_, features) = inputs.get_mut(words.next()?.parse::<usize>().ok()?)?;
                features.extend(words.filter_map(|word| word.parse::<u64>().ok()));
            }
        }
        Some(Self(inputs))
    }

    /// At most `limit` inputs, each the one that adds most to those before it, and the share of all features they cover.
    pub(super) fn pick(&self, limit: usize) -> (Vec<&Path>, f64) {
        let all = self.0.iter().flat_map(|(_, features)| features).collect::<BTreeSet<_>>().len();
        let (mut picked, mut covered) = (vec![], BTreeSet::new());
        while picked.len() < limit {
            let adds = |features: &BTreeSet<u64>| features.difference(&covered).count();
            let best = self.0.iter().rev().max_by_key(|(_, features)| adds(features));
            let Some((path, features)) = best.filter(|(_, features)| adds(features) > 0) else { break };
            picked.push(path.as_path());
            covered.extend(features.iter().copied());
        }
        #[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
        let share = if all == 0 { 0.0 } else { covered.len() as f64 / all as f64 };
        (picked, share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_picked_by_what_they_add() {
        let control = "4\n0\na\nb\nc\nd\nSTARTED 0 9\nFT 0 1 2\nCOV 0 7\nSTARTED 1 9\nFT 1 1 2 3\nCOV 1\nSTARTED 2 9\n\
                       FT 2 4\nCOV 2\nSTARTED 3 9\nFT 3\n";
        let coverage = Coverage::parse(control).expect("a control file");
        assert_eq!(coverage.pick(1), (vec![Path::new("b")], 0.75));
        assert_eq!(coverage.pick(9), (vec![Path::new("b"), Path::new("c")], 1.0), "none that adds nothing");
        assert!(Coverage::parse("").is_none() && Coverage::parse("1\n0\na\nFT 3 1\n").is_none());
    }
}
