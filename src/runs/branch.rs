//! Runs that begin with what another one learned: which, and from what file.

use super::store::{RunDir, RunError, Workspace};
use crate::recipe::Recipe;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What of a run another one begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The weights of the model that it kept.
    #[default]
    Best,
    /// The weights of its last model.
    Last,
    /// Everything as of its last checkpoint: weights, optimizer and counters.
    Checkpoint,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Best, Self::Last, Self::Checkpoint];

    /// As the command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Last => "last",
            Self::Checkpoint => "checkpoint",
        }
    }

    /// As the window calls it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Best => "best model",
            Self::Last => "last model",
            Self::Checkpoint => "last checkpoint",
        }
    }

    /// Its file in a run's folder.
    pub fn file(self, run: &RunDir) -> PathBuf {
        match self {
            Self::Best => run.best_model(),
            Self::Last => run.last_model(),
            Self::Checkpoint => run.checkpoint_file(),
        }
    }
}

/// Where a run's first weights come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Parent {
    /// Another run, by its id.
    Run(String, Part),
    /// A model file.
    File(PathBuf),
}

impl std::fmt::Display for Parent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Run(id, part) => write!(f, "{id}@{}", part.name()),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Workspace {
    /// Makes a run that begins with what `parent` names; what that is later on makes no difference.
    pub fn branch(&self, recipe: &Recipe, parent: &Parent) -> Result<RunDir, RunError> {
        let from = self.parent_file(parent)?;
        let run = self.create_run(recipe)?;
        run.begin_with(&from, parent)?;
        Ok(run)
    }

    /// The file that `parent` means.
    pub fn parent_file(&self, parent: &Parent) -> Result<PathBuf, RunError> {
        let file = match parent {
            Parent::Run(id, part) => part.file(&self.run(id)?),
            Parent::File(path) => path.clone(),
        };
        if file.is_file() { Ok(file) } else { Err(RunError::NoParent(parent.to_string())) }
    }
}

/// Where the model lies, if there is one, that reads what the detector in this file finds once more.
pub fn second_opinion(model: &Path) -> PathBuf {
    let name = model.file_stem().unwrap_or_default().to_string_lossy();
    model.with_file_name(format!("{name}-number.safetensors"))
}

impl RunDir {
    /// What it begins with, if not with nothing.
    pub fn start_file(&self) -> PathBuf {
        self.path().join("start.safetensors")
    }

    /// Copies a model or checkpoint for the run to begin with.
    pub fn begin_with(&self, file: &Path, parent: &Parent) -> Result<(), RunError> {
        let io = |source| RunError::Io {
            what: "the weights to begin with cannot be copied",
            path: file.to_owned(),
            source,
        };
        std::fs::copy(file, self.start_file()).map_err(io)?;
        // What reads beside a model goes on doing so beside what becomes of it.
        let second = second_opinion(file);
        if second.is_file() {
            std::fs::copy(&second, second_opinion(&self.best_model())).map_err(io)?;
        }
        self.write_meta(&super::Meta { parent: Some(parent.clone()), ..self.meta() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_has_its_own_copy_and_names_its_parent() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let workspace = Workspace::new(folder.path().to_owned());
        let run = workspace.create_run(&Recipe::default())?;
        let parent = Parent::Run(run.id(), Part::Best);
        let refused = workspace.branch(&Recipe::default(), &parent).expect_err("there is no model yet");
        assert!(refused.to_string().contains("@best"), "{refused}");
        std::fs::write(run.best_model(), "weights")?;
        let branch = workspace.branch(&Recipe::default(), &parent)?;
        assert!(!second_opinion(&branch.best_model()).exists());
        std::fs::write(second_opinion(&run.best_model()), "another's")?;
        let beside = second_opinion(&workspace.branch(&Recipe::default(), &parent)?.best_model());
        assert!(
            beside.ends_with("best-number.safetensors") && std::fs::read_to_string(beside)? == "another's"
        );
        std::fs::write(run.best_model(), "others")?;
        assert_eq!(std::fs::read_to_string(branch.start_file())?, "weights");
        assert_eq!(branch.meta().parent, Some(parent));
        assert_eq!(run.meta().parent, None);
        Ok(())
    }
}
