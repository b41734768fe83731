"""Probabilities from logits (Platt 1999), and the threshold of "abnormal", from records that a run did not train on.

  python calibrate.py OUT.json RUN [RUN ...] --data DIR

Each RUN was trained without some folds (train.py --held); its answers there, twelve leads as they are, and on the rhythm
records held out for choosing, are what is fitted to: probability = sigmoid(scale * logit + bias) for each output. The
threshold is that of the largest F1. Nothing of fold 9 takes part.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import minimize

import data as D
from model import OUTPUTS, ECGNet
from scores import auroc, best_threshold, f1
from train import Pool, answers, recordings


def platt(logit, target, penalty=0.02):
    """(scale, bias); labels softened as Platt has it, the scale drawn to 1."""
    positive = target.sum()
    soft = np.where(target > 0.5, (positive + 1) / (positive + 2), 1 / (len(target) - positive + 2))

    def loss(w):
        v = w[0] * logit + w[1]
        return np.mean(np.logaddexp(0, v) - soft * v) + penalty * (w[0] - 1) ** 2
    return minimize(loss, [1.0, 0.0], bounds=[(0.05, None), (None, None)], method="L-BFGS-B").x


def held_answers(runs, data):
    """(target, logits, rows are of dx12) of what the runs did not see."""
    found = []
    for run in runs:
        config = json.loads((run / "config.json").read_text())
        net = ECGNet(config["without"])
        net.load_state_dict(torch.load(run / "weights.pt", weights_only=True))
        for name, s in recordings(data, ["dx12", "mitdb", "cinc2017"]).items():
            folds = [f for f in config["held"] if f != D.TEST] if name == "dx12" else [D.VALIDATION]
            pool = Pool(s, [data / f"{name}-000.npz"], folds)
            if pool.groups and (name == "dx12" or D.VALIDATION in config["held"]):
                _, target, logits = answers(net, pool)
                found.append((target, logits, np.full(len(target), name == "dx12")))
    return [np.concatenate(c) for c in zip(*found)]


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("out", type=Path)
    a.add_argument("runs", type=Path, nargs="+")
    a.add_argument("--data", type=Path, required=True)
    o = a.parse_args()
    torch.set_num_threads(1)
    target, logits, twelve = held_answers(o.runs, o.data)
    scale, bias, shown = np.ones(len(OUTPUTS)), np.zeros(len(OUTPUTS)), {}
    for k, name in enumerate(OUTPUTS):
        rows = ~np.isnan(target[:, k]) & (twelve | (name == "af"))
        if len(set(target[rows, k])) < 2:
            continue
        scale[k], bias[k] = platt(logits[rows, k].astype(float), target[rows, k])
        shown[name] = dict(records=int(rows.sum()), positive=int(target[rows, k].sum()), auroc=round(float(auroc(target[rows, k], logits[rows, k])), 4))
    rows = twelve & ~np.isnan(target[:, 0])
    p = 1 / (1 + np.exp(-(scale[0] * logits[rows, 0] + bias[0])))
    threshold = min(max(best_threshold(target[rows, 0], p), 0.01), 0.99)
    o.out.write_text(json.dumps(dict(scale=scale.round(5).tolist(), bias=bias.round(5).tolist(), threshold=round(threshold, 4),
                                     f1=round(float(f1(target[rows, 0], p > threshold)), 4), outputs=shown), indent=1) + "\n")
    print(o.out.read_text())


if __name__ == "__main__":
    main()
