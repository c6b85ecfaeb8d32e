"""Holds the sweep strategies, pruners and importances to Optuna's: same functions, same budgets, 30 seeds. Run by hand:

    python3 -m venv venv && venv/bin/pip install optuna scikit-learn
    digit-workbench bench sweep-functions --strategy random --strategy tpe --trials --json > ours.jsonl
    venv/bin/python tests/reference/check_sweep.py ours.jsonl [tests/reference/sweep.json]

Prints the median regret of both, one line a combination, and for the trials of the first search of each function the
importance of each setting by both. Fails where ours is worse in more than 19 of 20 bootstrap samples of the two lists
of regrets, or where a share of importance differs by more than 0.01.
"""

import json
import math
import statistics
import sys
import warnings
from multiprocessing import Pool

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)

ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
A = np.array([[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]])
P = np.array([
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
])


def branin(p, _):
    bent = p["y"] - 5.1 / (4 * math.pi**2) * p["x"] ** 2 + 5 / math.pi * p["x"] - 6
    return bent**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(p["x"]) + 10


def hartmann6(p, _):
    x = np.array([p[name] for name in "abcdef"])
    return -float((ALPHA * np.exp(-(A * (x - P) ** 2).sum(1))).sum())


def curves(p, epoch):
    best_rate, top = {"adam": (-2.5, 0.99), "rmsprop": (-3.0, 0.98)}.get(
        p["optimizer"], (-1 - p.get("momentum", 0), 0.985)
    )
    off = math.log10(p["lr"]) - best_rate
    end = top - 0.02 * off**2 - 0.004 * (math.log2(p["width"]) - 7) ** 2 - 0.1 * (p["dropout"] - 0.25) ** 2
    return 0.3 * epoch ** -(0.4 + 0.6 / (1 + math.exp(-2 * off))) - end


SPACES = {
    "branin": {"x": FloatDistribution(-5, 10), "y": FloatDistribution(0, 15)},
    "hartmann6": {name: FloatDistribution(0, 1) for name in "abcdef"},
    "curves": {
        "optimizer": CategoricalDistribution(["adam", "rmsprop", "sgd"]),
        "lr": FloatDistribution(1e-4, 1, log=True),
        "momentum": FloatDistribution(0, 0.99),
        "width": IntDistribution(16, 1024, log=True),
        "dropout": FloatDistribution(0, 0.6),
    },
}
# Function, epochs of a whole trial, least value.
FUNCTIONS = {
    "branin": (branin, 1, 0.3978874),
    "hartmann6": (hartmann6, 1, -3.322368),
    "curves": (curves, 27, -0.966301295),
}
PRUNERS = {
    "none": optuna.pruners.NopPruner,
    "median": optuna.pruners.MedianPruner,
    "asha": lambda: optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3),
    "hyperband": lambda: optuna.pruners.HyperbandPruner(min_resource=1, max_resource=27, reduction_factor=3),
}


def ask(study, name):
    trial = study.ask()
    point = {}
    for path, distribution in SPACES[name].items():
        if path == "momentum" and point["optimizer"] != "sgd":
            continue
        point[path] = trial._suggest(path, distribution)
    return trial, point


def search(case):
    """The regret of one search: trials side by side get an epoch in turn until the budget is spent."""
    name, strategy, pruner, workers, budget, seed = case
    function, epochs, least = FUNCTIONS[name]
    if strategy == "random":
        sampler = optuna.samplers.RandomSampler(seed=seed)
    else:
        sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True, group=name == "curves", constant_liar=workers > 1)
    study = optuna.create_study(study_name=str(seed), sampler=sampler, pruner=PRUNERS[pruner]())
    noise = np.random.default_rng(seed)
    running, spent = [], 0
    while spent < budget:
        while len(running) < workers:
            running.append((*ask(study, name), 1))
        still = []
        for trial, point, epoch in running:
            spent += 1
            value = function(point, epoch)
            if epochs > 1:
                value += (0.002 + 0.01 / epoch) * noise.standard_normal()
            trial.report(value, epoch)
            if epoch == epochs:
                study.tell(trial, value)
            elif trial.should_prune():
                study.tell(trial, state=TrialState.PRUNED)
            else:
                still.append((trial, point, epoch + 1))
        running = still
    return function(study.best_trial.params, epochs) - least


def worse(ours, theirs):
    """Share of bootstrap samples in which the median of ours is above that of theirs."""
    rng = np.random.default_rng(0)
    draw = lambda regrets: np.median(rng.choice(regrets, (10_000, len(regrets))), axis=1)
    return float(np.mean(draw(np.array(ours)) > draw(np.array(theirs))))


def importances(line):
    """Optuna's importances of our trials."""
    study = optuna.create_study()
    for trial in line["trials"]:
        distributions = {path: SPACES[line["function"]][path] for path in trial["point"]}
        study.add_trial(
            optuna.trial.create_trial(params=trial["point"], distributions=distributions, value=trial["value"])
        )
    return optuna.importance.get_param_importances(study, evaluator=optuna.importance.PedAnovaImportanceEvaluator())


def main(ours, out=None):
    lines = [json.loads(text) for text in open(ours)]
    # Optuna has no successive halving in which trials wait for each other.
    lines = [line for line in lines if line.get("bench") == "sweep-functions" and line["pruner"] in PRUNERS]
    rows, failures = [], 0
    with Pool() as pool:
        for line in lines:
            keys = [line[key] for key in ("function", "strategy", "pruner", "workers")]
            cases = [(*keys, line["budget"], seed) for seed in range(len(line["regrets"]))]
            theirs = pool.map(search, cases, chunksize=1)
            median, share = statistics.median(theirs), worse(line["regrets"], theirs)
            failures += share > 0.95
            print(f"{'{:10} {:7} {:10} x{}'.format(*keys)}  ours {line['median_regret']:.5f}  optuna {median:.5f}  "
                  f"worse in {share:.0%} of samples", flush=True)
            rows.append({**dict(zip(("function", "strategy", "pruner", "workers"), keys)),
                         "ours": round(line["median_regret"], 6), "optuna": round(median, 6), "worse": round(share, 4)})
    shares = []
    for line in lines:
        if line["strategy"] == "random" and line["pruner"] == "none" and line["workers"] == 1 and "trials" in line:
            theirs = importances(line)
            for ours in line["importance"]:
                other = theirs[ours["path"]]
                print(f"{line['function']:10} {ours['path']:10} importance {ours['share']:.4f} "
                      f"({ours['low']:.2f} to {ours['high']:.2f})  optuna {other:.4f}")
                failures += abs(ours["share"] - other) > 0.01
                shares.append({"function": line["function"], "path": ours["path"],
                               "ours": round(ours["share"], 6), "optuna": round(other, 6)})
    if out:
        with open(out, "w") as file:
            json.dump({"optuna": optuna.__version__, "regret": rows, "importance": shares}, file, indent=1)
            file.write("\n")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
