//! YAML as a tree whose nodes know their lines.
//!
//! The tree is never larger than the text: aliases, which could make it so, are refused, and so is deep nesting.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

/// How deep lists and mappings may be nested; a team in a team takes two levels.
const DEPTH: usize = 64;

/// A part of a document.
#[derive(Debug)]
pub(super) struct Node {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) value: Value,
}

/// What stands there.
#[derive(Debug)]
pub(super) enum Value {
    /// Nothing, or what YAML writes for it: `null` or `~`.
    Null,
    /// Any other scalar, as written: what looks like a number may be a name.
    Text(String),
    List(Vec<Node>),
    /// The entries in their order; the first of those with one key stands.
    Map(Vec<(Key, Node)>),
}

/// The key of an entry.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) line: usize,
    /// The line of an earlier entry with the same key.
    pub(super) doubles: Option<usize>,
}

/// Why a text is no such tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) line: usize,
    pub(super) what: String,
}

impl Node {
    /// The entries of a mapping that double no earlier one; nothing of anything else.
    pub(super) fn entry(&self, key: &str) -> Option<&Node> {
        let Value::Map(entries) = &self.value else { return None };
        entries.iter().find(|(found, _)| found.text == key).map(|(_, node)| node)
    }
}

/// Reads a text of one document; an empty one is null.
pub(super) fn parse(text: &str) -> Result<Node, Malformed> {
    let mut reader = Reader { events: Parser::new_from_str(text) };
    let mut document = None;
    loop {
        match reader.next()? {
            (Event::DocumentStart(_), span) => {
                if document.is_some() {
                    return Err(malformed(&span, "a second document begins; one is expected"));
                }
                let first = reader.next()?;
                document = Some(reader.node(first, 0)?);
            }
            (Event::StreamEnd, _) => return Ok(document.unwrap_or(Node { line: 1, value: Value::Null })),
            _ => {}
        }
    }
}

struct Reader<'input> {
    events: Parser<'input, StrInput<'input>>,
}

type Found<'input> = (Event<'input>, Span);

impl<'input> Reader<'input> {
    fn next(&mut self) -> Result<Found<'input>, Malformed> {
        let of = |error: ScanError| Malformed { line: error.marker().line(), what: error.info().to_owned() };
        self.events.next().unwrap_or_else(|| Ok((Event::StreamEnd, Span::default()))).map_err(of)
    }

    /// The node that begins with that event.
    fn node(&mut self, (event, span): Found<'input>, depth: usize) -> Result<Node, Malformed> {
        if depth > DEPTH {
            return Err(malformed(&span, &format!("nested deeper than {DEPTH} levels")));
        }
        let line = span.start.line();
        let value = match event {
            Event::Scalar(text, style, ..) => scalar(&text, style),
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break Value::List(items),
                        found => items.push(self.node(found, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(..) => self.mapping(depth)?,
            Event::Alias(_) => {
                return Err(malformed(&span, "aliases are not read; write out what it stands for"));
            }
            Event::StreamEnd => return Err(malformed(&span, "the document ends too early")),
            _ => Value::Null,
        };
        Ok(Node { line, value })
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Malformed> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut lines = HashMap::new();
        loop {
            let (text, span) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::Map(entries)),
                (Event::Scalar(text, ..), span) => (text.into_owned(), span),
                (_, span) => return Err(malformed(&span, "a key must be a plain text")),
            };
            let line = span.start.line();
            let doubles = lines.get(&text).copied();
            lines.entry(text.clone()).or_insert(line);
            let first = self.next()?;
            entries.push((Key { text, line, doubles }, self.node(first, depth + 1)?));
        }
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    let is_null = style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
    if is_null { Value::Null } else { Value::Text(text.to_owned()) }
}

fn malformed(span: &Span, what: &str) -> Malformed {
    Malformed { line: span.start.line(), what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as one line.
    fn show(node: &Node) -> String {
        let line = node.line;
        match &node.value {
            Value::Null => format!("{line}:null"),
            Value::Text(text) => format!("{line}:{text}"),
            Value::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" ")),
            Value::Map(entries) => {
                let entry = |(key, node): &(Key, Node)| format!("{}:{}={}", key.line, key.text, show(node));
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(" "))
            }
        }
    }

    #[test]
    fn trees_with_their_lines() {
        let check =
            |text: &str, expected: &str| assert_eq!(show(&parse(text).unwrap()), expected, "{text:?}");
        check("", "1:null");
        check("a: 1\nb:\n- x\n- 'y'\n# z\n- null\n", "{1:a=1:1 2:b=[3:x 4:y 6:null]}");
        check("---\n{a: [0x1F, yes, ~, \"~\"]}", "{2:a=[2:0x1F 2:yes 2:null 2:~]}");
        check("a:\n  b: |\n    text\n  c:\n", "{1:a={2:b=3:text\n 4:c=4:null}}");
        check("&x a: &y b", "{1:a=1:b}");
    }

    #[test]
    fn a_doubled_key_is_marked_and_the_first_stands() {
        let tree = parse("a: 1\nb: 2\na: 3").unwrap();
        let Value::Map(entries) = &tree.value else { panic!("a mapping") };
        let marks: Vec<_> = entries.iter().map(|(key, _)| key.doubles).collect();
        assert_eq!(marks, [None, None, Some(1)]);
        assert_eq!(tree.entry("a").map(show), Some("1:1".to_owned()));
    }

    #[test]
    fn what_is_no_such_tree_is_refused_with_its_line() {
        let check = |text: &str, line: usize, part: &str| {
            let error = parse(text).map(|tree| show(&tree)).unwrap_err();
            assert!(error.line == line && error.what.contains(part), "{text:?}: {error:?}");
        };
        check("a: &x [b]\nc: *x", 2, "aliases");
        check("a: 1\n---\nb: 2", 2, "second document");
        check("a: 1\n[x]: 2", 2, "key");
        check("a: [1\nb: 2", 2, "");
        check("a:\n  b: 1\n c: 2", 3, "");
        check(&format!("{}{}", "[".repeat(100), "]".repeat(100)), 1, "deeper");
        check(&"- ".repeat(100_000), 1, "deeper");
    }
}
