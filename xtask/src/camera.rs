//! `cargo xtask test-camera`: the program before real camera devices, in a machine of its own that a tool starts.
//!
//! The tool is named by the environment variable `DIGIT_WORKBENCH_CAMERA_MACHINE`: a program that runs its arguments as a
//! command where `/dev/video0` is a Video4Linux device. It is asked for a certain camera through `CAMERAS` (how many test
//! drivers), `CAMERA_IMAGES` (pictures for the camera to show), `CAMERA_FORMAT` (`yuyv422`, `mjpeg`), `CAMERA_PREPARE` (a
//! shell line that is run first) and `CAMERA_SECONDS` (its time limit). A command in it sees this machine's files.
//! `DIGIT_WORKBENCH_PROGRAM` names a program that is tested in place of a build of this source.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use crate::repo::{self, Repo, non_empty};
use crate::say;
use crate::screen::Screen;
use crate::setup::{Wish, ensure as set_up};

/// Names the tool.
const VARIABLE: &str = "DIGIT_WORKBENCH_CAMERA_MACHINE";
/// Names a program that is built already.
const PROGRAM: &str = "DIGIT_WORKBENCH_PROGRAM";
/// Said by a machine that came up: one that did not is started once more.
const UP: &str = "the machine is up";
/// Seconds that a machine may take, which is some tens of times slower than this one.
const PATIENCE: &str = "900";
/// Waits until the program read the first frame, and then for a moment.
const AFTER_A_FRAME: &str =
    "for i in $(seq 300); do grep -q 'frame 0' /dev/shm/read.log && break; sleep 1; done; sleep 2";
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
    Case { name: "falls silent while it is read", run: silent },
    Case { name: "in use by another program", run: in_use },
    Case { name: "the window shows it", run: window },
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
    let program = match non_empty(PROGRAM) {
        Some(program) => PathBuf::from(program),
        None => {
            set_up(repo, Wish { cuda: false, tests: true, asked_for: false })?;
            repo::run(repo.cargo(&["build", "--bin", "digit-workbench"]).current_dir(&repo.root))?;
            let target =
                non_empty("CARGO_TARGET_DIR").map_or_else(|| repo.root.join("target"), PathBuf::from);
            target.join("debug/digit-workbench")
        }
    };
    let machine = Machine { tool, program, root: repo.root.clone() };
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
        let said = self.once(line, set)?;
        // An emulated machine on a busy one now and then does not start.
        if said.out.contains(UP) { Ok(said) } else { self.once(line, set) }
    }

    fn once(&self, line: &str, set: &[(&str, &str)]) -> Result<Said> {
        let mut command = Command::new(&self.tool);
        command
            .args(["bash", "-c", &format!("echo {UP}; {line}")])
            .current_dir(&self.root)
            .stdin(Stdio::null());
        command.env("P", &self.program).env("CAMERA_SECONDS", PATIENCE).envs(set.iter().copied());
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
    let said = machine.run(&read_while("v4l2-ctl -d0 -c disconnect=1"), &[("CAMERAS", "1")])?;
    said.hasnt("cannot be done")?;
    said.has("was unplugged")?;
    said.hasnt("panicked")
}

fn silent(machine: &Machine) -> Result<()> {
    let line = read_while("v4l2-ctl -d0 -c percentage_of_dropped_buffers=100");
    let said = machine.run(&line, &[("CAMERAS", "1")])?;
    said.hasnt("cannot be done")?;
    said.has("has sent no picture for")?;
    said.hasnt("panicked")
}

/// Reads the camera until it gives no more frames, and does something to it after the first one.
fn read_while(act: &str) -> String {
    format!(
        "({AFTER_A_FRAME}; {act} || echo cannot be done) & \
         timeout 600 $P read camera:0@320x180 --model {MODEL} >/dev/shm/read.log 2>&1; tail -n 3 /dev/shm/read.log; wait"
    )
}

fn in_use(machine: &Machine) -> Result<()> {
    let line = "v4l2-ctl -d0 --stream-mmap=3 --stream-count=100000 >/dev/null 2>&1 & other=$!; sleep 5; \
                kill -0 $other || echo cannot be done; $P cameras --json; \
                $P cameras --take 0 -o /dev/shm/second.png; kill $other";
    let said = machine.run(line, &[("CAMERAS", "1")])?;
    said.hasnt("cannot be done")?;
    said.has("\"cameras\":1")?;
    said.has("in use by another program")
}

/// The Camera page on a screen in the machine: the test driver's coloured bars must be seen on it.
fn window(machine: &Machine) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("digit-workbench-camera-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let settings = "(version: 1, theme: dark, tab: camera, window: (1280, 800), \
                    camera: (origin: Some(camera(index: 0, wish: Some((size: (320, 180), rate: 30, pixels: None))))))";
    std::fs::write(folder.join("settings.ron"), settings)?;
    let line = "mkdir -m 700 /dev/shm/run; export DISPLAY=:97 XDG_RUNTIME_DIR=/dev/shm/run WINIT_UNIX_BACKEND=x11; \
                Xvfb :97 -nolock -screen 0 1280x800x24 -fbdir /dev/shm -nolisten tcp >/dev/shm/x.log 2>&1 & sleep 6; \
                $P --workspace \"$W\" >/dev/shm/window.log 2>&1 & window=$!; \
                for i in $(seq 60); do sleep 5; cp /dev/shm/Xvfb_screen0 \"$W/screen.xwd\"; \
                kill -0 $window 2>/dev/null || { echo the window ended; break; }; \
                LC_ALL=C grep -aqP '(?:[\\x00-\\x20][\\xa0-\\xd8]{2}.){40}' \"$W/screen.xwd\" && break; done; \
                cat /dev/shm/x.log /dev/shm/window.log; sleep 2; cp /dev/shm/Xvfb_screen0 \"$W/screen.xwd\"; kill $window";
    let place = folder.display().to_string();
    let said = machine.run(line, &[("CAMERAS", "1"), ("W", &place)])?;
    said.hasnt("the window ended")?;
    said.hasnt("panicked")?;
    let file = folder.join("screen.xwd");
    let screen = Screen::read(&file).with_context(|| format!("{}\n{}", said.out, said.err))?;
    let bars: [(&str, [bool; 3]); 3] =
        [("yellow", [true, true, false]), ("cyan", [false, true, true]), ("magenta", [true, false, true])];
    for (name, channels) in bars {
        let share = screen.share(channels);
        // Text and boxes cover most of the bars.
        ensure!(share > 0.004, "{:.2} % of the screen are {name}: {}", share * 100.0, file.display());
    }
    std::fs::remove_dir_all(&folder).ok();
    Ok(())
}
