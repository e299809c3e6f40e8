//! Reads typed values out of a parsed TOML document and collects every problem with the place where it is.
//!
//! A value is known by its key path, such as `roles[1].assigns[0]`. The [`Report`] knows on which line each path
//! begins, so that whoever finds a problem, even after reading, needs to name the path only.

use std::collections::BTreeMap;
use std::fmt::Display;

use toml::de::{DeTable, DeValue};

use super::parse::Problem;

/// Nothing in a policy file lies deeper than `kinds[0].roles[0].permissions[0]`; what does is unknown at its root.
const DEEPEST: usize = 8;

/// The problems of one file.
pub(super) struct Report<'a> {
    text: &'a str,
    places: BTreeMap<String, usize>,
    problems: Vec<Problem>,
}

impl<'a> Report<'a> {
    pub(super) fn new(text: &'a str, document: &DeTable<'_>) -> Self {
        let mut places = BTreeMap::new();
        index(&mut places, "", document, 0);
        Self { text, places, problems: Vec::new() }
    }

    /// Adds a problem with the value at this path; where there is none, with the innermost table around it.
    pub(super) fn add(&mut self, path: &str, message: impl Into<String>) {
        let mut place = path;
        let offset = loop {
            if let Some(offset) = self.places.get(place) {
                break *offset;
            }
            match place.rfind(['.', '[']) {
                Some(end) => place = &place[..end],
                None => break 0,
            }
        };
        let line = line_of(self.text, offset);
        self.problems.push(Problem { line, key: path.to_owned(), message: message.into() });
    }

    /// How many problems there are by now; equal before and after reading a part that has none.
    pub(super) fn len(&self) -> usize {
        self.problems.len()
    }

    /// Whether there is no problem by now.
    pub(super) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// The problems in the order of the file.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems;
        problems.sort_by_key(|problem| problem.line);
        problems
    }
}

/// The line of a text, from 1, in which that byte is.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// A value and its path.
pub(super) struct Node<'a> {
    pub(super) path: String,
    pub(super) value: &'a DeValue<'a>,
}

impl<'a> Node<'a> {
    /// Converts the value, or reports what was expected instead.
    pub(super) fn read<T>(
        &self,
        expected: &str,
        report: &mut Report<'_>,
        convert: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        let converted = convert(self.value);
        if converted.is_none() {
            report.add(&self.path, format!("expected {expected}, found {}", describe(self.value)));
        }
        converted
    }

    /// The value as a table with only these keys.
    pub(super) fn table(&self, expected: &str, known: &[&str], report: &mut Report<'_>) -> Option<Table<'a>> {
        let Some(entries) = self.value.as_table() else {
            report.add(&self.path, format!("expected {expected}, found {}", describe(self.value)));
            return None;
        };
        let table = Table { path: self.path.clone(), entries };
        table.refuse_unknown(known, report);
        Some(table)
    }
}

/// A table and its path.
pub(super) struct Table<'a> {
    pub(super) path: String,
    pub(super) entries: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    /// The document itself, with only these keys.
    pub(super) fn root(entries: &'a DeTable<'a>, known: &[&str], report: &mut Report<'_>) -> Self {
        let table = Self { path: String::new(), entries };
        table.refuse_unknown(known, report);
        table
    }

    /// The path of a key of this table.
    pub(super) fn path_of(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// The value of a key, if there is one.
    pub(super) fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.entries.get(key)?;
        Some(Node { path: self.path_of(key), value: value.get_ref() })
    }

    /// Converts the value of a key that may be absent.
    pub(super) fn optional<T>(
        &self,
        key: &str,
        expected: &str,
        report: &mut Report<'_>,
        convert: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        self.get(key)?.read(expected, report, convert)
    }

    /// Converts the value of a key that must be there.
    pub(super) fn required<T>(
        &self,
        key: &str,
        expected: &str,
        report: &mut Report<'_>,
        convert: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        if let Some(node) = self.get(key) {
            return node.read(expected, report, convert);
        }
        report.add(&self.path_of(key), format!("expected {expected}, found nothing"));
        None
    }

    /// Reads `true` or `false`, or takes what an absent key means.
    pub(super) fn flag(&self, key: &str, absent: bool, report: &mut Report<'_>) -> bool {
        self.optional(key, "true or false", report, boolean).unwrap_or(absent)
    }

