//! `cargo xtask test-camera`: the program before real camera devices, in a machine of its own that a tool starts.
//!
//! The tool is named by the environment variable `DIGIT_WORKBENCH_CAMERA_MACHINE`: a program that runs its arguments as a
//! command where `/dev/video0` is a Video4Linux device. It is asked for a certain camera through `CAMERAS` (how many test
//! drivers), `CAMERA_IMAGES` (pictures for the camera to show), `CAMERA_FORMAT` (`yuyv422`, `mjpeg`), `CAMERA_PREPARE` (a
//! shell line that is run first) and `CAMERA_SECONDS` (its time limit).

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use crate::repo::{self, Repo, non_empty};
use crate::say;
use crate::setup::{Wish, ensure as set_up};

/// Names the tool.
const VARIABLE: &str = "DIGIT_WORKBENCH_CAMERA_MACHINE";
/// The picture that the camera shows, and what is written on it.
const PICTURE: [&str; 2] = ["tests/pictures/number-304.png", "304"];
/// The model that reads it: small, so that it can lie in the repository.
const MODEL: &str = "tests/models/mnist-lenet5.safetensors";

/// One test: what is looked at, and how.
struct Case {
    name: &'static str,
    run: fn(&Machine) -> Result<()>,
}

/// All of them.
const CASES: &[Case] = &[
    Case { name: "no camera", run: no_camera },
    Case { name: "a camera is listed once, beside devices that are none", run: one_camera },
    Case { name: "two cameras", run: two_cameras },
    Case { name: "each format gives pictures of its size", run: every_format },
    Case { name: "a number is read in YUYV", run: |machine| reads(machine, "yuyv422") },
    Case { name: "a number is read in MJPEG", run: |machine| reads(machine, "mjpeg") },
    Case { name: "unplugged while it is read", run: unplugged },
    Case { name: "in use by another program", run: in_use },
];

/// Builds the program and runs every case whose name holds the filter.
pub fn test(repo: &Repo, filter: Option<&str>) -> Result<ExitCode> {
    let Some(tool) = non_empty(VARIABLE) else {
        say::note(&format!(
            "{VARIABLE} names no tool that starts a machine with a camera: nothing is tested; with a camera of your own, \
             look at `cargo xtask run -- cameras --formats`"
        ));
        return Ok(ExitCode::SUCCESS);
    };
    set_up(repo, Wish { cuda: false, tests: true, asked_for: false })?;
    repo::run(repo.cargo(&["build", "--bin", "digit-workbench"]).current_dir(&repo.root))?;
    let target = non_empty("CARGO_TARGET_DIR").map_or_else(|| repo.root.join("target"), PathBuf::from);
    let machine = Machine { tool, program: target.join("debug/digit-workbench"), root: repo.root.clone() };
    let mut failed = 0;
    for case in CASES.iter().filter(|case| filter.is_none_or(|filter| case.name.contains(filter))) {
        let since = Instant::now();
        match (case.run)(&machine) {
            Ok(()) => say::step(&format!("{}: passed in {}", case.name, say::time(since.elapsed()))),
            Err(error) => {
                failed += 1;
                say::step(&format!("{}: FAILED: {error:#}", case.name));
            }
        }
    }
    ensure!(failed == 0, "{failed} camera tests failed");
    Ok(ExitCode::SUCCESS)
}

/// Where commands are run.
struct Machine {
    tool: String,
    program: PathBuf,
    root: PathBuf,
}

/// What a command said.
struct Said {
    out: String,
    err: String,
    code: Option<i32>,
}

impl Machine {
    /// Runs a shell line in it, in which `$P` is the program; `set` are what the camera is to be like.
    fn run(&self, line: &str, set: &[(&str, &str)]) -> Result<Said> {
        let mut command = Command::new(&self.tool);
        command.args(["bash", "-c", line]).current_dir(&self.root).stdin(Stdio::null());
        command.env("P", &self.program).env("CAMERA_SECONDS", "240").envs(set.iter().copied());
        let Output { status, stdout, stderr } =
            command.output().with_context(|| format!("could not start {}", self.tool))?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Said { out: text(stdout), err: text(stderr), code: status.code() })
    }
}

impl Said {
    fn has(&self, text: &str) -> Result<()> {
        if self.out.contains(text) || self.err.contains(text) {
            return Ok(());
        }
        bail!("'{text}' was not said; exit code {:?}\n{}\n{}", self.code, self.out, self.err)
    }

