//! Plants changes into the text of a source file, each behind a switch.

use anyhow::{Context as _, Result};
use proc_macro2::LineColumn;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr};

/// A change as cargo-mutants names it: `src/a.rs:3:7: replace < with <= in f`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) file: String,
    line: usize,
    column: usize,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// The function answers this at once.
    Body(String),
    /// The operator is this one.
    Binary(String),
    /// The operator is not there.
    Unary,
    /// The arm of a match is not there.
    Arm,
    /// The guard of an arm is `true` or `false`.
    Guard(&'static str),
}

impl Change {
    /// Reads a name; none for a kind of change that cannot be switched.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (place, change) = name.split_once(": ")?;
        let mut parts = place.rsplitn(3, ':');
        let (column, line) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let file = parts.next()?.to_owned();
        let kind = if change.starts_with("replace match guard ") {
            let guard = ["true", "false"].into_iter();
            Kind::Guard(guard.rev().find(|value| change.contains(&format!(" with {value} in ")))?)
        } else if let Some(replaced) = change.strip_prefix("replace ") {
            let (from, to) = replaced.split_once(" with ")?;
            match to.split_once(" in ") {
                Some((operator, _)) if !from.contains(char::is_alphanumeric) => {
                    Kind::Binary(operator.to_owned())
                }
                _ => Kind::Body(to.to_owned()),
            }
        } else if change.starts_with("delete match arm ") {
            Kind::Arm
        } else if change.starts_with("delete ! in ") || change.starts_with("delete - in ") {
            Kind::Unary
        } else {
            return None;
        };
        Some(Self { file, line, column, kind })
    }

    fn is_at(&self, start: LineColumn) -> bool {
        (self.line, self.column) == (start.line, start.column + 1)
    }
}

/// A file with its changes.
pub(super) struct Planted {
    pub(super) text: String,
    /// The number of each change that was planted, and where it begins in the text.
    places: Vec<(usize, usize)>,
}

impl Planted {
    /// Plants the changes, each with its number. Those whose place is not found are left out.
    ///
    /// `switch` is the text of a function `is_planted(u32) -> bool`.
    pub(super) fn new(text: &str, changes: &[(usize, &Change)], switch: &str) -> Result<Self> {
        let file = syn::parse_file(text).context("it does not parse")?;
        let mut finder = Finder { text, lines: line_starts(text), changes, pieces: vec![] };
        finder.visit_file(&file);
        let mut pieces = finder.pieces;
        pieces.sort_by_key(|piece| piece.order);
        let (mut planted, mut places, mut copied) = (String::new(), vec![], 0);
        for piece in &pieces {
            planted += &text[copied..piece.at];
            copied = piece.at;
            if piece.begins {
                places.push((planted.len(), piece.number));
            }
            planted += &piece.text;
        }
        planted += &text[copied..];
        planted += switch;
        Ok(Self { text: planted, places })
    }

    /// The numbers of those that were planted.
    pub(super) fn numbers(&self) -> impl Iterator<Item = usize> {
        self.places.iter().map(|(_, number)| *number)
    }

    /// The change that stands at that place of the planted text or last before it.
    pub(super) fn blamed(&self, line: usize, column: usize) -> Option<usize> {
        let place = offset(&self.text, &line_starts(&self.text), line, column);
        // The place of an error in the change itself lies behind its begin.
        self.places.iter().rev().find(|(at, _)| *at <= place).map(|(_, number)| *number)
    }
}

/// A piece of text to put in.
struct Piece {
    at: usize,
    text: String,
    number: usize,
    begins: bool,
    /// What ends here stands before what begins here; an outer change encloses an inner one.
    order: (usize, bool, isize, isize),
}

struct Finder<'a> {
    text: &'a str,
    lines: Vec<usize>,
    changes: &'a [(usize, &'a Change)],
    pieces: Vec<Piece>,
}

