//! The system packages of Debian and Ubuntu: which are needed for what, which are missing, and their installation.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::repo::{self, find_program, non_empty, output_of};
use crate::{hints, say};

/// A package by its name in Debian and Ubuntu.
struct Package {
    name: &'static str,
    /// Another package that does as well; one `*` stands for any text.
    or: Option<&'static str>,
    /// When it is needed.
    need: Need,
}

/// When a package is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Nothing can be built without it.
    Build,
    /// The window needs it; training from the command line does not.
    Window,
    /// Only the tests need it.
    Tests,
}

const PACKAGES: &[Package] = &[
    // nokhwa's bindings to the kernel's camera interface are generated with it.
    Package { name: "libclang-dev", or: Some("libclang-*-dev"), need: Need::Build },
    Package { name: "pkg-config", or: Some("pkgconf"), need: Need::Build },
    // Opened by winit and glutin when the window opens, which is why no binary names them.
    Package { name: "libxkbcommon0", or: None, need: Need::Window },
    Package { name: "libxkbcommon-x11-0", or: None, need: Need::Window },
    Package { name: "libx11-xcb1", or: None, need: Need::Window },
    Package { name: "libxcursor1", or: None, need: Need::Window },
    Package { name: "libxi6", or: None, need: Need::Window },
    Package { name: "libxrandr2", or: None, need: Need::Window },
    Package { name: "libwayland-client0", or: None, need: Need::Window },
    Package { name: "libegl1", or: None, need: Need::Window },
    Package { name: "libgl1", or: None, need: Need::Window },
    Package { name: "libgl1-mesa-dri", or: None, need: Need::Window },
    // A Vulkan that needs no GPU, for the pictures; a display in memory, and somebody to click in it.
    Package { name: "mesa-vulkan-drivers", or: None, need: Need::Tests },
    Package { name: "xvfb", or: None, need: Need::Tests },
    Package { name: "xdotool", or: None, need: Need::Tests },
];

/// Installs what is missing, or says what to install where that cannot be done from here.
///
/// `needs_pip`: no pip was found and one is wanted.
pub fn ensure(tests: bool, needs_pip: bool) -> Result<()> {
    if !cfg!(target_os = "linux") || find_program("dpkg-query").is_none() || find_program("apt-get").is_none()
    {
        hints::show(tests);
        return Ok(());
    }
    let wanted: Vec<_> = PACKAGES.iter().filter(|package| tests || package.need != Need::Tests).collect();
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat=${Package} ${db:Status-Status}\\n"]);
    query.args(wanted.iter().flat_map(|package| [Some(package.name), package.or]).flatten());
    let listing = output_of(&mut query).context("could not start dpkg-query")?;

    // What somebody has from elsewhere, such as a conda environment, is not installed once more.
    let is_met_otherwise = |package: &Package| match package.name {
        "libclang-dev" => non_empty("LIBCLANG_PATH").is_some(),
        "pkg-config" => find_program("pkg-config").is_some(),
        _ => false,
    };
    let mut missing = missing(&wanted, &installed(&listing));
    missing.retain(|package| !is_met_otherwise(package));
    let (to_build, others): (Vec<_>, Vec<_>) =
        missing.into_iter().partition(|package| package.need == Need::Build);
    let mut names: Vec<_> = to_build.iter().map(|package| package.name).collect();
    // torch-sys has a C++ part; GCC also brings the OpenMP library that is linked.
    if find_program("g++").is_none() && non_empty("CXX").is_none() {
        names.push("build-essential");
    }
    if needs_pip {
        names.push("python3-pip");
    }
    let must_have = !names.is_empty();
    names.extend(others.iter().map(|package| package.name));
    if names.is_empty() {
        return Ok(());
    }
    match install(&names) {
        // Training without a window needs none of the others: somebody without sudo on a cluster is not stopped.
        Err(error) if !must_have => {
            say::note(&format!("{error:#}"));
            Ok(())
        }
        result => result,
    }
}