    fn hasnt(&self, text: &str) -> Result<()> {
        ensure!(
            !self.out.contains(text) && !self.err.contains(text),
            "'{text}' was said\n{}\n{}",
            self.out,
            self.err
        );
        Ok(())
    }
}

fn no_camera(machine: &Machine) -> Result<()> {
    let said = machine.run("$P cameras --json; $P cameras --take 0 -o /tmp/none.png", &[("CAMERAS", "0")])?;
    said.has("\"cameras\":0")?;
    said.has("there is no camera 0")
}

fn one_camera(machine: &Machine) -> Result<()> {
    let said = machine.run("ls /dev/video*; $P cameras --json", &[("CAMERAS", "1")])?;
    said.has("/dev/video1")?;
    said.has("\"cameras\":1")?;
    said.has("\"camera\":0")
}

fn two_cameras(machine: &Machine) -> Result<()> {
    machine.run("$P cameras --json", &[("CAMERAS", "2")])?.has("\"cameras\":2")
}

fn every_format(machine: &Machine) -> Result<()> {
    // The smallest size of each kind of pixels, since the machine is slow.
    let line = "$P cameras --formats | awk 'NR>1 && $1==0 {for(i=3;i<=NF;i++) if ($i ~ /^[0-9]+x[0-9]+$/) \
                {if (!($(i+1) in seen)) {seen[$(i+1)]=1; print $i \"/\" $NF \"/\" $(i+1)}}}' | while read -r f; do \
                echo \"wanted $f\"; $P cameras --take 0 --format \"$f\" -o /tmp/taken.png --json | tail -1; done";
    let said = machine.run(line, &[("CAMERAS", "1")])?;
    let mut n = 0;
    let mut lines = said.out.lines();
    while let Some(line) = lines.next() {
        let Some(wanted) = line.strip_prefix("wanted ") else { continue };
        let mut parts = wanted.split('/');
        let (size, pixels) = (parts.next().unwrap_or_default(), parts.next_back().unwrap_or_default());
        let took = lines.next().unwrap_or_default();
        let (width, height) = size.split_once('x').context("a size")?;
        ensure!(took.contains(&format!("\"width\":{width}")), "{wanted}: {took}\n{}", said.err);
        ensure!(took.contains(&format!("\"height\":{height}")), "{wanted}: {took}");
        ensure!(took.contains(pixels), "{wanted}: {took}");
        n += 1;
    }
    ensure!(n > 1, "no formats\n{}\n{}", said.out, said.err);
    Ok(())
}

fn reads(machine: &Machine, format: &str) -> Result<()> {
    let [picture, number] = PICTURE;
    ensure!(Path::new(&machine.root).join(picture).is_file(), "the picture is missing: {picture}");
    let line = format!("$P read camera:0 --frames 2 --json --model {MODEL}");
    let images = machine.root.join(picture).display().to_string();
    let set = [("CAMERA_IMAGES", images.as_str()), ("CAMERA_FORMAT", format)];
    let said = machine.run(&line, &set)?;
    ensure!(said.code == Some(0), "exit code {:?}\n{}\n{}", said.code, said.out, said.err);
    said.has(&format!("\"text\":\"{number}\""))
}

fn unplugged(machine: &Machine) -> Result<()> {
    let line = format!(
        "(sleep 8; v4l2-ctl -d0 -c disconnect=1 || echo cannot disconnect >&2) & \
         $P read camera:0@320x180 --json --model {MODEL} | tail -2"
    );
    let said = machine.run(&line, &[("CAMERAS", "1")])?;
    said.hasnt("cannot disconnect")?;
    said.has("was unplugged")?;
    said.hasnt("panicked")
}

fn in_use(machine: &Machine) -> Result<()> {
    let line = format!(
        "$P read camera:0@320x180 --model {MODEL} > /tmp/first.log 2>&1 & first=$!; \
         for i in $(seq 60); do grep -q frame /tmp/first.log && break; sleep 1; done; \
         $P cameras --json; $P cameras --take 0 -o /tmp/second.png; kill $first"
    );
    let said = machine.run(&line, &[("CAMERAS", "1")])?;
    said.has("\"cameras\":1")?;
    said.has("in use by another program")
}
