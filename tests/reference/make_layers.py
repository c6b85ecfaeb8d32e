"""Writes the numbers that layers and first weights are held to: what PyTorch and Keras do, in layers-*.json.

    python make_layers.py torch      # one step of the record network with batch norms in float64; PyTorch's first weights
    python make_layers.py keras      # Keras's first weights

Weights and images follow a formula, which the test knows too.
"""

import json
import math
import os
import sys
from pathlib import Path

N_IMAGES, SIDE, N_CLASSES = 8, 28, 10
# Filters of the three stages, with one, two and two convolutions.
STAGES = [(3, 5, 1), (5, 3, 2), (7, 3, 2)]
# Shapes whose first weights are drawn: convolution [out, in, rows, columns] and dense [out, in].
SHAPES = [[64, 32, 3, 3], [48, 16, 5, 5], [300, 200]]


def pixels():
    return [[(31 * image + place * place * 7 + 13 * place) % 251 for place in range(SIDE * SIDE)] for image in range(N_IMAGES)]


def formula(number, length):
    """The numbers of a parameter: its place among all decides."""
    return [0.3 * math.sin(0.7 * i + number) for i in range(length)]


def step_of_record_network(torch):
    from torch import nn

    layers, channels = [], 1
    for stage, (filters, kernel, convs) in enumerate(STAGES):
        for i in range(convs):
            layers.append(nn.Conv2d(channels, filters, kernel, padding=kernel // 2, bias=False))
            channels = filters
            if i + 1 == convs and stage < 2:
                layers.append(nn.MaxPool2d(2))
            layers += [nn.BatchNorm2d(filters, eps=1e-5, momentum=0.3), nn.ReLU()]
    network = nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(channels, N_CLASSES))
    with torch.no_grad():
        for number, parameter in enumerate(network.parameters()):
            values = torch.tensor(formula(number, parameter.numel())).view_as(parameter)
            # Norms begin at one.
            is_norm = parameter.dim() == 1 and number % 3 == 1 and number + 2 < len(list(network.parameters()))
            parameter.copy_(values + 1 if is_norm else values)
    images = torch.tensor(pixels(), dtype=torch.float64).view(N_IMAGES, 1, SIDE, SIDE) / 255
    labels = torch.tensor([3 * i % N_CLASSES for i in range(N_IMAGES)])
    loss = nn.functional.cross_entropy(network(images), labels)
    loss.backward()
    buffers = {name.split(".")[1]: [] for name, _ in network.named_buffers()}
    for name, buffer in network.named_buffers():
        if "running" in name:
            buffers[name.split(".")[1]].append(buffer.tolist())
    return {
        "loss": loss.item(),
        "gradients": [p.grad.flatten().tolist() for p in network.parameters()],
        "running_mean": buffers["running_mean"],
        "running_var": buffers["running_var"],
    }


def spread(values):
    """The greatest size and the standard deviation of many draws."""
    n = len(values)
    mean = sum(values) / n
    return {"greatest": max(map(abs, values)), "deviation": math.sqrt(sum((v - mean) ** 2 for v in values) / n)}


def with_torch():
    import torch

    torch.manual_seed(1)
    torch.set_default_dtype(torch.float64)
    firsts = []
    for shape in SHAPES:
        make = lambda: torch.nn.Conv2d(shape[1], shape[0], shape[2]) if len(shape) == 4 else torch.nn.Linear(shape[1], shape[0])
        weights, biases = [], []
        for _ in range(20):
            layer = make()
            weights += layer.weight.flatten().tolist()
            biases += layer.bias.tolist()
        kaiming = torch.empty(20, *shape)
        for part in kaiming:
            torch.nn.init.kaiming_uniform_(part, nonlinearity="relu")
        firsts.append({"init": "pytorch", "shape": shape, "weight": spread(weights), "bias": spread(biases)})
        firsts.append({"init": "he", "shape": shape, "weight": spread(kaiming.flatten().tolist())})
    return {"versions": {"torch": torch.__version__.split("+")[0]}, "record": step_of_record_network(torch), "first": firsts}


def with_keras():
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import numpy as np

    firsts = []
    for shape in SHAPES:
        # Keras has rows, columns, in, out.
        turned = shape[2:] + [shape[1], shape[0]]
        for init, kind in (("glorot", keras.initializers.GlorotUniform), ("he", keras.initializers.HeUniform)):
            draws = [np.array(kind(seed=seed)(turned)).flatten() for seed in range(20)]
            firsts.append({"init": init, "shape": shape, "weight": spread(np.concatenate(draws).astype(float).tolist())})
    return {"versions": {"keras": keras.__version__}, "first": firsts}


def main():
    which = sys.argv[1]
    found = {"keras": with_keras, "torch": with_torch}[which]()
    (Path(__file__).parent / f"layers-{which}.json").write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
