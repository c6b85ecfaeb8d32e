//! libtorch: what is kept of the Python wheels, whether it is there, and putting it there in one go.
//!
//! The wheels hold the same libraries as the libtorch archives, and come without the three gigabytes that only GPUs need.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::pip::Pip;
use crate::repo::output_of;
use crate::{say, wheel};

/// The version that tch, as pinned in the root's `Cargo.toml`, is made for.
pub const VERSION: &str = "2.11.0";

/// The Linux wheel's libtorch_cpu asks for these two by name, GPU or not.
const ALWAYS_ON_LINUX: [&str; 2] = ["nvidia-cuda-runtime==13.0.96", "nvidia-cuda-cupti==13.0.85"];
const KEPT_OF_THEM: [&str; 2] = ["nvidia/cu13/lib/libcudart.so.13", "nvidia/cu13/lib/libcupti.so.13"];

/// Which libraries are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// Those for the processor (on a Mac its GPU, too).
    Cpu,
    /// Those for NVIDIA GPUs as well.
    Cuda,
}

impl Flavour {
    fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }

    /// What downloading and unpacking take together, in MiB, with some room to spare.
    fn space_mib(self) -> u64 {
        match self {
            Self::Cpu => 1400,
            Self::Cuda => 7000,
        }
    }

    /// What the file `complete` says.
    fn stamp(self) -> String {
        format!("libtorch {VERSION} {} {}-{}\n", self.name(), std::env::consts::OS, std::env::consts::ARCH)
    }
}

/// Whether `dir` holds a complete libtorch with at least these libraries. Looks at two files.
pub fn is_ready(dir: &Path, flavour: Flavour) -> bool {
    let Ok(stamp) = fs::read_to_string(dir.join("complete")) else { return false };
    let fits = stamp == Flavour::Cuda.stamp() || stamp == flavour.stamp();
    fits && dir.join("torch/lib").join(cpu_library()).is_file()
}

/// Fetches libtorch into `dir`. Until the very end everything lies in a folder of its own, so that an interrupted
/// set-up never looks complete.
pub fn install(dir: &Path, flavour: Flavour, pip: &Pip) -> Result<()> {
    if flavour == Flavour::Cuda && !cfg!(target_os = "linux") {
        bail!("--cuda is for Linux; elsewhere set LIBTORCH to a libtorch {VERSION} with CUDA of your own");
    }
    let started = Instant::now();
    fs::create_dir_all(dir).with_context(|| format!("could not make the folder {}", dir.display()))?;
    let _lock = lock(&dir.join("lock"))?;
    if is_ready(dir, flavour) {
        return Ok(()); // Another set-up has just done it.
    }
    let work = dir.join("unfinished");
    remove(&work)?;
    check_space(dir, flavour.space_mib())?;
    if let Err(error) = fetch_and_swap_in(dir, flavour, &work, pip) {
        // Half a download helps nobody, least of all on a full disk; that it stays would be the smaller trouble.
        remove(&work).unwrap_or_else(|error| say::note(&format!("{error:#}")));
        return Err(error);
    }
    remove(&work)?;
    say::step(&format!("libtorch {VERSION} is in place ({})", say::time(started.elapsed())));
    Ok(())
}

fn fetch_and_swap_in(dir: &Path, flavour: Flavour, work: &Path, pip: &Pip) -> Result<()> {
    let fresh = work.join("unpacked");
    fs::create_dir_all(&fresh).with_context(|| format!("could not make the folder {}", fresh.display()))?;
    fetch(pip, flavour, work, &fresh)?;
    check_contents(&fresh, flavour)?;
    // torch-sys reads this, and says so when it was made for another version.
    write(&fresh.join("torch/build-version"), VERSION)?;

    remove(&dir.join("complete"))?;
    // torch comes last: it is the one that a plain cargo looks for.
    for part in ["nvidia", "torch"] {
        swap_in(&fresh.join(part), &dir.join(part), &work.join(format!("old-{part}")))?;
    }
    write(&dir.join("complete"), &flavour.stamp())
}

