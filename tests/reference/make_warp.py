"""Writes warp.json: what Keras's affine transformation of images, which is SciPy's, makes of a small picture.

    python make_warp.py      # with Keras 3 and SciPy

The versions are written into the file.
"""

import json
import math
from pathlib import Path

import keras
import numpy as np
import scipy
import scipy.ndimage
from keras.src.legacy.preprocessing import image as legacy

SIDE = 12
PICTURE = [
    [round(127.5 + 127.5 * math.sin(0.9 * row + 0.31 * column * column)) for column in range(SIDE)] for row in range(SIDE)
]

# Degrees, pixels (columns, rows), degrees, and scale of columns and rows.
CASES = [
    {"rotation": 9.0, "shift": [0.0, 0.0], "shear": 0.0, "zoom": [1.0, 1.0]},
    {"rotation": 0.0, "shift": [1.2, -2.7], "shear": 0.0, "zoom": [1.0, 1.0]},
    {"rotation": 0.0, "shift": [0.0, 0.0], "shear": 12.6, "zoom": [1.0, 1.0]},
    {"rotation": 0.0, "shift": [0.0, 0.0], "shear": 0.0, "zoom": [0.85, 1.15]},
    {"rotation": -7.5, "shift": [0.8, 1.1], "shear": 0.22, "zoom": [1.1, 0.9]},
    {"rotation": 143.0, "shift": [-3.0, 2.5], "shear": -30.0, "zoom": [0.5, 1.6]},
]


def main():
    picture = np.array(PICTURE, dtype=np.float64)[None]
    cases = []
    for case in CASES:
        (tx, ty), (zx, zy) = case["shift"], case["zoom"]
        settings = dict(theta=case["rotation"], tx=tx, ty=ty, shear=case["shear"], zx=zx, zy=zy)
        for fill, mode in [("edge", "nearest"), ("zero", "grid-constant")]:
            new = legacy.apply_affine_transform(picture, **settings, fill_mode=mode)[0]
            cases.append({**case, "fill": fill, "values": [round(value, 6) for value in new.ravel().tolist()]})
    lines = ",\n".join("    " + json.dumps(case) for case in cases)
    text = f"""{{
  "versions": {json.dumps({"keras": keras.__version__, "scipy": scipy.__version__})},
  "side": {SIDE},
  "picture": {json.dumps([value for row in PICTURE for value in row])},
  "cases": [
{lines}
  ]
}}
"""
    json.loads(text)
    (Path(__file__).parent / "warp.json").write_text(text)


if __name__ == "__main__":
    main()