impl Finder<'_> {
    fn at(&self, place: LineColumn) -> usize {
        offset(self.text, &self.lines, place.line, place.column + 1)
    }

    /// The changes at that place.
    fn here(&self, place: LineColumn) -> Vec<(usize, Kind)> {
        let here = self.changes.iter().filter(|(_, change)| change.is_at(place));
        here.map(|(number, change)| (*number, change.kind.clone())).collect()
    }

    fn wrap(&mut self, number: usize, from: usize, to: usize, before: String, after: &str) {
        let signed = |place: usize| isize::try_from(place).unwrap_or(isize::MAX);
        let begin = (from, true, -signed(to), signed(number));
        let end = (to, false, -signed(from), -signed(number));
        self.pieces.push(Piece { at: from, text: before, number, begins: true, order: begin });
        self.pieces.push(Piece { at: to, text: after.to_owned(), number, begins: false, order: end });
    }

    fn insert(&mut self, number: usize, at: usize, text: String) {
        self.pieces.push(Piece { at, text, number, begins: true, order: (at, true, isize::MIN, 0) });
    }

    fn body(&mut self, block: &Block) {
        let Some(first) = block.stmts.first() else { return };
        for (number, kind) in self.here(first.span().start()) {
            if let Kind::Body(answer) = kind {
                let at = self.at(block.brace_token.span.open().end());
                self.insert(number, at, format!("\nif is_planted({number}) {{ return {answer}; }}\n"));
            }
        }
    }

    /// Puts one expression in the place of another.
    fn instead(&mut self, number: usize, whole: &Expr, other: &str) {
        let (from, to) = (self.at(whole.span().start()), self.at(whole.span().end()));
        self.wrap(number, from, to, format!("(if is_planted({number}) {{ {other} }} else {{ "), " })");
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.body(&item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.body(&item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Binary(binary) if !has_let(expr) => {
                let operator = operator(&binary.op);
                for (number, kind) in self.here(operator.0) {
                    if let Kind::Binary(other) = kind {
                        let left = self.at(expr.span().start())..self.at(operator.0);
                        let right = self.at(operator.1)..self.at(expr.span().end());
                        let (left, right) = (&self.text[left], &self.text[right]);
                        // Brackets, since `a as u64 < b` does not parse.
                        let other = match other.strip_suffix('=') {
                            Some("+" | "-" | "*" | "/" | "%" | "&" | "|" | "^") => {
                                format!("{left}{other}{right}")
                            }
                            _ => format!("({left}){other}({right})"),
                        };
                        self.instead(number, expr, &other);
                    }
                }
            }
            Expr::Unary(unary) => {
                for (number, kind) in self.here(expr.span().start()) {
                    if kind == Kind::Unary {
                        let operand = unary.expr.span();
                        let operand = &self.text[self.at(operand.start())..self.at(operand.end())];
                        self.instead(number, expr, operand);
                    }
                }
            }
            _ => {}
        }
        visit::visit_expr(self, expr);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let guard = arm.guard.as_ref().map(|(_, guard)| guard).filter(|guard| !has_let(guard));
        for (number, kind) in self.here(arm.span().start()) {
            match (kind, guard) {
                (Kind::Arm, Some(guard)) => {
                    let (from, to) = (self.at(guard.span().start()), self.at(guard.span().end()));
                    self.wrap(number, from, to, format!("!is_planted({number}) && ("), ")");
                }
                (Kind::Arm, None) if arm.guard.is_none() => {
                    let at = self.at(arm.pat.span().end());
                    self.insert(number, at, format!(" if !is_planted({number})"));
                }
                _ => {}
            }
        }
        if let Some(guard) = guard {
            for (number, kind) in self.here(guard.span().start()) {
                if let Kind::Guard(value) = kind {
                    self.instead(number, guard, value);
                }
            }
        }
        visit::visit_arm(self, arm);
    }
}

/// Where an operator begins and ends.
fn operator(operator: &BinOp) -> (LineColumn, LineColumn) {
    (operator.span().start(), operator.span().end())
}

/// Whether a chain of conditions has a `let`: it cannot stand in brackets.
fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

/// The offset at which each line begins.
fn line_starts(text: &str) -> Vec<usize> {
    [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// The offset of a line and a column; both count from one, the column in characters.
fn offset(text: &str, lines: &[usize], line: usize, column: usize) -> usize {
    let start = lines.get(line - 1).copied().unwrap_or(text.len());
    let rest = &text[start..];
    start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
fn less(a: u8, b: u8) -> bool {
    !done() && a < b
}
fn kind(a: u8) -> u8 {
    match a {
        0 => 1,
        n if n == 9 => 2,
        _ => 3,
    }
}
";

    #[track_caller]
    fn check(changes: &[&str], expected: &[&str]) {
        let changes: Vec<_> =
            changes.iter().map(|name| Change::parse(&format!("a.rs:{name}")).unwrap()).collect();
        let numbered: Vec<_> = changes.iter().enumerate().map(|(n, change)| (n + 1, change)).collect();
        let planted = Planted::new(SOURCE, &numbered, "").unwrap();
        assert_eq!(planted.numbers().count(), changes.len(), "{}", planted.text);
        syn::parse_file(&planted.text).unwrap_or_else(|error| panic!("{error}: {}", planted.text));
        for line in expected {
            assert!(
                planted.text.lines().any(|found| found.trim() == *line),
                "no {line:?} in {}",
                planted.text
            );
        }
    }

    #[test]
    fn each_kind_of_change_is_planted_behind_a_switch() {
        check(&["2:5: replace less -> bool with true"], &["if is_planted(1) { return true; }"]);
        check(
            &["2:18: replace < with <= in less", "2:18: replace < with == in less"],
            &[
                "!done() && (if is_planted(1) { (a )<=( b) } else { (if is_planted(2) { (a )==( b) } else { a < b }) })",
            ],
        );
        check(
            &["2:13: replace && with || in less", "2:5: delete ! in less"],
            &[
                "(if is_planted(1) { (!done() )||( a < b) } else { (if is_planted(2) { done() } else { !done() }) && a < b })",
            ],
        );
        check(&["6:9: delete match arm 0 in kind"], &["0 if !is_planted(1) => 1,"]);
        check(
            &[
                "7:9: delete match arm n if n == 9 in kind",
                "7:14: replace match guard n == 9 with false in kind",
            ],
            &["n if !is_planted(1) && ((if is_planted(2) { false } else { n == 9 })) => 2,"],
        );
    }

    #[test]
    fn an_error_is_blamed_on_the_change_where_it_is() {
        let changes = ["2:5: replace less -> bool with 1", "6:9: delete match arm 0 in kind"];
        let changes = changes.map(|name| Change::parse(&format!("a.rs:{name}")).unwrap());
        let planted = Planted::new(SOURCE, &[(4, &changes[0]), (7, &changes[1])], "").unwrap();
        assert_eq!(planted.blamed(2, 29), Some(4));
        assert_eq!(planted.blamed(8, 13), Some(7), "{}", planted.text);
        assert_eq!(planted.blamed(1, 1), None);
    }

    #[test]
    fn what_cannot_be_switched_is_no_change() {
        assert_eq!(Change::parse("a.rs:1:2: delete field x from struct Y expression in f"), None);
    }
}
