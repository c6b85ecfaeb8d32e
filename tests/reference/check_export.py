"""Whether ONNX Runtime or PyTorch says of pictures what the workbench said of them.

    digit-workbench export RUN --to onnx -o model.onnx --check 100
    python tests/reference/check_export.py model.onnx model.check.safetensors

Needs numpy, and onnxruntime for .onnx or torch for .pt files. The largest difference has to stay under 1e-4.
"""

import json
import pathlib
import struct
import sys

import numpy as np

LARGEST = 1e-4
KINDS = {"F32": np.float32, "I64": np.int64, "U8": np.uint8}


def safetensors(path):
    """Every tensor of a safetensors file, by name."""
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, about in header.items():
        if name == "__metadata__":
            continue
        start, end = (8 + length + offset for offset in about["data_offsets"])
        tensors[name] = np.frombuffer(data[start:end], KINDS[about["dtype"]]).reshape(about["shape"])
    return tensors


def onnx_outputs(path, pixels):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    text = session.get_modelmeta().custom_metadata_map
    missing = [key for key in ("classes", "scale", "mean", "std", "polarity", "recipe") if key not in text]
    if missing:
        sys.exit(f"the file does not say its {', '.join(missing)}")
    return dict(zip(names, session.run(names, {"pixels": pixels})))


def torch_outputs(path, pixels):
    import torch

    about = json.loads(pathlib.Path(path).with_suffix(".json").read_text())
    with torch.no_grad():
        said = torch.jit.load(path)(torch.from_numpy(pixels.copy()))
    # A row for each picture, or for each place of each picture.
    rows, outputs = said.numpy(), {}
    for output in about["outputs"]:
        size = int(np.prod(output["shape"]))
        part = rows[..., output["from"] : output["from"] + size]
        outputs[output["name"]] = part.reshape(*rows.shape[:-1], *output["shape"])
    return outputs


def main(model, check):
    check = safetensors(check)
    pixels = check.pop("pixels")
    said = (onnx_outputs if model.endswith(".onnx") else torch_outputs)(model, pixels)
    worst = 0.0
    for name, own in check.items():
        if name == "class" and name not in said:
            continue
        theirs = said[name]
        if theirs.shape != own.shape:
            sys.exit(f"{name} has the shape {theirs.shape} and not {own.shape}")
        if own.dtype == np.int64:
            differ = int((theirs != own).sum())
            print(f"{name}: {differ} of {own.size} differ")
            # Two classes may be equally likely to the last digit.
            if differ > own.size // 50:
                sys.exit(f"{name} differs too often")
            continue
        difference = np.abs(theirs - own)
        if name in ("boxes", "numbers"):
            # Pixels, of boxes of thousands of them where nothing is seen: in relation to their size.
            difference /= np.maximum(np.abs(own).max(axis=-1, keepdims=True), 1.0)
        difference = float(difference.max())
        if not difference >= 0.0:
            sys.exit(f"{name} holds what is no number")
        worst = max(worst, difference)
        print(f"{name}: largest difference {difference:.2e}")
    print(f"{len(pixels)} images, largest difference {worst:.2e}")
    if not worst < LARGEST:
        sys.exit(f"that is not under {LARGEST}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
