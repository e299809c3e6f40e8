//! What libFuzzer says, line by line: little of it is worth a line of ours.

use std::fmt;

/// How far a run came.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Its last line of numbers.
    numbers: Option<Numbers>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Numbers {
    tried: String,
    places: String,
    features: String,
    inputs: String,
    a_second: String,
}

impl Progress {
    /// Takes a line, and shows it unless it only says that there is progress.
    pub(super) fn line(&mut self, line: &str) {
        if let Some(numbers) = Numbers::read(line) {
            self.numbers = Some(numbers);
        } else if !is_chatter(line) {
            eprintln!("{line}");
        }
    }
}

impl Numbers {
    /// Reads a line such as `#2048 pulse  cov: 918 ft: 2453 corp: 32/40Kb lim: 4096 exec/s: 204 rss: 120Mb`.
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let tried = words.next()?.strip_prefix('#')?.to_owned();
        if !tried.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut numbers = Self { tried, ..Self::default() };
        while let Some(word) = words.next() {
            let number = match word {
                "cov:" => &mut numbers.places,
                "ft:" => &mut numbers.features,
                "corp:" => &mut numbers.inputs,
                "exec/s:" => &mut numbers.a_second,
                _ => continue,
            };
            words.next()?.clone_into(number);
        }
        Some(numbers)
    }
}

/// What libFuzzer tells of itself: its options, its statistics, and words that it would put into a dictionary.
fn is_chatter(line: &str) -> bool {
    let starts = ["INFO:", "WARNING:", "Dictionary:", "NEW_FUNC", "stat::", "######", "\""];
    line.trim().is_empty() || starts.iter().any(|start| line.trim_start().starts_with(start))
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Numbers { tried, places, features, inputs, a_second }) = &self.numbers else {
            return f.write_str("no input was tried");
        };
        write!(f, "{tried} inputs tried, {a_second} a second; cov {places}, ft {features}, corpus {inputs}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_numbers_are_kept() {
        let mut progress = Progress::default();
        assert_eq!(progress.to_string(), "no input was tried");
        progress.line("INFO: Seed: 1");
        progress.line("#8\tINITED cov: 9 ft: 12 corp: 3/40b exec/s: 0 rss: 30Mb");
        progress.line("#2048\tDONE   cov: 918 ft: 2453 corp: 32/40Kb lim: 4096 exec/s: 204 rss: 120Mb");
        progress.line("###### Recommended dictionary. ######");
        progress.line("Done 2048 runs in 10 second(s)");
        assert_eq!(progress.to_string(), "2048 inputs tried, 204 a second; cov 918, ft 2453, corpus 32/40Kb");
    }
}
