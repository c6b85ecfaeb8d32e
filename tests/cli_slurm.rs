//! `sweep --launcher slurm` against commands that stand in for Slurm's: an array job is submitted, its tasks take
//! orders from the shared folder, and the queue is asked about them.

#![cfg(unix)]

use crate::util::Place;
use std::os::unix::fs::PermissionsExt as _;

/// Starts each task of the array as a process, and remembers which.
const SBATCH: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/submitted"
cat > "$here/script"
for word in "$@"; do case "$word" in --array=*) range=${word#--array=};; esac; done
for task in $(seq "${range%-*}" "${range#*-}"); do
    SLURM_ARRAY_TASK_ID=$task sh "$here/script" > "$here/task-$task.log" 2>&1 &
    echo "$! $task" >> "$here/tasks"
done
echo "77;here"
"#;

/// Lists the tasks whose processes live.
const SQUEUE: &str = r#"#!/bin/sh
here=$(dirname "$0")
while read -r pid task; do kill -0 "$pid" 2>/dev/null && echo "$task RUNNING"; done < "$here/tasks"
exit 0
"#;

const SCANCEL: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/cancelled"
"#;

const SWEEP: &str = r#"Sweep(
    name: "On a cluster",
    recipe: (
        data: rendered(train: 120, test: 30),
        model: mlp(dense_size: 16),
        train: (epochs: 2, batch_size: 24, device: cpu),
    ),
    space: [(path: "optim.lr", range: choice([0.001, 0.01, 0.1]))],
    strategy: grid(),
    trials: 3,
)"#;

#[test]
fn trials_are_the_tasks_of_an_array_job() {
    let place = Place::new();
    let bin = place.path("bin");
    std::fs::create_dir_all(&bin).expect("a folder");
    for (name, text) in [("sbatch", SBATCH), ("squeue", SQUEUE), ("scancel", SCANCEL)] {
        let path = bin.join(name);
        std::fs::write(&path, text).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it can be run");
    }
    let sweep = place.write("cluster.ron", SWEEP);
    let system = std::env::var("PATH").unwrap_or_default();
    let mut command = place.command(&["sweep", &sweep, "--launcher", "slurm", "--jobs", "2", "--json"]);
    command.env("PATH", format!("{}:{system}", bin.display()));
    let answer = crate::util::Answer::of(command).expect_code(0);
    assert_eq!(answer.figures()["counts"]["complete"], serde_json::json!(3), "{answer:#?}");
    let said = |name: &str| std::fs::read_to_string(bin.join(name)).unwrap_or_default();
    assert!(
        said("submitted").contains("--requeue") && said("submitted").contains("--array=1-2"),
        "{}",
        said("submitted")
    );
    assert!(said("cancelled").contains("77"), "what waits in the queue is taken out of it");
    assert!(said("script").contains("--mailbox"), "{}", said("script"));
}

#[test]
fn without_slurm_it_says_what_is_missing() {
    let place = Place::new();
    let sweep = place.write("cluster.ron", SWEEP);
    let mut command = place.command(&["sweep", &sweep, "--launcher", "slurm"]);
    command.env("PATH", place.path("nothing"));
    crate::util::Answer::of(command).expect_code(1).expect_error(&["sbatch"]);
}
