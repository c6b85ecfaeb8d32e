"""Writes digit_struct.mat, a small file in the layout of SVHN's digitStruct.mat. Needs h5py.

    python digit_struct.py digit_struct.mat
"""
import sys

import h5py
import numpy as np

PICTURES = [
    [(1, 5, 6, 10, 20)],
    [(2, 4, 3, 12, 24), (10, 20, 4, 11, 22)],
    [(3, 1, 2, 5, 12), (10, 7, 2, 5, 12), (9, 13, 3, 5, 12)],
]
FIELDS = ["label", "left", "top", "width", "height"]

with h5py.File(sys.argv[1], "w", userblock_size=512) as file:
    refs = file.create_group("#refs#")
    names, boxes = [], []
    for i, digits in enumerate(PICTURES):
        name = refs.create_dataset(f"n{i}", data=np.array([[ord(c)] for c in f"{i + 1}.png"], dtype="<u2"))
        name.attrs["MATLAB_class"] = np.bytes_("char")
        names.append(name.ref)
        group = refs.create_group(f"b{i}")
        for k, field in enumerate(FIELDS):
            values = [float(digit[k]) for digit in digits]
            if len(values) == 1:
                group.create_dataset(field, data=np.array([values]))
            else:
                each = [refs.create_dataset(f"{field}{i}_{j}", data=np.array([[v]])) for j, v in enumerate(values)]
                group.create_dataset(field, data=np.array([[e.ref] for e in each], dtype=h5py.ref_dtype))
        boxes.append(group.ref)
    struct = file.create_group("digitStruct")
    struct.create_dataset("name", data=np.array([[r] for r in names], dtype=h5py.ref_dtype))
    struct.create_dataset("bbox", data=np.array([[r] for r in boxes], dtype=h5py.ref_dtype))
with open(sys.argv[1], "r+b") as file:
    file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
