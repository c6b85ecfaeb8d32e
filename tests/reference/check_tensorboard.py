"""Whether TensorBoard's own reader finds in an exported log what the CSV export of the same run holds.

    digit-workbench export RUN --to tensorboard -o logs/run
    digit-workbench export RUN --to csv -o run.csv
    python tests/reference/check_tensorboard.py logs/run run.csv

Needs tensorboard; last run with tensorboard 2.21.0 and protobuf 7.36.2.
"""

import csv
import math
import sys

from tensorboard import version
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

PREFIX = {"train": "batch_", "valid": "epoch_", "test": "test_"}


def main(folder, table):
    print(f"TensorBoard {version.VERSION}")
    events = EventAccumulator(folder, size_guidance={"scalars": 0, "histograms": 0})
    events.Reload()
    tags = events.Tags()["scalars"]
    wanted = {}
    with open(table, newline="") as file:
        for row in csv.DictReader(file):
            plain = row["split"] == "train" and row["metric"] in ("lr", "images_per_s")
            tag = row["metric"] if plain else PREFIX[row["split"]] + row["metric"]
            wanted.setdefault(tag, []).append(float(row["value"] or "nan"))
    for needed in ("epoch_loss", "epoch_accuracy"):
        if needed not in tags:
            sys.exit(f"there is no {needed}")
    for tag, values in wanted.items():
        found = [event.value for event in events.Scalars(tag)]
        same = len(found) == len(values) and all(
            math.isclose(a, b, rel_tol=1e-5) or (math.isnan(a) and math.isnan(b)) for a, b in zip(found, values)
        )
        print(f"{tag}: {len(found)} values{'' if same else ' DIFFER'}")
        if not same:
            sys.exit(f"{tag} is not what the table holds")
    for tag in events.Tags()["histograms"]:
        last = events.Histograms(tag)[-1]
        value = last.histogram_value
        counted = sum(value.bucket)
        # Limits rise, the least and the greatest lie within them, and every number is counted once.
        rising = list(value.bucket_limit) == sorted(value.bucket_limit)
        inside = value.min <= value.bucket_limit[0] and value.max <= value.bucket_limit[-1] + 1e-6 * abs(value.max)
        print(f"{tag}: {len(events.Histograms(tag))} histograms, the last of {counted:.0f} numbers")
        if not (rising and inside and math.isclose(counted, value.num)):
            sys.exit(f"{tag} is no histogram of its numbers")
    contents = events.PluginTagToContent(metadata.PLUGIN_NAME)
    start = metadata.parse_session_start_info_plugin_data(contents[metadata.SESSION_START_INFO_TAG])
    experiment = metadata.parse_experiment_plugin_data(contents[metadata.EXPERIMENT_TAG])
    print(f"{len(start.hparams)} hyperparameters, {len(experiment.metric_infos)} metrics in the same run")
    if start.hparams["lr"].number_value <= 0 or not experiment.metric_infos:
        sys.exit("the hyperparameters are not those of a run")


if __name__ == "__main__":
    main(*sys.argv[1:3])
