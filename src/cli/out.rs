//! Where words and figures go: text for people, or JSON lines and nothing else for machines.

use serde::Serialize;
use serde_json::{Value, json};
use std::io::{self, IsTerminal as _, Write as _};

/// The output of one command.
pub struct Out {
    json: bool,
    /// Whoever read standard output went away (`| head`): the command goes on, its words go nowhere.
    closed: bool,
}

impl Out {
    /// For machines if `json`, else for people.
    pub fn new(json: bool) -> Self {
        Self { json, closed: false }
    }

    /// Whether the reader is a machine.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a progress bar would be seen.
    pub fn is_terminal(&self) -> bool {
        !self.json && io::stdout().is_terminal() && io::stderr().is_terminal()
    }

    /// A line for people; not printed with `--json`.
    pub fn line(&mut self, text: impl std::fmt::Display) -> io::Result<()> {
        if self.json { Ok(()) } else { self.write(&format!("{text}\n")) }
    }

    /// A line for machines; only printed with `--json`.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        if self.json { self.write(&format!("{}\n", serde_json::to_string(value)?)) } else { Ok(()) }
    }

    /// The last line for machines: the command and its figures.
    pub fn figures(&mut self, command: &str, figures: Value) -> io::Result<()> {
        let mut line = json!({ "command": command });
        if let (Some(line), Value::Object(figures)) = (line.as_object_mut(), figures) {
            line.extend(figures);
        }
        self.json(&line)
    }

    /// The error, once; for machines as the last line too.
    pub fn error(&mut self, error: &anyhow::Error, code: u8) {
        let text = words(error);
        say(&format!("error: {text}"));
        // With nobody left to tell, the exit code still does.
        self.json(&json!({ "error": text, "code": code })).ok();
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            result => result,
        }
    }
}

/// An error with its causes, each told once: many messages hold their cause's words already.
pub fn words(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// A line on standard error, which may be gone: for what is no result, so that results can be piped on.
pub fn say(text: &str) {
    writeln!(io::stderr(), "{text}").ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        let cause = io::Error::other("the disk is full");
        let error = anyhow::Error::new(cause).context("it cannot be written: the disk is full: /x");
        assert_eq!(words(&error.context("no run")), "no run: it cannot be written: the disk is full: /x");
    }
}
