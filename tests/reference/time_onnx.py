"""How long onnxruntime takes for an exported detector: median milliseconds at a size, by number of threads.

Run by hand beside `digit-workbench bench read`: python time_onnx.py MODEL.onnx 320 256 (sides that are multiples of 32,
as the program fills its pictures up). Needs numpy and onnxruntime.
"""

import sys
import time

import numpy
import onnxruntime

path, width, height = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for threads in (1, 2, 4):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (wanted,) = session.get_inputs()
    channels = wanted.shape[1]
    pixels = numpy.random.default_rng(0).integers(0, 256, (1, channels, height, width), dtype=numpy.uint8)
    times = []
    for _ in range(120):
        began = time.perf_counter()
        session.run(None, {wanted.name: pixels})
        times.append((time.perf_counter() - began) * 1000)
    median = sorted(times[20:])[50]
    print(f"onnxruntime {onnxruntime.__version__}: {width}x{height}, {threads} threads, {median:.2f} ms")
