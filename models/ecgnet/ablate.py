"""What each part of ECGNet is worth, and what more records would give: the same short training each time.

  python ablate.py OUT --data DIR --steps 400 [--arms nothing cbam graph transformer measures morlet daubechies] [--shares 0.1 0.25 0.5 1] [--seeds 1]

An arm without "morlet" or "daubechies" reads variants made with the other stage alone, DIR-daubechies and DIR-morlet
(variants.py --stages 2, 1). Every arm takes the same number of steps, far fewer than the shipped weights: compare rows with
each other, not with them. Folds 7 and 8 are held out for the inner figures; fold 9 is shown beside them and decides nothing.
"""
import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

import data as D
from model import OUTPUTS, ECGNet
from scores import auroc
from train import Pool, answers, recordings

STAGES = {"morlet": "daubechies", "daubechies": "morlet"}     # without it: what is left


def figures(net, folder, folds, rhythm_fold):
    """AUROC of abnormal, mean of the four conditions, and AF on the rhythm sets together."""
    out, af = [], OUTPUTS.index("af")
    rhythm = []
    for name, s in recordings(folder, ["dx12", "mitdb", "cinc2017"]).items():
        pool = Pool(s, [folder / f"{name}-000.npz"], folds if name == "dx12" else [rhythm_fold])
        record, target, logits = answers(net, pool)
        if name == "dx12":
            out = [auroc(target[:, 0], logits[:, 0]), np.nanmean([auroc(target[:, k], logits[:, k]) for k in range(1, 5)])]
        else:
            keep = [name == "mitdb" or s.rows[r]["label"] in "AN" for r in record]
            rhythm.append(auroc(target[keep, af], logits[keep, af]))
    return out + [float(np.mean(rhythm)) if rhythm else np.nan]


def run_arm(o, name, folder, seed, *more):
    run = o.out / f"{name}-{seed}"
    command = [sys.executable, str(Path(__file__).parent / "train.py"), str(run), "--data", str(folder), "--steps", str(o.steps), "--held", "7", "8",
               "--seed", str(seed), "--lead-windows", str(o.lead_windows), *(["--start", str(o.start)] if o.start else []), *more]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    without = [name] if name in ("cbam", "graph", "transformer", "measures") else []
    net = ECGNet(without)
    net.load_state_dict(torch.load(run / "weights.pt", weights_only=True))
    return figures(net, folder, [7, 8], D.VALIDATION) + figures(net, folder, [D.TEST], D.TEST)


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("out", type=Path)
    a.add_argument("--data", type=Path, required=True)
    a.add_argument("--steps", type=int, default=400)
    a.add_argument("--seeds", type=int, default=1)
    a.add_argument("--lead-windows", type=int, default=96)
    a.add_argument("--start", type=Path)
    a.add_argument("--arms", nargs="*", default=["nothing", "cbam", "graph", "transformer", "measures", "morlet", "daubechies"])
    a.add_argument("--shares", nargs="*", type=float, default=[])
    o = a.parse_args()
    torch.set_num_threads(1)
    print(f"{o.steps} steps of {o.lead_windows} leads, {o.seeds} seed(s) an arm; AUROC\n")
    print(f"{'without':14s} {'inner: abnormal':>15s} {'conditions':>11s} {'AF':>7s}   {'fold 9: abnormal':>16s} {'conditions':>11s} {'AF':>7s}", flush=True)
    show = lambda name, row: print(f"{name:14s} {row[0]:15.3f} {row[1]:11.3f} {row[2]:7.3f}   {row[3]:16.3f} {row[4]:11.3f} {row[5]:7.3f}", flush=True)
    for arm in o.arms:
        folder = o.data.with_name(f"{o.data.name}-{STAGES[arm]}") if arm in STAGES else o.data
        more = ["--without", arm] if arm in ("cbam", "graph", "transformer", "measures") else []
        show(arm, np.mean([run_arm(o, arm, folder, seed, *more) for seed in range(1, o.seeds + 1)], 0))
    for share in o.shares:
        show(f"{100 * share:.0f} % records", np.mean([run_arm(o, f"share{share:g}", o.data, seed, "--share", str(share)) for seed in range(1, o.seeds + 1)], 0))


if __name__ == "__main__":
    main()
