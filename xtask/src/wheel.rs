//! Python wheels, which are zip files: what is in them, unpacking a part, and what their metadata asks for.
//!
//! Python itself opens them, for wherever pip is there is Python's `zipfile`; names are chosen here.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

const LIST: &str = "\
import sys, zipfile
print('\\n'.join(zipfile.ZipFile(sys.argv[1]).namelist()))";

/// Writes the names that it reads; a part that does not fit its checksum is an error.
const EXTRACT: &str = "\
import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
for name in sys.stdin.read().splitlines():
    wheel.extract(name, sys.argv[2])";

const METADATA: &str = "\
import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
name = next(name for name in wheel.namelist() if name.endswith('.dist-info/METADATA'))
sys.stdout.write(wheel.read(name).decode('utf-8', 'replace').split('\\n\\n')[0])";

/// Unpacks the files of a wheel whose name `keep` accepts, and says how many there were.
pub fn unpack(python: &Path, wheel: &Path, into: &Path, keep: impl Fn(&str) -> bool) -> Result<usize> {
    let listing = script(python, LIST, &[wheel], "")?;
    let names: Vec<_> = listing.lines().filter(|name| !name.ends_with('/') && keep(name)).collect();
    script(python, EXTRACT, &[wheel, into], &names.join("\n"))?;
    Ok(names.len())
}

/// The requirements that a wheel's metadata states for Linux, extras left out.
pub fn requirements_on_linux(python: &Path, wheel: &Path) -> Result<Vec<String>> {
    Ok(parse_requirements(&script(python, METADATA, &[wheel], "")?, std::env::consts::ARCH))
}

fn script(python: &Path, text: &str, args: &[&Path], input: &str) -> Result<String> {
    let started = || format!("could not start {}", python.display());
    let mut child = Command::new(python)
        .args(["-c", text])
        .args(args)
        // Otherwise names go through the terminal's encoding on Windows.
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(started)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A script that failed early does not read; its own words below say why.
        drop(stdin.write_all(input.as_bytes()));
    }
    let output = child.wait_with_output().with_context(started)?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let last = complaint.trim().lines().last().unwrap_or("no reason given").to_owned();
        let path = args.first().map_or_else(String::new, |path| path.display().to_string());
        bail!("a downloaded package could not be unpacked (is the disk full?): {last}\n  {path}");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads the `Requires-Dist` lines that hold on Linux with the given processor.
fn parse_requirements(metadata: &str, arch: &str) -> Vec<String> {
    metadata
        .lines()
        .filter_map(|line| line.strip_prefix("Requires-Dist:"))
        .filter_map(|line| {
            let (requirement, marker) = line.split_once(';').unwrap_or((line, ""));
            holds_on_linux(marker, arch).then(|| requirement.trim().replace(['(', ')', ' '], ""))
        })
        .collect()
}

/// A marker is `name op "value"`, joined by `and` and `or`; names that do not matter here are taken to hold.
fn holds_on_linux(marker: &str, arch: &str) -> bool {
    let holds = |clause: &str| {
        let words: Vec<_> =
            clause.split_whitespace().map(|word| word.trim_matches(['(', ')', '"', '\''])).collect();
        let [name, op, value] = words[..] else { return true };
        let actual = match name {
            "extra" => "",
            "platform_system" => "Linux",
            "sys_platform" => "linux",
            "os_name" => "posix",
            "platform_machine" => arch,
            _ => return true,
        };
        (actual == value) == (op == "==")
    };
    marker.split(" or ").any(|all| all.split(" and ").all(holds))
}

#[cfg(test)]
mod tests {
    use super::*;

    // From the metadata of torch 2.11.0.
    const TORCH: &str = "\
Name: torch
Requires-Dist: filelock
Requires-Dist: sympy>=1.13.3
Requires-Dist: cuda-toolkit[cublas,cudart]==13.0.2; platform_system == \"Linux\"
Requires-Dist: nvidia-cudnn-cu13==9.19.0.56; platform_system == \"Linux\"
Requires-Dist: pyyaml; extra == \"pyyaml\"";

    #[test]
    fn requirements_for_linux_are_read_without_extras() {
        let expected = [
            "filelock",
            "sympy>=1.13.3",
            "cuda-toolkit[cublas,cudart]==13.0.2",
            "nvidia-cudnn-cu13==9.19.0.56",
        ];
        assert_eq!(parse_requirements(TORCH, "x86_64"), expected);
    }

    #[test]
    fn older_ways_of_writing_are_understood() {
        let line = "Requires-Dist: nvidia-nccl-cu12 (==2.1) ; platform_system == 'Linux' and platform_machine == 'x86_64'";
        assert_eq!(parse_requirements(line, "x86_64"), ["nvidia-nccl-cu12==2.1"]);
        assert_eq!(parse_requirements(line, "aarch64"), Vec::<String>::new());
    }

    #[test]
    fn markers_hold_where_they_should() {
        for (marker, expected) in [
            ("", true),
            (" platform_system == \"Windows\"", false),
            (" platform_system != \"Windows\"", true),
            (" sys_platform == \"darwin\" or sys_platform == \"linux\"", true),
            (" python_version < \"3.12\" and sys_platform == \"linux\"", true),
            (" extra == \"all\" and sys_platform == \"linux\"", false),
        ] {
            assert_eq!(holds_on_linux(marker, "x86_64"), expected, "{marker}");
        }
    }
}
