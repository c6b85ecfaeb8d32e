//! Python's pip: which interpreter has it, downloading wheels with it, and what went wrong in plain words.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::repo::{find_program, output_of};

/// Prints what `Pip::parse` reads, on an interpreter that has pip; fails on any other.
const PROBE: &str = "\
import pip, sys, sysconfig
free = 'free-threaded' if sysconfig.get_config_var('Py_GIL_DISABLED') else 'usual'
print(sys.implementation.name, sys.version_info[0], sys.version_info[1], free, sys.executable)";

/// The Python versions that torch 2.11.0 has wheels for; the libraries inside are the same for all of them.
const WHEEL_MINORS: std::ops::RangeInclusive<u32> = 10..=14;

/// A Python interpreter that has pip.
#[derive(Debug, PartialEq, Eq)]
pub struct Pip {
    /// The interpreter, which also unpacks the wheels.
    pub python: PathBuf,
    /// Whether there are wheels for just this Python, so that pip can choose by itself.
    has_wheels: bool,
}

impl Pip {
    /// The first of the usual names that works.
    pub fn find() -> Option<Self> {
        let by_name = ["python3", "python", "py"].into_iter().filter_map(find_program);
        // A pip for another Python than the one first on PATH names its interpreter in its first line.
        let by_pip =
            ["pip3", "pip"].into_iter().filter_map(find_program).filter_map(|pip| interpreter_of(&pip));
        by_name
            .chain(by_pip)
            .find_map(|python| Self::parse(&output_of(Command::new(python).args(["-c", PROBE]))?))
    }

    fn parse(probe: &str) -> Option<Self> {
        let mut words = probe.trim().splitn(5, ' ');
        let (name, major, minor) = (words.next()?, words.next()?, words.next()?.parse().ok()?);
        let is_usual = words.next()? == "usual";
        let has_wheels = name == "cpython" && major == "3" && WHEEL_MINORS.contains(&minor) && is_usual;
        Some(Self { python: words.next()?.into(), has_wheels })
    }

    /// Downloads wheels into a folder, showing pip's own progress, and gives their paths.
    ///
    /// `with_dependencies` also fetches what they ask for.
    pub fn download(&self, wanted: &[String], with_dependencies: bool, into: &Path) -> Result<Vec<PathBuf>> {
        fs::create_dir_all(into).with_context(|| format!("could not make the folder {}", into.display()))?;
        let mut outcome = Err(Trouble::NoWheel);
        if self.has_wheels {
            outcome = self.try_download(wanted, with_dependencies, into, false)?;
        }
        // An old pip does not know the newer names of its platform, and an unusual Python has no wheels of its own.
        if matches!(outcome, Err(Trouble::NoWheel)) {
            outcome = self.try_download(wanted, with_dependencies, into, true)?;
        }
        if let Err(trouble) = outcome {
            bail!(
                "pip could not download {} (its own words are above): {}\n  pip of: {}",
                wanted.join(" "),
                trouble.advice(),
                self.python.display()
            );
        }
        let entries = fs::read_dir(into).with_context(|| format!("could not read {}", into.display()))?;
        Ok(entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|e| e == "whl"))
            .collect())
    }

    fn try_download(
        &self,
        wanted: &[String],
        with_dependencies: bool,
        into: &Path,
        name_platform: bool,
    ) -> Result<Result<(), Trouble>> {
        let mut command = Command::new(&self.python);
        command.args([
            "-m",
            "pip",
            "download",
            "--disable-pip-version-check",
            "--no-input",
            "--only-binary=:all:",
        ]);
        if !with_dependencies {
            command.arg("--no-deps");
        }
        if name_platform {
            command.args(["--python-version", "3.11", "--implementation", "cp"]);
            command.args(["--abi", "cp311", "--abi", "abi3", "--abi", "none"]);
            command.args(platforms().iter().flat_map(|platform| ["--platform", platform]));
        }
        command.arg("--dest").arg(into).args(wanted);
        // pip downloads to the temporary folder first, and /tmp is often small or in memory.
        for name in ["TMPDIR", "TEMP", "TMP"] {
            command.env(name, into);
        }
        // Nothing gets installed, so a rule against installing outside a virtual environment has no say.
        command.env("PIP_REQUIRE_VIRTUALENV", "0");

        let mut child = command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {}", self.python.display()))?;
        let mut complaints = String::new();
        if let Some(stderr) = child.stderr.take() {
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                eprintln!("{line}");
                complaints.push_str(&line);
                complaints.push('\n');
            }
        }
        let status = child.wait().context("could not wait for pip")?;
        Ok(if status.success() { Ok(()) } else { Err(Trouble::from_complaints(&complaints)) })
    }
}

