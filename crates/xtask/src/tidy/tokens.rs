//! Rust as a flat run of tokens: no comments, no formatting, and a mark on what is test code.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A word, a mark or a literal.
pub(crate) struct Token {
    /// As written; each character of an operator is a token of its own.
    pub(crate) text: String,
    /// Counted from 1.
    pub(crate) line: usize,
    /// Below an item with `#[cfg(test)]`.
    pub(crate) in_test: bool,
}

impl Token {
    /// What stands between the quotes, if it is a string literal.
    pub(crate) fn string(&self) -> Option<&str> {
        let (prefix, rest) = self.text.split_once('"')?;
        let (inner, _) = rest.rsplit_once('"')?;
        prefix.chars().all(|c| matches!(c, 'r' | 'b' | 'c' | '#')).then_some(inner)
    }
}

/// The tokens of a file. One that is no Rust has none; the compiler says so better.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut out = vec![];
    if let Ok(stream) = text.parse() {
        flatten(stream, false, &mut out);
    }
    out
}

/// The lines, and whether they are test code, where these tokens stand in a row. A `_` in the pattern is any token.
pub(crate) fn find(tokens: &[Token], pattern: &[&str]) -> Vec<(usize, bool)> {
    let same = |(token, wanted): (&Token, &&str)| *wanted == "_" || token.text == **wanted;
    tokens
        .windows(pattern.len())
        .filter(|window| window.iter().zip(pattern).all(same))
        .map(|window| (window[0].line, window[0].in_test))
        .collect()
}

fn flatten(stream: TokenStream, in_test: bool, out: &mut Vec<Token>) {
    // True from `#[cfg(test)]` to the end of the item that it stands on.
    let mut test_item = false;
    for tree in stream {
        let in_test = in_test || test_item;
        let line = tree.span().start().line;
        let mut push = |text: String, line| out.push(Token { text, line, in_test });
        match tree {
            TokenTree::Group(group) => {
                let is_attribute = group.delimiter() == Delimiter::Bracket && follows_hash(out);
                if is_attribute && is_doc(&group.stream()) {
                    continue;
                }
                if is_attribute && is_cfg_test(&group.stream()) {
                    test_item = true;
                }
                let (open, close) = delimiters(group.delimiter());
                out.push(Token { text: open.into(), line, in_test });
                flatten(group.stream(), in_test, out);
                let end = group.span_close().start().line;
                out.push(Token { text: close.into(), line: end, in_test });
                if group.delimiter() == Delimiter::Brace {
                    test_item = false;
                }
            }
            TokenTree::Punct(mark) => {
                push(mark.as_char().to_string(), line);
                if mark.as_char() == ';' {
                    test_item = false;
                }
            }
            TokenTree::Ident(word) => push(word.to_string(), line),
            TokenTree::Literal(literal) => push(literal.to_string(), line),
        }
    }
}

/// Whether a `#` or `#!` comes before, as it does before an attribute.
fn follows_hash(before: &[Token]) -> bool {
    let texts: Vec<&str> = before.iter().rev().take(2).map(|token| token.text.as_str()).collect();
    matches!(texts[..], ["#", ..] | ["!", "#"])
}

fn is_doc(attribute: &TokenStream) -> bool {
    attribute.clone().into_iter().next().is_some_and(|first| first.to_string() == "doc")
}

fn is_cfg_test(attribute: &TokenStream) -> bool {
    attribute.to_string().replace(' ', "") == "cfg(test)"
}

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_left_out() {
        let tokens = tokens("//! One sleep(\n/// Two \"sleep\"\nfn f() { /* sleep */ }");
        assert!(tokens.iter().all(|token| !token.text.contains("sleep")));
    }

    #[test]
    fn test_code_is_marked_until_its_item_ends() {
        let tokens =
            tokens("#[cfg(test)]\nuse a;\nfn b() {}\n#[cfg(test)] mod c { fn d() { e } }\nconst F: u8 = 1;");
        let marked =
            |name: &str| tokens.iter().find(|token| token.text == name).is_some_and(|token| token.in_test);
        assert_eq!(["a", "b", "c", "d", "e", "F"].map(marked), [true, false, true, true, true, false]);
    }

    #[test]
    fn lines_and_strings_are_kept() {
        let tokens = tokens("fn f() {\n    g(\"one\", r#\"two\"#, 'x');\n}");
        assert_eq!(find(&tokens, &["g", "("]), [(2, false)]);
        let strings: Vec<&str> = tokens.iter().filter_map(Token::string).collect();
        assert_eq!(strings, ["one", "two"]);
    }
}
