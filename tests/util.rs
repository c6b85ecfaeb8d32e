//! What tests of the command line share: a workspace of their own, tiny recipes, the program as a process.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_digit-workbench");

/// How long anything may take before a test gives up; never measured, only a way out.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Few images, few weights: two epochs take a moment.
pub const TINY: &str = r#"(
    name: "Tiny",
    data: rendered(train: 240, test: 60),
    model: mlp(dense_size: 16, dropout: 0.2),
    train: (epochs: 2, batch_size: 24, validation_share: 0.1, threads: 1, device: cpu),
)"#;

/// A folder with a workspace and whatever a test puts beside it.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A path inside.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn workspace(&self) -> PathBuf {
        self.path("workspace")
    }

    /// Writes a file and returns its path as text.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, contents).expect("a temporary file");
        path.to_str().expect("a plain path").to_owned()
    }

    /// The program with this workspace, nothing of the user's environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.env_remove("DIGIT_WORKBENCH_DATA").env("DIGIT_WORKBENCH_WORKSPACE", self.workspace());
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, args: &[&str]) -> Answer {
        Answer::of(self.command(args))
    }

    /// Starts the program and lets it run. What it says goes to files: a pipe that nobody reads would stop it.
    pub fn start(&self, args: &[&str]) -> Running {
        let [out, err] = ["started.out", "started.err"].map(|name| self.path(name));
        let [to_out, to_err] =
            [&out, &err].map(|path| std::fs::File::create(path).expect("a temporary file"));
        let child = self.command(args).stdout(to_out).stderr(to_err).spawn().expect("the program starts");
        Running { child, out, err }
    }

    /// Trains the tiny recipe and returns the run's id.
    pub fn train_tiny(&self) -> String {
        let recipe = self.write("tiny.ron", TINY);
        let answer = self.run(&["train", &recipe, "--json"]).expect_code(0);
        answer.figures()["run"].as_str().expect("the run's id").to_owned()
    }

    /// The folder of a run.
    pub fn run_dir(&self, id: &str) -> PathBuf {
        self.workspace().join("runs").join(id)
    }

    /// Waits until the newest run has told an event that `wanted` likes, and returns the run's folder.
    pub fn wait_for_event(&self, wanted: impl Fn(&Value) -> bool) -> PathBuf {
        let mut found = None;
        wait_until(|| {
            let runs = std::fs::read_dir(self.workspace().join("runs")).ok()?;
            let newest = runs.filter_map(|entry| Some(entry.ok()?.path())).max()?;
            let text = std::fs::read_to_string(newest.join("events.jsonl")).ok()?;
            let events: Vec<Value> =
                text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            found = events.iter().any(&wanted).then_some(newest);
            let ended = events.last().filter(|event| found.is_none() && event["event"] == "ended");
            assert!(ended.is_none(), "the training is over: {ended:?}");
            found.as_ref().map(|_| ())
        });
        found.expect("it was waited for")
    }
}

/// Looks again and again until there is something.
pub fn wait_until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(since.elapsed() < LIMIT, "what was waited for did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The program while it runs; killed if a test gives up on it.
pub struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    /// Sends a signal, as a terminal's Ctrl-C (`INT`) or an out-of-memory kill (`KILL`) does.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(status.expect("kill is there").success());
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Answer {
        let code = self.child.wait().expect("it ends").code();
        let text = |path: &Path| std::fs::read_to_string(path).expect("UTF-8");
        Answer { code, out: text(&self.out), err: text(&self.err) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What the program said and how it ended.
#[derive(Debug)]
pub struct Answer {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Answer {
    pub fn of(mut command: Command) -> Self {
        Self::from(command.output().expect("the program starts"))
    }

    pub fn from(output: std::process::Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Standard output as JSON lines, each of which must be an object.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let lines: Vec<Value> = self.out.lines().map(parse).collect();
        assert!(lines.iter().all(Value::is_object), "{self:#?}");
        lines
    }

    /// The last line, which holds the command's figures.
    #[track_caller]
    pub fn figures(&self) -> Value {
        self.lines().pop().unwrap_or_else(|| panic!("no last line: {self:#?}"))
    }

    /// Standard error holds one error that mentions all of these.
    #[track_caller]
    pub fn expect_error(self, mentioned: &[&str]) -> Self {
        let errors: Vec<&str> = self.err.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(errors.len(), 1, "{self:#?}");
        for word in mentioned {
            assert!(errors[0].contains(word), "{word:?} is not mentioned: {self:#?}");
        }
        assert!(!self.err.contains("panicked"), "{self:#?}");
        self
    }
}

/// The tensors of a safetensors file: header without metadata, and the bytes after it.
pub fn tensors(path: &Path) -> (Value, Vec<u8>) {
    let bytes = std::fs::read(path).expect("a safetensors file");
    let (length, rest) = bytes.split_at(8);
    let length = u64::from_le_bytes(length.try_into().expect("eight bytes")) as usize;
    let mut header: Value = serde_json::from_slice(&rest[..length]).expect("a JSON header");
    header.as_object_mut().expect("an object").remove("__metadata__");
    (header, rest[length..].to_vec())
}

/// The folder with MNIST's four files, where this machine has them.
pub fn real_data() -> Option<PathBuf> {
    let named = std::env::var_os("DIGIT_WORKBENCH_DATA").unwrap_or_default();
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::split_paths(&named).chain([beside]).find(|folder| folder.join("mnist").is_dir())
}
