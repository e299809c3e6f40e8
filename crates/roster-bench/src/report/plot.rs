//! The plot: each operation's rate as a share of the echo's, as a bar, on a logarithmic scale.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use roster_testkit::Kind;

use super::Results;
use crate::rows::{HEADLINE, ROWS};

/// In pixels.
const WIDTH: i32 = 960;
const LEFT: i32 = 400;
const RIGHT: i32 = 60;
const TOP: i32 = 60;
const ROW: i32 = 30;
const BAR: i32 = 11;

/// The shares at the ends of the scale, and the lines between.
const LEAST: f64 = 0.0001;
const LINES: [f64; 5] = [0.0001, 0.001, 0.01, 0.1, 1.0];

const POSTGRES: RGBColor = RGBColor(38, 84, 124);
const EMBEDDED: RGBColor = RGBColor(239, 150, 40);
const GREY: RGBColor = RGBColor(200, 200, 200);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Writes the plot of what was measured with 32 calls in flight.
pub(super) fn write(path: &Path, results: &Results) -> Result<()> {
    let rows: Vec<_> = ROWS.iter().filter(|row| row.in_flight.contains(&HEADLINE)).collect();
    let count = i32::try_from(rows.len())?;
    let bottom = TOP + count * ROW;
    let height = u32::try_from(bottom + 20)?;
    let area = SVGBackend::new(path, (u32::try_from(WIDTH)?, height)).into_drawing_area();
    let draw = || -> Result<(), Box<dyn std::error::Error>> {
        area.fill(&WHITE)?;
        for share in LINES {
            let x = position(share);
            area.draw(&PathElement::new([(x, TOP - 10), (x, bottom)], GREY))?;
            label(&area, &format!("{share}"), (x, TOP - 14), Pos::new(HPos::Center, VPos::Bottom))?;
        }
        let title = format!("Rate as a share of a bare echo's, {HEADLINE} calls in flight");
        label(&area, &title, (16, 24), Pos::new(HPos::Left, VPos::Center))?;
        for (x, colour, text) in [(LEFT, POSTGRES, "Postgres with Redis"), (LEFT + 200, EMBEDDED, "embedded")]
        {
            area.draw(&Rectangle::new([(x, 18), (x + 12, 30)], colour.filled()))?;
            label(&area, text, (x + 18, 24), Pos::new(HPos::Left, VPos::Center))?;
        }
        for (y, row) in (TOP..).step_by(usize::try_from(ROW)?).zip(rows) {
            label(&area, row.title, (LEFT - 10, y + ROW / 2), Pos::new(HPos::Right, VPos::Center))?;
            for (kind, colour, above) in [(Kind::Full, POSTGRES, 3), (Kind::Embedded, EMBEDDED, 3 + BAR)] {
                let mut measured = results.measured.iter();
                let found =
                    measured.find(|m| m.row.name == row.name && m.kind == kind && m.in_flight == HEADLINE);
                if let Some(found) = found {
                    let corners = [(LEFT, y + above), (position(found.of_echo), y + above + BAR)];
                    area.draw(&Rectangle::new(corners, colour.filled()))?;
                }
            }
        }
        area.present()?;
        Ok(())
    };
    draw().map_err(|error| anyhow!("{error}")).with_context(|| path.display().to_string())
}

fn label(area: &Area<'_>, text: &str, at: (i32, i32), anchor: Pos) -> Result<(), Box<dyn std::error::Error>> {
    let style = TextStyle::from(("sans-serif", 16).into_font()).pos(anchor);
    area.draw(&Text::new(text.to_owned(), at, style))?;
    Ok(())
}

/// Where a share lies, from left to right.
#[expect(clippy::cast_possible_truncation, reason = "it lies within the plot")]
fn position(share: f64) -> i32 {
    let part = (share.clamp(LEAST, 1.0) / LEAST).log10() / (1.0 / LEAST).log10();
    LEFT + (part * f64::from(WIDTH - LEFT - RIGHT)).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_logarithmic() {
        assert_eq!([0.0, LEAST, 1.0].map(position), [LEFT, LEFT, WIDTH - RIGHT]);
        assert_eq!(position(0.01) - position(0.001), position(1.0) - position(0.1));
    }
}