fn install(names: &[&str]) -> Result<()> {
    let is_root = output_of(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    let sudo = if is_root { "" } else { "sudo " };
    let line = install_line(sudo, names);
    if !is_root && find_program("sudo").is_none() {
        bail!(
            "system packages are missing, and installing them takes an administrator. Please have this run:\n  {line}"
        );
    }
    say::step(&format!(
        "installing {} system package(s){}:",
        names.len(),
        if is_root { "" } else { " (sudo may ask for your password)" }
    ));
    say::step(&format!("  {line}"));
    if !has_package_lists() {
        shell(&format!("{sudo}apt-get update -qq"))?;
    }
    if shell(&line).is_ok() {
        return Ok(());
    }
    // Lists that are some weeks old name versions that are no longer served.
    say::step(&format!("that failed; once more after: {sudo}apt-get update"));
    if let Err(error) = shell(&format!("{sudo}apt-get update -qq")).and_then(|()| shell(&line)) {
        bail!(
            "system packages could not be installed ({error:#}; is there a network?). To try by hand:\n  {line}"
        );
    }
    Ok(())
}

/// The line as it is shown and run. Waits up to two minutes for another installation to let go of the lock.
fn install_line(sudo: &str, names: &[&str]) -> String {
    format!(
        "{sudo}env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends \
         -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 {}",
        names.join(" ")
    )
}

/// Runs a line made of plain words.
fn shell(line: &str) -> Result<()> {
    let mut words = line.split_whitespace();
    let program = words.next().context("an empty line")?;
    repo::run(Command::new(program).args(words))
}

/// Images for containers come without any lists.
fn has_package_lists() -> bool {
    let Ok(entries) = fs::read_dir("/var/lib/apt/lists") else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
}

/// The names with the state `installed` in a listing of `name state` lines.
fn installed(listing: &str) -> BTreeSet<&str> {
    listing
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, state)| state.trim() == "installed")
        .map(|(name, _)| name)
        .collect()
}

fn missing<'a>(wanted: &[&'a Package], installed: &BTreeSet<&str>) -> Vec<&'a Package> {
    let is_there = |pattern: &str| installed.iter().any(|name| matches(pattern, name));
    wanted
        .iter()
        .filter(|package| !is_there(package.name) && !package.or.is_some_and(is_there))
        .copied()
        .collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        // libclang-common-14-dev holds headers only: what the `*` stands for has to be a version.
        Some((start, end)) => {
            name.strip_prefix(start).and_then(|rest| rest.strip_suffix(end)).is_some_and(|version| {
                !version.is_empty() && version.chars().all(|c| c.is_ascii_digit() || c == '.')
            })
        }
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing_names(listing: &str, tests: bool) -> Vec<&'static str> {
        let wanted: Vec<_> = PACKAGES.iter().filter(|package| tests || package.need != Need::Tests).collect();
        missing(&wanted, &installed(listing)).iter().map(|package| package.name).collect()
    }

    const WINDOW: &str = "libxkbcommon0 installed\nlibxkbcommon-x11-0 installed\nlibx11-xcb1 installed\n\
        libxcursor1 installed\nlibxi6 installed\nlibxrandr2 installed\nlibwayland-client0 installed\n\
        libegl1 installed\nlibgl1 installed\nlibgl1-mesa-dri installed\n";

    #[test]
    fn everything_is_missing_on_a_bare_machine() {
        assert_eq!(missing_names("", true).len(), PACKAGES.len());
        assert!(!missing_names("", false).contains(&"xvfb"));
    }

    #[test]
    fn another_package_does_as_well() {
        let listing = format!("{WINDOW}libclang-18-dev installed\npkgconf installed\n");
        assert_eq!(missing_names(&listing, false), Vec::<&str>::new());
        assert_eq!(missing_names(&listing, true), ["mesa-vulkan-drivers", "xvfb", "xdotool"]);
    }

    #[test]
    fn headers_alone_and_remains_do_not_count() {
        let listing = format!("{WINDOW}libclang-common-14-dev installed\npkg-config config-files\n");
        assert_eq!(missing_names(&listing, false), ["libclang-dev", "pkg-config"]);
    }

    #[test]
    fn the_line_can_be_typed() {
        let line = install_line("sudo ", &["xvfb", "xdotool"]);
        assert!(line.starts_with("sudo env DEBIAN_FRONTEND=noninteractive apt-get install "), "{line}");
        assert!(line.ends_with(" xvfb xdotool"), "{line}");
    }
}
