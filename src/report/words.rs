//! What the user adds to a report in words of their own, kept in the workspace.

use super::QUESTIONS;
use crate::disk::write_atomically;
use crate::runs::Workspace;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The version that is written.
const VERSION: u32 = 1;

/// Title, author, and an answer to each question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Words {
    /// Version of the file format.
    pub version: u32,
    /// The report's title; empty for one made of the run's name.
    pub title: String,
    /// Who hands it in.
    pub author: String,
    /// Answers by the question's name.
    pub answers: BTreeMap<String, String>,
}

fn file(workspace: &Workspace) -> PathBuf {
    workspace.root().join("report.ron")
}

impl Words {
    /// Reads them; a missing file gives none, a damaged one is told.
    pub fn read(workspace: &Workspace) -> anyhow::Result<Self> {
        let path = file(workspace);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => {
                return Err(e)
                    .with_context(|| format!("the report's texts cannot be read: {}", path.display()));
            }
        };
        ron::from_str(&text).with_context(|| format!("the report's texts are damaged: {}", path.display()))
    }

    /// Writes them.
    pub fn write(&self, workspace: &Workspace) -> anyhow::Result<()> {
        std::fs::create_dir_all(workspace.root())?;
        let words = Self { version: VERSION, ..self.clone() };
        let text = ron::ser::to_string_pretty(&words, ron::ser::PrettyConfig::default())?;
        Ok(write_atomically(&file(workspace), text.as_bytes())?)
    }

    /// The answer to a question; empty where there is none.
    pub fn answer(&self, name: &str) -> &str {
        self.answers.get(name).map_or("", |text| text.trim())
    }

    /// Whether there is a question of that name.
    pub fn knows(name: &str) -> bool {
        QUESTIONS.iter().any(|question| question.name == name)
    }
}
