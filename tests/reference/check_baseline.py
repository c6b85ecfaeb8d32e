"""Holds `digit-workbench data baseline mnist` to scikit-learn's LogisticRegression on the very same rows. Run by hand:

    python3 -m venv venv && venv/bin/pip install scikit-learn
    digit-workbench data baseline mnist --rows rows.json --json > ours.jsonl
    venv/bin/python tests/reference/check_baseline.py FOLDER_OF_MNIST rows.json ours.jsonl tests/reference/baseline.json
"""

import gzip
import json
import struct
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression


def idx(path):
    raw = gzip.decompress(path.read_bytes())
    sizes = struct.unpack(f">{raw[3]}I", raw[4 : 4 + 4 * raw[3]])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(sizes)


def main(folder, rows, ours, out):
    folder = Path(folder)
    part = lambda name: (
        idx(folder / f"{name}-images-idx3-ubyte.gz").reshape(-1, 784).astype(np.float32) / 255,
        idx(folder / f"{name}-labels-idx1-ubyte.gz"),
    )
    (x, y), (x_test, y_test) = part("train"), part("t10k")
    order = np.array(json.loads(Path(rows).read_text())["train"])
    points = [json.loads(line) for line in Path(ours).read_text().splitlines()][-1]["points"]
    compared = []
    for point in points:
        taken = order[: point["n"]]
        began = time.time()
        with warnings.catch_warnings():
            # A hundred steps are its default, and few for many images: so are ours.
            warnings.simplefilter("ignore", ConvergenceWarning)
            theirs = LogisticRegression().fit(x[taken], y[taken])
        seconds = time.time() - began
        score = theirs.score(x_test, y_test)
        compared.append({"n": point["n"], "ours": point["test"], "sklearn": score, "sklearn_seconds": round(seconds, 2)})
        print(f"{point['n']:6} ours {point['test']:.4f} in {point['seconds']:.2f} s, scikit-learn {score:.4f} in {seconds:.2f} s")
        assert abs(score - point["test"]) < 0.01, "more than a point apart"
    about = {"data": "MNIST", "sklearn": sklearn.__version__, "numpy": np.__version__, "points": compared}
    Path(out).write_text(json.dumps(about, indent=1) + "\n")


main(*sys.argv[1:])
