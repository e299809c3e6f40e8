//! What a run came to: printed as it goes, and written as a page with a plot.

mod page;
mod plot;
mod terminal;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::grow::Growth;
use crate::pgbench::Share;
use crate::run::Measured;

pub(crate) use terminal::{print, print_growth, print_heading, print_share};

/// Everything that a run measured.
pub(crate) struct Results {
    /// What the build is called.
    pub(crate) name: String,
    /// What the other one is called, if there is one.
    pub(crate) against: Option<String>,
    pub(crate) measured: Vec<Measured>,
    pub(crate) pgbench: Vec<Share>,
    pub(crate) growth: Vec<Growth>,
    pub(crate) failed: usize,
}

impl Results {
    pub(crate) fn new(name: String, against: Option<String>) -> Self {
        Self { name, against, measured: vec![], pgbench: vec![], growth: vec![], failed: 0 }
    }

    pub(crate) fn add(&mut self, measured: Vec<Measured>) {
        self.measured.extend(measured);
    }

    pub(crate) fn add_pgbench(&mut self, measured: Vec<Share>) {
        self.pgbench = measured;
    }

    pub(crate) fn add_growth(&mut self, measured: Vec<Growth>) {
        self.growth = measured;
    }

    /// Reports a row that could not be measured.
    pub(crate) fn fail(&mut self, error: &anyhow::Error) {
        println!("FAILED {error:#}");
        self.failed += 1;
    }
}

/// Writes `performance.md` and `performance.svg` into that folder.
pub(crate) async fn write(folder: &Path, results: &Results) -> Result<()> {
    let page = folder.join("performance.md");
    fs::write(&page, page::text(results).await?).with_context(|| page.display().to_string())?;
    plot::write(&folder.join("performance.svg"), results)?;
    println!("{} is written.", page.display());
    Ok(())
}
