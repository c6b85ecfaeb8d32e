"""Writes the numbers that src/optim is held to: what Keras and PyTorch do on small fixed problems, in float64.

    python make_reference.py keras      # with Keras 3 on TensorFlow: keras.json
    python make_reference.py torch      # with PyTorch: torch.json

Both frameworks need not be in one environment. The versions are written into the files.
"""

import json
import math
import os
import sys
from pathlib import Path

N_STEPS = 20
# What the steps go down: sum(SCALE * (w - GOAL)^2) / 2, whose gradient is SCALE * (w - GOAL).
START = [1.5, -2.0, 0.25, 3.0, -0.75, 0.01, -1.25]
GOAL = [0.4, 0.3, -0.2, 0.1, 0.6, -0.5, 0.7]
SCALE = [1.0, 0.5, 4.0, 0.1, 2.0, 8.0, 0.03]

# Name in the recipe, settings in the recipe that differ from the defaults.
OPTIMIZERS = [
    ("sgd", {}),
    ("sgd", {"lr": 0.05, "momentum": 0.9}),
    ("sgd", {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    ("rmsprop", {}),
    ("rmsprop", {"lr": 0.01, "rho": 0.8, "momentum": 0.5}),
    ("rmsprop", {"lr": 0.01, "centered": True}),
    ("rmsprop", {"lr": 0.01, "momentum": 0.5, "centered": True}),
    ("adagrad", {}),
    ("adagrad", {"lr": 0.1, "initial_accumulator_value": 0.0, "epsilon": 1e-3}),
    ("adadelta", {}),
    ("adadelta", {"lr": 1.0, "rho": 0.9, "epsilon": 1e-4}),
    ("adam", {}),
    ("adam", {"lr": 0.1, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    ("adamw", {}),
    ("adamw", {"lr": 0.05, "weight_decay": 0.1}),
    ("adamax", {}),
    ("adamax", {"lr": 0.05, "beta_1": 0.8, "beta_2": 0.9}),
    ("nadam", {}),
    ("nadam", {"lr": 0.05, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    ("lion", {}),
    ("lion", {"lr": 0.01, "beta_1": 0.8, "beta_2": 0.9}),
]

N_CLASSES = 10
LABELS = [0, 3, 9, 1, 1, 5]
# From sure and right to sure and wrong.
LOGITS = [
    [round(4 * math.sin(0.7 * row * row + 1.3 * column + 0.5), 3) for column in range(N_CLASSES)] for row in range(6)
]
LOGITS[0][0] = 9.0
LOGITS[2][9] = -9.0

LOSSES = [
    ("cross_entropy", {}),
    ("cross_entropy", {"label_smoothing": 0.1}),
    ("binary_cross_entropy", {}),
    ("mean_squared_error", {}),
    ("mean_absolute_error", {}),
    ("categorical_hinge", {}),
    ("poisson", {}),
    ("focal", {}),
    ("focal", {"alpha": 0.6, "gamma": 0.5}),
]

# Learning rate factors of these many steps, 10 of them an epoch.
N_SCHEDULED = 60
PER_EPOCH = 10
SCHEDULES = [
    ("cosine", {"floor": 0.1}),
    ("cosine", {"floor": 0.1, "warm_up": 2.0}),
    ("step", {"every": 2, "factor": 0.5}),
    ("exponential", {"rate": 0.8}),
    ("one_cycle", {}),
    ("one_cycle", {"rise": 0.4, "start": 0.1, "end": 0.001}),
]


# Validation losses, and settings of the fall on a plateau that is to follow them.
LOSSES_SEEN = [1.0, 0.8, 0.79, 0.81, 0.7999, 0.6, 0.61, 0.62, 0.63, 0.64, 0.65, 0.59, 0.7, 0.7, 0.7, 0.7]
PLATEAUS = [
    {"factor": 0.5, "patience": 2, "least": 0.0001, "floor": 0.0},
    {"factor": 0.1, "patience": 1, "least": 0.05, "floor": 0.02},
]
# Global norms that gradients of the problem are clipped to, and decays of the average of weights, both with SGD.
CLIPS = [0.5, 2.0, 100.0]
DECAYS = [0.5, 0.9]
# Muon: a wide and a tall matrix and a vector; the last is Muon's for nobody, so it steps by AdamW.
MUON_SHAPES = [[3, 5], [5, 3], [4]]
MUON = [{}, {"lr": 0.1, "momentum": 0.8, "nesterov": False, "weight_decay": 0.1}]


def keras_optimizer(keras, np, name, settings):
    classes = {
        "sgd": keras.optimizers.SGD,
        "rmsprop": keras.optimizers.RMSprop,
        "adagrad": keras.optimizers.Adagrad,
        "adadelta": keras.optimizers.Adadelta,
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "adamax": keras.optimizers.Adamax,
        "nadam": keras.optimizers.Nadam,
        "lion": keras.optimizers.Lion,
    }
    settings = dict(settings)
    if "lr" in settings:
        settings["learning_rate"] = settings.pop("lr")
    optimizer = classes[name](**settings)
    # A plain Python float would pass through float32 inside of Keras.
    for setting in ("momentum", "rho", "beta_1", "beta_2", "epsilon", "weight_decay"):
        if getattr(optimizer, setting, None) is not None:
            setattr(optimizer, setting, np.float64(getattr(optimizer, setting)))
    return optimizer


def keras_loss(keras, tf, name, settings):
    """A function of one-hot truth and logits that gives the loss of each sample."""
    losses = keras.losses
    on_probabilities = {
        "binary_cross_entropy": losses.binary_crossentropy,
        "mean_squared_error": losses.mean_squared_error,
        "mean_absolute_error": losses.mean_absolute_error,
        "categorical_hinge": losses.categorical_hinge,
        "poisson": losses.poisson,
        "focal": losses.categorical_focal_crossentropy,
    }
    if name == "cross_entropy":
        return lambda y, z: losses.categorical_crossentropy(y, z, from_logits=True, **settings)
    # Not `keras.ops.softmax`: its result remembers the logits, and Keras on TensorFlow then takes the binary
    # cross-entropy of their sigmoid instead of that of the probabilities it is given.
    return lambda y, z: on_probabilities[name](y, tf.nn.softmax(z), **settings)


def keras_schedule(keras, name, settings):
    """Factors of the learning rate, where Keras has that schedule."""
    schedules = keras.optimizers.schedules
    if name == "cosine":
        warm_up = int(settings.get("warm_up", 0) * PER_EPOCH)
        schedule = schedules.CosineDecay(
            1.0 if not warm_up else 0.0,
            N_SCHEDULED - warm_up,
            alpha=settings["floor"],
            warmup_target=1.0 if warm_up else None,
            warmup_steps=warm_up,
        )
        # Keras begins its warm-up at zero, which wastes a step; this one is a step ahead of it while warming up.
        at = lambda step: step + 1 if step < warm_up else step
    elif name == "step":
        schedule = schedules.ExponentialDecay(
            1.0, settings["every"] * PER_EPOCH, settings["factor"], staircase=True
        )
        at = lambda step: step
    elif name == "exponential":
        schedule = schedules.ExponentialDecay(1.0, PER_EPOCH, settings["rate"])
        at = lambda step: step
    else:
        return None
    return [float(schedule(at(step))) for step in range(N_SCHEDULED)]


def with_keras():
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import numpy as np
    import tensorflow as tf

    keras.config.set_floatx("float64")
    steps = []
    for name, settings in OPTIMIZERS:
        optimizer = keras_optimizer(keras, np, name, settings)
        weights = keras.Variable(np.array(START), dtype="float64")
        path = []
        for _ in range(N_STEPS):
            gradient = np.array(SCALE) * (keras.ops.convert_to_numpy(weights) - np.array(GOAL))
            optimizer.apply([keras.ops.convert_to_tensor(gradient, dtype="float64")], [weights])
            path.append(keras.ops.convert_to_numpy(weights).tolist())
        steps.append({"name": name, "settings": settings, "params": path})

    losses = []
    truth = tf.one_hot(LABELS, N_CLASSES, dtype=tf.float64)
    for name, settings in LOSSES:
        logits = tf.Variable(LOGITS, dtype=tf.float64)
        with tf.GradientTape() as tape:
            values = keras_loss(keras, tf, name, settings)(truth, logits)
        gradient = tape.gradient(values, logits)
        losses.append(
            {
                "name": name,
                "settings": settings,
                "values": values.numpy().tolist(),
                "gradient": gradient.numpy().tolist(),
            }
        )

    schedules = [
        {"name": name, "settings": settings, "factors": factors}
        for name, settings in SCHEDULES
        if (factors := keras_schedule(keras, name, settings))
    ]
    control = {"plateaus": keras_plateaus(keras, np)}
    return {"keras": keras.__version__, "tensorflow": tf.__version__}, steps, losses, schedules, control


def keras_plateaus(keras, np):
    """Factors of the learning rate after each of the losses."""
    cases = []
    for settings in PLATEAUS:
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile(optimizer=keras.optimizers.SGD(1.0), loss="mse")
        callback = keras.callbacks.ReduceLROnPlateau(
            monitor="val_loss",
            factor=settings["factor"],
            patience=settings["patience"],
            min_delta=settings["least"],
            min_lr=settings["floor"],
        )
        callback.set_model(model)
        callback.on_train_begin()
        factors = []
        for epoch, loss in enumerate(LOSSES_SEEN):
            callback.on_epoch_end(epoch, {"val_loss": loss})
            factors.append(float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)))
        cases.append({"settings": settings, "factors": factors})
    return {"losses": LOSSES_SEEN, "cases": cases}


def torch_control(torch):
    """Clipping, averages and Muon, which PyTorch has."""
    start, goal, scale = torch.tensor(START), torch.tensor(GOAL), torch.tensor(SCALE)
    clips = []
    for most in CLIPS:
        weights, path = start.clone().requires_grad_(), []
        optimizer = torch.optim.SGD([weights], lr=0.05, momentum=0.9)
        for _ in range(N_STEPS):
            weights.grad = (scale * (weights - goal)).detach()
            torch.nn.utils.clip_grad_norm_([weights], most)
            optimizer.step()
            path.append(weights.tolist())
        clips.append({"clip_norm": most, "params": path})

    averages = []
    for decay in DECAYS:
        module = torch.nn.Linear(1, len(START), bias=False)
        module.weight.data = start.clone().view(-1, 1)
        model = torch.optim.swa_utils.AveragedModel(
            module, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
        )
        optimizer, path = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9), []
        for _ in range(N_STEPS):
            module.weight.grad = (scale.view(-1, 1) * (module.weight - goal.view(-1, 1))).detach()
            optimizer.step()
            model.update_parameters(module)
            path.append(model.module.weight.view(-1).tolist())
        averages.append({"decay": decay, "averages": path})

    # PyTorch makes the step orthogonal in bfloat16; here it keeps to float64.
    torch.Tensor.bfloat16 = lambda tensor: tensor.clone()
    muons = []
    for settings in MUON:
        problems = []
        for shape in MUON_SHAPES:
            n = math.prod(shape)
            weights = torch.tensor([math.sin(1.7 * i) for i in range(n)]).view(shape)
            aim = torch.tensor([math.cos(0.9 * i) for i in range(n)]).view(shape)
            slope = torch.tensor([1 + 0.5 * math.sin(2.3 * i) for i in range(n)]).view(shape)
            lr, decay = settings.get("lr", 0.02), settings.get("weight_decay", 0.0)
            if len(shape) == 2:
                optimizer = torch.optim.Muon(
                    [weights],
                    lr=lr,
                    weight_decay=decay,
                    momentum=settings.get("momentum", 0.95),
                    nesterov=settings.get("nesterov", True),
                )
            else:
                optimizer = torch.optim.AdamW(
                    [weights], lr=lr * 0.015, weight_decay=decay, betas=(0.9, 0.95), eps=1e-10
                )
            first, path = weights.flatten().tolist(), []
            for _ in range(N_STEPS):
                weights.grad = slope * (weights - aim)
                optimizer.step()
                path.append(weights.flatten().tolist())
            problems.append(
                {
                    "shape": shape,
                    "start": first,
                    "goal": aim.flatten().tolist(),
                    "scale": slope.flatten().tolist(),
                    "params": path,
                }
            )
        muons.append({"name": "muon", "settings": settings, "problems": problems})
    return {"clips": clips, "averages": averages, "muon": muons}


def torch_optimizer(torch, name, settings, weights):
    """The same rule with the same defaults, or None where PyTorch's differs by more than its defaults."""
    settings = dict(settings)
    epsilon = settings.pop("epsilon", 1e-7)
    lr = settings.pop("lr", 0.01 if name == "sgd" else 0.001)
    beta_2 = settings.pop("beta_2", 0.99 if name == "lion" else 0.999)
    betas = (settings.pop("beta_1", 0.9), beta_2)
    optim = torch.optim
    if name == "sgd":
        # The velocity of PyTorch is without the learning rate: the same steps as long as that does not change.
        return optim.SGD([weights], lr=lr, **settings)
    if name in ("adam", "adamw"):
        # PyTorch adds epsilon to the corrected root, Keras to the uncorrected one: see `follow_epsilon`.
        kind = optim.Adam if name == "adam" else optim.AdamW
        extra = {"weight_decay": settings.pop("weight_decay", 0.004)} if name == "adamw" else {}
        return kind([weights], lr=lr, betas=betas, eps=epsilon, **extra)
    if name == "adamax":
        # PyTorch adds epsilon to the gradient and lets it fade with the norm, Keras adds it to the norm afterwards:
        # apart by less than epsilon over the gradient.
        return optim.Adamax([weights], lr=lr, betas=betas, eps=epsilon)
    if name == "adadelta":
        return optim.Adadelta([weights], lr=lr, rho=settings.pop("rho", 0.95), eps=epsilon)
    # RMSprop and Adagrad add epsilon outside of the root; NAdam decays another power; Lion is not there.
    return None


def follow_epsilon(optimizer, name, step, epsilon):
    """Gives PyTorch's Adam, for step number `step`, the epsilon that stands where Keras's does."""
    if name in ("adam", "adamw"):
        for group in optimizer.param_groups:
            group["eps"] = epsilon / math.sqrt(1 - group["betas"][1] ** step)


def torch_loss(torch, name, settings):
    """A function of labels and logits that gives the loss of each sample, or None where PyTorch has no such loss."""
    functional = torch.nn.functional
    if name == "cross_entropy":
        return lambda labels, z: functional.cross_entropy(z, labels, reduction="none", **settings)
    on_probabilities = {
        "mean_squared_error": functional.mse_loss,
        "mean_absolute_error": functional.l1_loss,
        "binary_cross_entropy": functional.binary_cross_entropy,
    }
    if name not in on_probabilities:
        return None

    def loss(labels, z):
        truth = functional.one_hot(labels, N_CLASSES).to(z.dtype)
        return on_probabilities[name](z.softmax(-1), truth, reduction="none").mean(-1)

    return loss


def torch_schedule(torch, name, settings):
    """Factors of the learning rate, where PyTorch has that schedule."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedulers = torch.optim.lr_scheduler
    if name == "one_cycle":
        start, end = settings.get("start", 1 / 25), settings.get("end", 1 / 25 / 1e4)
        scheduler = schedulers.OneCycleLR(
            optimizer,
            1.0,
            total_steps=N_SCHEDULED,
            pct_start=settings.get("rise", 0.3),
            div_factor=1 / start,
            final_div_factor=start / end,
            cycle_momentum=False,
        )
    elif name == "step":
        scheduler = schedulers.StepLR(optimizer, settings["every"] * PER_EPOCH, settings["factor"])
    elif name == "exponential":
        scheduler = schedulers.ExponentialLR(optimizer, settings["rate"] ** (1 / PER_EPOCH))
    elif name == "cosine" and "warm_up" not in settings:
        scheduler = schedulers.CosineAnnealingLR(optimizer, N_SCHEDULED, eta_min=settings["floor"])
    else:
        return None
    factors = []
    for _ in range(N_SCHEDULED):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return factors


def with_torch():
    import torch

    torch.set_default_dtype(torch.float64)
    start, goal, scale = torch.tensor(START), torch.tensor(GOAL), torch.tensor(SCALE)
    steps = []
    for name, settings in OPTIMIZERS:
        weights = start.clone()
        optimizer = torch_optimizer(torch, name, settings, weights)
        if optimizer is None:
            continue
        path = []
        for step in range(1, N_STEPS + 1):
            weights.grad = scale * (weights - goal)
            follow_epsilon(optimizer, name, step, settings.get("epsilon", 1e-7))
            optimizer.step()
            path.append(weights.tolist())
        steps.append({"name": name, "settings": settings, "params": path})

    losses = []
    labels = torch.tensor(LABELS)
    for name, settings in LOSSES:
        loss = torch_loss(torch, name, settings)
        if loss is None:
            continue
        logits = torch.tensor(LOGITS, requires_grad=True)
        values = loss(labels, logits)
        values.sum().backward()
        losses.append(
            {"name": name, "settings": settings, "values": values.tolist(), "gradient": logits.grad.tolist()}
        )

    schedules = [
        {"name": name, "settings": settings, "factors": factors}
        for name, settings in SCHEDULES
        if (factors := torch_schedule(torch, name, settings))
    ]
    return {"torch": torch.__version__.split("+")[0]}, steps, losses, schedules, torch_control(torch)


def rows(values):
    """A list as JSON, one element a line."""
    return "[\n" + ",\n".join("    " + json.dumps(value) for value in values) + "\n  ]"


def main():
    which = sys.argv[1]
    versions, steps, losses, schedules, control = {"keras": with_keras, "torch": with_torch}[which]()
    text = f"""{{
  "versions": {json.dumps(versions)},
  "start": {START},
  "goal": {GOAL},
  "scale": {SCALE},
  "labels": {LABELS},
  "logits": {LOGITS},
  "steps_per_epoch": {PER_EPOCH},
  "optimizers": {rows(steps)},
  "losses": {rows(losses)},
  "schedules": {rows(schedules)},
  "control": {json.dumps(control)}
}}
"""
    json.loads(text)
    (Path(__file__).parent / f"{which}.json").write_text(text)


if __name__ == "__main__":
    main()
