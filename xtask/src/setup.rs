//! The set-up: system packages and libtorch, each looked for first and fetched only where missing.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::libtorch::{self, Flavour};
use crate::pip::Pip;
use crate::repo::{Repo, find_program};
use crate::{packages, say};

/// What the set-up is for.
#[derive(Clone, Copy)]
pub struct Wish {
    /// With the libraries for NVIDIA GPUs.
    pub cuda: bool,
    /// With what only the tests need.
    pub tests: bool,
    /// The user typed `setup`: also say that everything is there.
    pub asked_for: bool,
}

/// Makes sure that everything is there; takes milliseconds when it is.
pub fn ensure(repo: &Repo, wish: Wish) -> Result<()> {
    let dir = repo.libtorch_dir();
    let flavour = if wish.cuda { Flavour::Cuda } else { Flavour::Cpu };
    let users_own = repo.user_libtorch();
    let needs_libtorch = users_own.is_none() && !libtorch::is_ready(&dir, flavour);
    let mut pip = if needs_libtorch { Pip::find() } else { None };

    packages::ensure(wish.tests, needs_libtorch && pip.is_none())?;

    if needs_libtorch {
        if pip.is_none() {
            pip = Pip::find();
        }
        let pip = pip.context(
            "libtorch is fetched with Python's pip, and none was found (tried python3, python, py, pip3 and pip).\n\
             Install Python 3 with pip, or set LIBTORCH to a folder with libtorch 2.11.0, then run this again",
        )?;
        libtorch::install(&dir, flavour, &pip)?;
    }
    if let Some(choice) = &users_own
        && wish.asked_for
    {
        say::note(&format!("using the libtorch of your environment ({choice}); nothing was downloaded"));
    }
    if (needs_libtorch || wish.asked_for) && users_own.is_none() {
        hint_at_gpu(&dir);
    }
    if wish.asked_for {
        say::step("everything is set up; next: cargo xtask run");
    }
    Ok(())
}

fn hint_at_gpu(dir: &Path) {
    let has_gpu = Path::new("/proc/driver/nvidia/version").exists() || find_program("nvidia-smi").is_some();
    if has_gpu && cfg!(target_os = "linux") && !libtorch::is_ready(dir, Flavour::Cuda) {
        say::note("there is an NVIDIA GPU here; `cargo xtask setup --cuda` fetches what is needed to use it");
    }
}
