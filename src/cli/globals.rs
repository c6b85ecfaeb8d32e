//! Options that every command takes: where things lie, and who reads the output.

use crate::data::Places;
use crate::runs::Workspace;
use std::path::PathBuf;

/// Options that every command takes.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Globals {
    /// Folder for runs, presets and caches [env: DIGIT_WORKBENCH_WORKSPACE] [default: the system's folder for programs' data]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Options for every command")]
    workspace: Option<PathBuf>,
    /// Folder to look for data sets in, before those of DIGIT_WORKBENCH_DATA; may be given several times
    #[arg(long, global = true, value_name = "DIR", help_heading = "Options for every command")]
    data: Vec<PathBuf>,
    /// Print JSON lines only; the last one holds the command's figures
    #[arg(long, global = true, help_heading = "Options for every command")]
    pub json: bool,
    /// Show how long the window's frames take
    #[arg(long)]
    pub frame_stats: bool,
}

impl Globals {
    /// The workspace: `--workspace`, else the environment's, else the platform's data folder.
    pub fn workspace(&self) -> Workspace {
        Workspace::new(self.root())
    }

    /// Where data sets may lie, and where fetched and prepared ones go.
    pub fn places(&self) -> Places {
        // Somebody who chose the workspace wants everything there, not a part elsewhere.
        let cache = self.chosen_root().map_or_else(Places::default_cache, |root| root.join("cache"));
        Places::new(self.data.clone(), cache)
    }

    /// The folders of `--data` alone; a process started from here inherits those of the environment.
    pub fn data_folders(&self) -> &[PathBuf] {
        &self.data
    }

    /// The options that a later command must repeat to find the same things, with a space before each.
    pub fn repeat(&self) -> String {
        let option = |name: &str, path: &PathBuf| format!(" --{name} {}", path.display());
        let workspace = self.workspace.iter().map(|path| option("workspace", path));
        workspace.chain(self.data.iter().map(|path| option("data", path))).collect()
    }

    fn chosen_root(&self) -> Option<PathBuf> {
        let named = || std::env::var_os("DIGIT_WORKBENCH_WORKSPACE").filter(|folder| !folder.is_empty());
        self.workspace.clone().or_else(|| named().map(PathBuf::from))
    }

    fn root(&self) -> PathBuf {
        self.chosen_root()
            .or_else(|| Some(platform()?.data_dir().to_owned()))
            // A user without a home folder, as in some containers.
            .unwrap_or_else(|| PathBuf::from("digit-workbench"))
    }
}

fn platform() -> Option<directories::ProjectDirs> {
    directories::ProjectDirs::from("", "", "digit-workbench")
}
