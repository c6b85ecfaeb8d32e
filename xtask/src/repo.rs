//! The repository's folder, and how other programs are started in it.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail};

/// Where the repository lies.
pub struct Repo {
    /// The folder with the workspace's `Cargo.toml`.
    pub root: PathBuf,
}

impl Repo {
    /// Found from this package's own folder: cargo says where it is, also after the repository was moved.
    pub fn here() -> Result<Self> {
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = package.parent().context("xtask has no folder above it")?;
        if !root.join("Cargo.toml").is_file() {
            bail!("the repository is no longer where it was; run this as `cargo xtask`: {}", root.display());
        }
        Ok(Self { root: root.to_path_buf() })
    }

    /// Where the set-up puts libtorch; `.cargo/config.toml` and `.gitignore` name the same folder.
    pub fn libtorch_dir(&self) -> PathBuf {
        self.root.join(".libtorch")
    }

    /// The libtorch that the user has chosen through the environment, in words; `None` where ours is to be used.
    ///
    /// `cargo xtask` passes on the `LIBTORCH` of `.cargo/config.toml`, so that ours being named is no choice.
    pub fn user_libtorch(&self) -> Option<String> {
        if let Some(value) = non_empty("LIBTORCH_USE_PYTORCH") {
            return Some(format!("LIBTORCH_USE_PYTORCH={value}"));
        }
        let value = non_empty("LIBTORCH")?;
        (!is_same(Path::new(&value), &self.libtorch_dir().join("torch"))).then(|| format!("LIBTORCH={value}"))
    }

    /// Cargo with the given words, in an environment as if it had been typed in a shell.
    pub fn cargo(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(words);
        // Build scripts (ring's for one) start over when these change, and `cargo run` sets them for xtask only:
        // left in, every change between `cargo xtask test` and plain `cargo test` would build half the tree again.
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_set_by_cargo_run) {
                command.env_remove(name);
            }
        }
        if self.user_libtorch().is_none() {
            // Cargo sets it again from its own configuration; torch-sys takes minutes to start over.
            command.env_remove("LIBTORCH");
            if cfg!(windows) {
                // Windows knows no rpath: it looks for libraries along PATH.
                let lib = self.libtorch_dir().join("torch/lib");
                let path = env::var_os("PATH").unwrap_or_default();
                if let Ok(path) = env::join_paths([lib].into_iter().chain(env::split_paths(&path))) {
                    command.env("PATH", path);
                }
            }
        }
        command
    }

    /// Cargo that builds the program for speed and runs it in the folder where the user stands.
    pub fn program(&self) -> Command {
        let mut command = self.cargo(&["run", "--release", "--bin", "digit-workbench", "--manifest-path"]);
        command.arg(self.root.join("Cargo.toml")).arg("--");
        command
    }
}

/// Lets another program take this one's place: its exit code, its signals and the terminal are its own.
#[cfg(unix)]
pub fn hand_over(mut command: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    let error = command.exec();
    Err(error).with_context(|| format!("could not start {}", command.get_program().display()))
}

/// Runs another program to its end and passes its exit code on; Ctrl-C is left to it.
#[cfg(not(unix))]
pub fn hand_over(mut command: Command) -> Result<ExitCode> {
    ctrlc::set_handler(|| {}).context("could not leave Ctrl-C to the program")?;
    let status =
        command.status().with_context(|| format!("could not start {}", command.get_program().display()))?;
    std::process::exit(status.code().unwrap_or(1))
}

/// Runs a command whose output the user sees, and fails where it does.
pub fn run(command: &mut Command) -> Result<()> {
    let status =
        command.status().with_context(|| format!("could not start {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{} ended with {status}", command.get_program().display());
    }
    Ok(())
}

/// What a command prints on standard output, whether it ends well or not; `None` where it cannot be started.
pub fn output_of(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The full path of a program that a shell would find.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let file_name = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&file_name)).find(|path| path.is_file())
}

/// An environment variable's value, where it is set to anything.
pub fn non_empty(name: &str) -> Option<String> {
    env::var_os(name).filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
}

fn is_set_by_cargo_run(name: &str) -> bool {
    let exact =
        ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_BIN_NAME", "CARGO_CRATE_NAME", "OUT_DIR"];
    exact.contains(&name) || name.starts_with("CARGO_PKG_") || name == "CARGO_PRIMARY_PACKAGE"
}

fn is_same(a: &Path, b: &Path) -> bool {
    let resolved = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    // Compared as text as well: before the set-up neither exists and nothing can be resolved.
    a == b || resolved(a).as_os_str() == OsStr::new(&resolved(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cargo_run_sets_is_taken_out() {
        assert!(is_set_by_cargo_run("CARGO_PKG_NAME"));
        assert!(is_set_by_cargo_run("CARGO_MANIFEST_DIR"));
        assert!(!is_set_by_cargo_run("CARGO_HOME"));
        assert!(!is_set_by_cargo_run("CARGO_TARGET_DIR"));
    }

    #[test]
    fn a_folder_is_itself_however_it_is_written() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(is_same(here, &here.join("src/..")));
        assert!(is_same(Path::new("/nowhere/torch"), Path::new("/nowhere/torch")));
        assert!(!is_same(here, &here.join("src")));
    }
}
