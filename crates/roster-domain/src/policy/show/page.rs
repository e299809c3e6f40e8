//! Lays out paragraphs, facts and tables in lines of at most 110 characters.

/// The widest line.
const WIDTH: usize = 110;
/// Where the values of facts begin, unless a label is longer.
const LABEL: usize = 28;
/// Longer labels of a table's rows stand on a line of their own. With the longest name of a role, 40 characters, a
/// row then fits.
const ROW_LABEL: usize = 60;

/// What stands between two columns.
const GAP: &str = "  ";

/// A text that grows by whole lines.
pub(super) struct Page {
    text: String,
}

impl Page {
    pub(super) fn new() -> Self {
        Self { text: String::new() }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A line after a blank one.
    pub(super) fn heading(&mut self, heading: &str) {
        self.blank();
        self.paragraph(heading);
    }

    /// Text in as many lines as it needs.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.flow("", 0, text);
    }

    /// A label and what it is; further lines are indented below the value.
    pub(super) fn fact(&mut self, label: &str, value: &str) {
        let label = format!("  {label}");
        if label.chars().count() < LABEL {
            self.flow(&format!("{label:LABEL$}"), LABEL, value);
        } else {
            self.line(&label);
            self.flow(&" ".repeat(LABEL), LABEL, value);
        }
    }

    /// Rows of yes (`yes`) and no (`-`); as many tables, one after the other, as the columns need.
    pub(super) fn table(&mut self, columns: &[&str], rows: &[(String, Vec<bool>)]) {
        let longest = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or_default();
        let label_width = longest.min(ROW_LABEL) + 2;
        let mut first = 0;
        while first < columns.len() {
            let mut end = first;
            let mut width = label_width;
            while end < columns.len() && (end == first || width + cell_width(columns[end]) <= WIDTH) {
                width += cell_width(columns[end]);
                end += 1;
            }
            if first > 0 {
                self.blank();
            }
            let shown = &columns[first..end];
            self.row("", label_width, shown, shown.iter().copied());
            for (label, cells) in rows {
                let cells = cells[first..end].iter().map(|may| if *may { "yes" } else { "-" });
                self.row(label, label_width, shown, cells);
            }
            first = end;
        }
    }

    fn row<'a>(
        &mut self,
        label: &str,
        width: usize,
        columns: &[&str],
        cells: impl IntoIterator<Item = &'a str>,
    ) {
        let mut line = format!("  {label}");
        if line.chars().count() > width {
            self.line(&line);
            line.clear();
        }
        let cells: Vec<_> = columns
            .iter()
            .zip(cells)
            .map(|(column, cell)| format!("{cell:0$}", cell_width(column) - GAP.len()))
            .collect();
        line = format!("{line:width$}{GAP}{}", cells.join(GAP));
        self.line(&line);
    }

    fn flow(&mut self, start: &str, indent: usize, text: &str) {
        let mut line = start.to_owned();
        let mut empty = true;
        for word in text.split_whitespace().flat_map(|word| pieces(word, WIDTH - indent)) {
            if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.line(&line);
                line = " ".repeat(indent);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(&word);
            empty = false;
        }
        self.line(&line);
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

fn cell_width(column: &str) -> usize {
    GAP.len() + column.chars().count().max("yes".len())
}

/// A word in parts that fit on a line; nearly always itself.
fn pieces(word: &str, most: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(most).map(|piece| piece.iter().collect()).collect()
}
