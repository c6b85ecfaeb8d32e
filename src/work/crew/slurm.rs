//! Slurm's commands: `sbatch` to submit an array job, `squeue` to see its tasks, `scancel` to end them.

use crate::work::LaunchOptions;
use anyhow::{Context as _, bail};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Submits an array job whose tasks are training processes numbered `first..first + n`, and returns its id.
pub(super) fn submit(options: &LaunchOptions, mail: &Path, first: usize, n: usize) -> anyhow::Result<String> {
    let script = script(options, mail)?;
    let mut command = Command::new("sbatch");
    command.args(["--parsable", "--requeue", "--job-name=digit-workbench"]);
    command.arg(format!("--array={first}-{}", first + n - 1));
    command.arg(format!("--output={}", mail.join("task-%a.log").display()));
    command.args(["--open-mode=append", "--signal=TERM@60"]);
    let missing = "sbatch cannot be started; is Slurm installed here?";
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context(missing)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(script.as_bytes()).context("sbatch takes no script")?;
    }
    let output = child.wait_with_output().context(missing)?;
    if !output.status.success() {
        bail!("sbatch refuses the job: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let told = String::from_utf8_lossy(&output.stdout);
    job_id(&told).with_context(|| format!("sbatch told no job: {}", told.trim()))
}

/// The script of each task. `exec`, so that Slurm's signals reach the program itself.
fn script(options: &LaunchOptions, mail: &Path) -> anyhow::Result<String> {
    let command = options.command().context("the program does not know where it lies")?;
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<String> = words.map(|word| quoted(&word.to_string_lossy())).collect();
    Ok(format!(
        "#!/bin/sh\nexport OMP_WAIT_POLICY=passive\nexec {} train --worker --mailbox {}/\"$(printf %04d \"$SLURM_ARRAY_TASK_ID\")\"\n",
        words.join(" "),
        quoted(&mail.to_string_lossy())
    ))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The id in the answer of `sbatch --parsable`: `1234`, or `1234;cluster`.
fn job_id(told: &str) -> Option<String> {
    let id = told.trim().lines().last()?.split(';').next()?.trim();
    (!id.is_empty() && id.chars().all(|c| c.is_ascii_digit())).then(|| id.to_owned())
}

/// The tasks of a job that wait or run; `None` while Slurm does not answer.
pub(super) fn tasks(job: &str) -> Option<BTreeSet<usize>> {
    let mut command = Command::new("squeue");
    command.args(["--noheader", "--array", "--format=%K %T", &format!("--jobs={job}")]);
    let output = command.stdin(Stdio::null()).output().ok()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        // A job that ended a while ago is forgotten.
        return errors.contains("Invalid job id").then(BTreeSet::new);
    }
    Some(parse_tasks(&String::from_utf8_lossy(&output.stdout)))
}

/// Lines such as `3 RUNNING`; a task that is over may still be listed.
fn parse_tasks(text: &str) -> BTreeSet<usize> {
    let over = [
        "CANCELLED",
        "COMPLETED",
        "FAILED",
        "TIMEOUT",
        "NODE_FAIL",
        "OUT_OF_MEMORY",
        "BOOT_FAIL",
        "DEADLINE",
    ];
    let line = |line: &str| {
        let (task, state) = line.trim().split_once(char::is_whitespace)?;
        (!over.contains(&state.trim())).then(|| task.parse().ok())?
    };
    text.lines().filter_map(line).collect()
}

/// Ends a job or one of its tasks. Whoever is gone already needs no ending.
pub(super) fn cancel(what: &str) {
    Command::new("scancel").arg(what).stdin(Stdio::null()).stderr(Stdio::null()).status().ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slurm_says_is_understood() {
        assert_eq!(job_id("1234\n").as_deref(), Some("1234"));
        assert_eq!(job_id("1234;cluster\n").as_deref(), Some("1234"));
        assert_eq!(job_id("sbatch: error: no\n"), None);
        let text = "1 RUNNING\n2 PENDING\n3 COMPLETED\n  4   CONFIGURING \nnonsense\n7 OUT_OF_MEMORY\n";
        assert_eq!(parse_tasks(text), BTreeSet::from([1, 2, 4]));
        assert!(parse_tasks("").is_empty());
    }

    #[test]
    fn the_script_survives_odd_folders() -> anyhow::Result<()> {
        let options = LaunchOptions {
            program: Some("/opt/it's here/program".into()),
            workspace: Some("/shared/my work".into()),
            ..LaunchOptions::default()
        };
        let text = script(&options, Path::new("/shared/my work/mail"))?;
        assert!(text.starts_with("#!/bin/sh\n"));
        assert!(
            text.contains(r"exec '/opt/it'\''s here/program' '--workspace' '/shared/my work' train"),
            "{text}"
        );
        assert!(text.contains("--mailbox '/shared/my work/mail'/"), "{text}");
        Ok(())
    }
}