fn fetch(pip: &Pip, flavour: Flavour, work: &Path, fresh: &Path) -> Result<()> {
    let size = match (flavour, std::env::consts::OS, std::env::consts::ARCH) {
        (Flavour::Cuda, ..) => "about 2.5 GB",
        (_, "linux", "x86_64") => "about 530 MB",
        (_, "linux", _) => "about 420 MB",
        _ => "about 110 MB",
    };
    say::step(&format!("libtorch {VERSION} ({}): downloading {size}, once", flavour.name()));
    let wheels = work.join("wheels");
    let torch = pip.download(&[format!("torch=={VERSION}")], false, &wheels)?;
    let mut further = ALWAYS_ON_LINUX.map(str::to_owned).to_vec();
    if flavour == Flavour::Cuda {
        for torch in &torch {
            further = wheel::requirements_on_linux(&pip.python, torch)?
                .into_iter()
                .filter(|r| is_cuda(r))
                .collect();
        }
    }
    unpack_all(pip, &torch, fresh, flavour)?;
    if cfg!(target_os = "linux") {
        say::step(&format!("downloading what it asks for: {}", further.join(" ")));
        let further = pip.download(&further, flavour == Flavour::Cuda, &wheels)?;
        unpack_all(pip, &further, fresh, flavour)?;
    }
    Ok(())
}

/// Each wheel is deleted as soon as it is unpacked, which halves the space that is needed.
fn unpack_all(pip: &Pip, wheels: &[std::path::PathBuf], fresh: &Path, flavour: Flavour) -> Result<()> {
    for wheel in wheels {
        let name = wheel.file_name().unwrap_or_default().display();
        say::step(&format!("unpacking {name}"));
        wheel::unpack(&pip.python, wheel, fresh, |name| keeps(name, flavour))?;
        remove(wheel)?;
    }
    Ok(())
}

/// Whether a file of a wheel is needed to build and run the program.
fn keeps(name: &str, flavour: Flavour) -> bool {
    if let Some(library) = name.strip_prefix("torch/lib/") {
        let starts_with_any = |starts: &[&str]| {
            let bare = library.strip_prefix("lib").unwrap_or(library);
            starts.iter().any(|start| bare.starts_with(start))
        };
        return !library.contains('/')
            && !library.ends_with(".py")
            && !starts_with_any(&["torch_python", "shm", "_C."])
            && (flavour == Flavour::Cuda
                || !starts_with_any(&["torch_cuda", "c10_cuda", "caffe2_nvrtc", "torch_nvshmem"]));
    }
    if name.starts_with("nvidia/") {
        return match flavour {
            Flavour::Cpu => KEPT_OF_THEM.contains(&name),
            Flavour::Cuda => name.contains("/lib/") && name.contains(".so"),
        };
    }
    name.starts_with("torch/include/") || name.starts_with("torch/share/cmake/")
}

/// Of what torch asks for, NVIDIA's libraries; the others are for Python.
fn is_cuda(requirement: &str) -> bool {
    requirement.starts_with("nvidia-") || requirement.starts_with("cuda-toolkit")
}

fn cpu_library() -> &'static str {
    match std::env::consts::OS {
        "windows" => "torch_cpu.dll",
        "macos" => "libtorch_cpu.dylib",
        _ => "libtorch_cpu.so",
    }
}

fn check_contents(fresh: &Path, flavour: Flavour) -> Result<()> {
    let library = format!("torch/lib/{}", cpu_library());
    let mut needed = vec![library.as_str(), "torch/include/torch/csrc/api/include/torch/torch.h"];
    if cfg!(target_os = "linux") {
        needed.extend(KEPT_OF_THEM);
    }
    if flavour == Flavour::Cuda {
        needed.extend(["torch/lib/libtorch_cuda.so", "torch/lib/libc10_cuda.so"]);
    }
    match needed.iter().find(|name| !fresh.join(name).is_file()) {
        None => Ok(()),
        Some(name) => bail!("the downloaded packages lack {name}; are they from an unusual package index?"),
    }
}

/// Holds off a second set-up of the same folder until this one is done.
fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("could not write {}", path.display()))?;
    match file.try_lock() {
        Err(fs::TryLockError::WouldBlock) => say::step("waiting for another set-up to end"),
        // Some network file systems know no locks; going on is better than not being able to.
        Ok(()) | Err(fs::TryLockError::Error(_)) => return Ok(file),
    }
    file.lock().with_context(|| format!("could not wait for another set-up: {}", path.display()))?;
    Ok(file)
}