/// Why pip failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    NoSpace,
    Certificate,
    NoNetwork,
    NoWheel,
    Other,
}

impl Trouble {
    /// Told by the words of pip, urllib3 and Python. Without a network pip also ends in "No matching distribution", so
    /// the order counts.
    fn from_complaints(text: &str) -> Self {
        let signs: [(Self, &[&str]); 4] = [
            (
                Self::NoSpace,
                &["No space left on device", "not enough space on the disk", "Disk quota exceeded"],
            ),
            (Self::Certificate, &["CERTIFICATE_VERIFY_FAILED", "SSLError"]),
            (
                Self::NoNetwork,
                &[
                    "Temporary failure in name resolution",
                    "Name or service not known",
                    "nodename nor servname",
                    "getaddrinfo failed",
                    "NewConnectionError",
                    "ConnectTimeoutError",
                    "ProxyError",
                    "Network is unreachable",
                    "Connection refused",
                    "Max retries exceeded",
                    "Read timed out",
                    "ReadTimeoutError",
                    "Connection broken",
                    "Connection aborted",
                    "IncompleteRead",
                ],
            ),
            (Self::NoWheel, &["No matching distribution found", "is not a supported wheel on this platform"]),
        ];
        let found = signs.iter().find(|(_, words)| words.iter().any(|word| text.contains(word)));
        found.map_or(Self::Other, |(trouble, _)| *trouble)
    }

    fn advice(self) -> &'static str {
        match self {
            Self::NoSpace => "the disk is full. Make room and run this again",
            Self::Certificate => {
                "the server's certificate was not accepted, as happens behind a company's proxy. \
                 Tell pip of its certificate (PIP_CERT=/path/to/certificate.pem) and run this again"
            }
            Self::NoNetwork => {
                "the network did not answer. Check the connection (and HTTPS_PROXY, if you need one) and run this again"
            }
            Self::NoWheel => {
                "there is no build of it for this machine, or this pip is too old to see it. Update pip \
                 (python3 -m pip install --upgrade pip), or set LIBTORCH to a folder with libtorch 2.11.0 of your own"
            }
            Self::Other => "see above; once that is mended, run this again",
        }
    }
}

/// The platform's names in wheels, newest first; an older pip takes each one literally.
fn platforms() -> Vec<String> {
    let arch = std::env::consts::ARCH;
    match std::env::consts::OS {
        "macos" if arch == "aarch64" => {
            (11..=15).rev().map(|major| format!("macosx_{major}_0_arm64")).collect()
        }
        "windows" => vec!["win_amd64".to_owned()],
        _ => {
            let mut names: Vec<_> =
                (5..=28).rev().map(|minor| format!("manylinux_2_{minor}_{arch}")).collect();
            names.push(format!("manylinux2014_{arch}"));
            names
        }
    }
}

/// The interpreter in the first line of a script, `#!/usr/bin/python3`.
fn interpreter_of(script: &Path) -> Option<PathBuf> {
    let mut line = vec![];
    BufReader::new(fs::File::open(script).ok()?).read_until(b'\n', &mut line).ok()?;
    let line = String::from_utf8(line).ok()?;
    line.strip_prefix("#!")?.split_whitespace().next().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_is_read_from_its_answer() {
        let wheels = |probe| Pip::parse(probe).map(|pip| pip.has_wheels);
        assert_eq!(wheels("cpython 3 12 usual /usr/bin/python3\n"), Some(true));
        assert_eq!(wheels("cpython 3 9 usual /usr/bin/python3"), Some(false));
        assert_eq!(wheels("cpython 3 14 free-threaded /usr/bin/python3"), Some(false));
        assert_eq!(wheels("pypy 3 11 usual /usr/bin/pypy3"), Some(false));
        assert_eq!(wheels(""), None);
        let spaced = Pip::parse("cpython 3 11 usual C:\\Program Files\\Python\\python.exe\n");
        assert_eq!(spaced.map(|pip| pip.python), Some("C:\\Program Files\\Python\\python.exe".into()));
    }

    #[test]
    fn a_missing_network_is_told_from_a_missing_wheel() {
        let no_wheel = "ERROR: No matching distribution found for torch==2.11.0";
        assert_eq!(Trouble::from_complaints(no_wheel), Trouble::NoWheel);
        let offline = format!(
            "WARNING: Retrying ... NewConnectionError('...: Temporary failure in name resolution')\n{no_wheel}"
        );
        assert_eq!(Trouble::from_complaints(&offline), Trouble::NoNetwork);
        let full = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device";
        assert_eq!(Trouble::from_complaints(full), Trouble::NoSpace);
        assert_eq!(Trouble::from_complaints("Segmentation fault"), Trouble::Other);
    }
}