    /// The tables of an array such as `[[roles]]`, each with only these keys; none where the key is absent.
    pub(super) fn tables(&self, key: &str, known: &[&str], report: &mut Report<'_>) -> Vec<Table<'a>> {
        let expected = format!("tables under [[{key}]]");
        let nodes = self.elements(key, &expected, report);
        nodes.iter().filter_map(|node| node.table("a table", known, report)).collect()
    }

    /// The elements of an array; none where the key is absent.
    pub(super) fn elements(&self, key: &str, expected: &str, report: &mut Report<'_>) -> Vec<Node<'a>> {
        let Some(node) = self.get(key) else {
            return Vec::new();
        };
        let Some(array) = node.value.as_array() else {
            report.add(&node.path, format!("expected {expected}, found {}", describe(node.value)));
            return Vec::new();
        };
        let element = |(position, value): (usize, &'a toml::Spanned<DeValue<'a>>)| Node {
            path: format!("{}[{position}]", node.path),
            value: value.get_ref(),
        };
        array.iter().enumerate().map(element).collect()
    }

    /// Converts each element of an array, and refuses one that is named twice; empty where the key is absent.
    pub(super) fn list<T: PartialEq + Display>(
        &self,
        key: &str,
        expected: &str,
        report: &mut Report<'_>,
        convert: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Vec<T> {
        let mut list = Vec::new();
        for node in self.elements(key, &format!("an array, each element {expected}"), report) {
            let Some(element) = node.read(expected, report, &convert) else {
                continue;
            };
            if list.contains(&element) {
                report.add(&node.path, format!("\"{element}\" is in this list already"));
            }
            list.push(element);
        }
        list
    }

    fn refuse_unknown(&self, known: &[&str], report: &mut Report<'_>) {
        for key in self.entries.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let message = format!("unknown key; the known ones here are {}", listed(known));
                report.add(&self.path_of(key.get_ref()), message);
            }
        }
    }
}

/// A conversion of texts by that function.
pub(super) fn text<T>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&DeValue<'_>) -> Option<T> {
    move |value| parse(value.as_str()?)
}

/// A conversion of `true` and `false`.
pub(super) fn boolean(value: &DeValue<'_>) -> Option<bool> {
    value.as_bool()
}

/// A conversion of integers from zero to what a database's 64-bit integer holds.
pub(super) fn whole(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok()?;
    u64::try_from(number).ok()
}

/// Names one after the other, for people; one that is there twice is told once.
pub(super) fn listed<T: Display>(names: impl IntoIterator<Item = T>) -> String {
    let mut told: Vec<String> = Vec::new();
    for name in names {
        let name = name.to_string();
        if !told.contains(&name) {
            told.push(name);
        }
    }
    told.join(", ")
}

/// A value as a message names it: short, on one line and without control characters.
pub(super) fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(integer) => number(&integer.to_string()),
        DeValue::Float(float) => number(&float.to_string()),
        DeValue::Boolean(boolean) => boolean.to_string(),
        DeValue::Datetime(datetime) => format!("the date {datetime}"),
        DeValue::Array(array) if array.is_empty() => "an empty array".to_owned(),
        DeValue::Array(_) => "an array".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// The text of a number is as it stands in the file, where anything can follow the digits.
fn number(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) { shortened(text) } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    format!("{:?}", shortened(text))
}

fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}

fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let key = if bare { key.to_owned() } else { quoted(key) };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

fn index(places: &mut BTreeMap<String, usize>, path: &str, table: &DeTable<'_>, depth: usize) {
    for (key, value) in table {
        let path = join(path, key.get_ref());
        places.insert(path.clone(), key.span().start);
        index_value(places, &path, value.get_ref(), depth + 1);
    }
}

fn index_value(places: &mut BTreeMap<String, usize>, path: &str, value: &DeValue<'_>, depth: usize) {
    match value {
        _ if depth > DEEPEST => {}
        DeValue::Table(table) => index(places, path, table, depth),
        DeValue::Array(array) => {
            for (position, element) in array.iter().enumerate() {
                let path = format!("{path}[{position}]");
                places.insert(path.clone(), element.span().start);
                index_value(places, &path, element.get_ref(), depth + 1);
            }
        }
        _ => {}
    }
}