fn check_space(dir: &Path, needed_mib: u64) -> Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    // Without an answer from df, the download itself will tell.
    let free_mib = output_of(Command::new("df").arg("-Pk").arg(dir)).and_then(|table| free_mib(&table));
    match free_mib {
        Some(free) if free < needed_mib => bail!(
            "the disk is too full for libtorch: {needed_mib} MiB are needed while it is set up, {free} MiB are free. \
             Make room and run this again: {}",
            dir.display()
        ),
        _ => Ok(()),
    }
}

/// The fourth column of the second line of `df -Pk`, which POSIX fixes.
fn free_mib(table: &str) -> Option<u64> {
    let kib: u64 = table.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kib / 1024)
}

fn swap_in(fresh: &Path, place: &Path, old: &Path) -> Result<()> {
    if !fresh.exists() {
        return remove(place);
    }
    if place.exists() {
        fs::rename(place, old)
            .with_context(|| format!("could not move the old files away: {}", place.display()))?;
    }
    fs::rename(fresh, place)
        .with_context(|| format!("could not move the new files into place: {}", place.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("could not write {}", path.display()))
}

fn remove(path: &Path) -> Result<()> {
    let outcome = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not delete {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_needed_is_kept() {
        for (name, cpu, cuda) in [
            ("torch/lib/libtorch_cpu.so", true, true),
            ("torch/lib/libgomp.so.1", true, true),
            ("torch/lib/libarm_compute.so", true, true),
            ("torch/lib/libtorch_cuda.so", false, true),
            ("torch/lib/libc10_cuda.so", false, true),
            ("torch/lib/libtorch_python.so", false, false),
            ("torch/lib/torch_python.dll", false, false),
            ("torch/lib/torch_cpu.lib", true, true),
            ("torch/lib/libshm/libshm.h", false, false),
            ("torch/include/torch/torch.h", true, true),
            ("torch/nn/modules/conv.py", false, false),
            ("nvidia/cu13/lib/libcudart.so.13", true, true),
            ("nvidia/cu13/lib/libnvperf_host.so", false, true),
            ("nvidia/cu13/include/cuda.h", false, false),
        ] {
            assert_eq!((keeps(name, Flavour::Cpu), keeps(name, Flavour::Cuda)), (cpu, cuda), "{name}");
        }
    }

    #[test]
    fn only_a_finished_set_up_of_this_version_is_ready() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let dir = dir.path();
        assert!(!is_ready(dir, Flavour::Cpu));
        fs::create_dir_all(dir.join("torch/lib"))?;
        fs::write(dir.join("torch/lib").join(cpu_library()), "")?;
        assert!(!is_ready(dir, Flavour::Cpu));
        fs::write(dir.join("complete"), Flavour::Cpu.stamp())?;
        assert!(is_ready(dir, Flavour::Cpu) && !is_ready(dir, Flavour::Cuda));
        fs::write(dir.join("complete"), Flavour::Cuda.stamp())?;
        assert!(is_ready(dir, Flavour::Cpu) && is_ready(dir, Flavour::Cuda));
        fs::write(dir.join("complete"), Flavour::Cpu.stamp().replace(VERSION, "2.10.0"))?;
        assert!(!is_ready(dir, Flavour::Cpu));
        Ok(())
    }

    #[test]
    fn old_files_make_way_for_new_ones() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let [fresh, place, old] = ["fresh", "place", "old"].map(|name| dir.path().join(name));
        for (folder, text) in [(&fresh, "new"), (&place, "old")] {
            fs::create_dir(folder)?;
            fs::write(folder.join("file"), text)?;
        }
        swap_in(&fresh, &place, &old)?;
        assert_eq!(fs::read_to_string(place.join("file"))?, "new");
        assert_eq!(fs::read_to_string(old.join("file"))?, "old");
        Ok(())
    }

    #[test]
    fn free_space_is_read_from_df() {
        let table = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 263175212 20971520 75497472 22% /\n";
        assert_eq!(free_mib(table), Some(73728));
        assert_eq!(free_mib("df: no such folder"), None);
    }
}
