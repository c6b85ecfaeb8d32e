"""Writes numbers.json: what PyTorch makes of the losses and cells that whole numbers are read with, in float64.

    python make_numbers.py      # with PyTorch

The version is written into the file.
"""

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F

CLASSES, LONGEST, FEATURES, HIDDEN = 3, 4, 5, 6
BLANK = CLASSES
# Numbers with equal neighbours, of every length; four pictures.
NUMBERS = [[0, 0, 2, 1], [1], [2, 1, 1], []]
COLUMNS = 9


def wave(*shape, by=1.0):
    """Numbers without a pattern that both sides can make."""
    n = math.prod(shape)
    return torch.tensor([by * math.sin(0.7 * i + 0.13 * i * i) for i in range(n)], dtype=torch.float64).reshape(shape)


def ctc():
    scores = wave(COLUMNS, len(NUMBERS), CLASSES + 1, by=2.0).requires_grad_()
    targets = torch.tensor([c for number in NUMBERS for c in number])
    lengths = torch.tensor([len(number) for number in NUMBERS])
    columns = torch.full((len(NUMBERS),), COLUMNS)
    losses = F.ctc_loss(F.log_softmax(scores, -1), targets, columns, lengths, blank=BLANK, reduction="none")
    losses.sum().backward()
    return {"losses": losses.tolist(), "gradient": scores.grad.flatten().tolist()}


def filled(blank):
    return torch.tensor([number + [blank] * (LONGEST - len(number)) for number in NUMBERS])


def positions(smoothing):
    length = wave(len(NUMBERS), LONGEST + 1)
    classes = wave(len(NUMBERS), LONGEST, CLASSES + 1, by=1.5)
    loss = F.cross_entropy(length, torch.tensor([len(n) for n in NUMBERS]), reduction="none", label_smoothing=smoothing)
    for i in range(LONGEST):
        truth = filled(BLANK)[:, i]
        loss = loss + F.cross_entropy(classes[:, i], truth, reduction="none", label_smoothing=smoothing)
    return {"smoothing": smoothing, "losses": loss.tolist()}


def recurrent(kind):
    width = CLASSES + 1
    cell = {"lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell}[kind](FEATURES + width, HIDDEN, dtype=torch.float64)
    with torch.no_grad():
        for p in cell.parameters():
            p.copy_(wave(*p.shape, by=0.5))
        weight, bias = wave(width, HIDDEN), wave(width)
        features = wave(len(NUMBERS), FEATURES)
        said = torch.full((len(NUMBERS),), BLANK)
        state, scores = None, []
        for step in range(LONGEST):
            state = cell(torch.cat([features, F.one_hot(said, width).double()], 1), state)
            shown = state[0] if kind == "lstm" else state
            scores.append(F.linear(shown, weight, bias))
            said = filled(BLANK)[:, step]
        scores = torch.stack(scores, 1)
        losses = []
        for i, number in enumerate(NUMBERS):
            upto = min(len(number) + 1, LONGEST)
            losses.append(F.cross_entropy(scores[i, :upto], filled(BLANK)[i, :upto], reduction="sum").item())
    return {"cell": kind, "scores": scores.flatten().tolist(), "losses": losses}


Path(__file__).with_name("numbers.json").write_text(
    json.dumps(
        {
            "torch": torch.__version__,
            "classes": CLASSES,
            "longest": LONGEST,
            "features": FEATURES,
            "hidden": HIDDEN,
            "columns": COLUMNS,
            "numbers": NUMBERS,
            "ctc": ctc(),
            "positions": [positions(0.0), positions(0.1)],
            "recurrent": [recurrent("lstm"), recurrent("gru")],
        },
        indent=1,
    )
    + "\n"
)
