"""What each part of FHNet is worth: the same short training with and without it.

  python ablate.py OUT --data DIR --validation DIR --steps 800 [--seeds 1]

Every arm takes the same number of steps, far fewer than the shipped weights; compare rows with each other, not with them.
Prints, on simulated women never trained on and by the count of leads: cross-entropy of the fetal QRS, error of the
waveform (L1 over its level), and F1 of single windows.
"""
import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from model import FHNet
from train import Minutes, f1_of, losses

ARMS = [None, "graph", "multiscale", "transformer"]


def scores(net, minutes, leads, windows=320):
    minutes.rng = np.random.default_rng(11)
    minutes.by_leads = {n: m for n, m in minutes.all.items() if n in leads}
    rows = []
    with torch.no_grad():
        for _ in range(windows // 16):
            batch = minutes.batch(lambda n: 16)
            out = net(batch[0], batch[1])
            parts = losses(out, batch)
            rows.append([parts["fqrs"].item(), parts["fetal"].item(), f1_of(out["fqrs"], batch[4][:, 0])])
    return np.mean(rows, 0)


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("out", type=Path)
    a.add_argument("--data", type=Path, required=True)
    a.add_argument("--validation", type=Path, required=True)
    a.add_argument("--steps", type=int, default=800)
    a.add_argument("--seeds", type=int, default=1)
    a.add_argument("--threads", type=int, default=1)
    o = a.parse_args()
    torch.set_num_threads(o.threads)
    print(f"{o.steps} steps, {o.seeds} seed(s) an arm\n\nwithout      leads    QRS loss  waveform error  window F1", flush=True)
    for arm in ARMS:
        found = []
        for seed in range(1, o.seeds + 1):
            run = o.out / f"{arm or 'nothing'}-{seed}"
            subprocess.run([sys.executable, str(Path(__file__).parent / "train.py"), str(run), "--data", str(o.data), "--validation", str(o.validation),
                            "--steps", str(o.steps), "--seed", str(seed), "--threads", str(o.threads), *(["--without", arm] if arm else [])],
                           check=True, stdout=subprocess.DEVNULL)
            net = FHNet(without=arm)
            net.load_state_dict(torch.load(run / "weights.pt", weights_only=True))
            net.eval()
            minutes = Minutes(o.validation, 11)
            minutes.all = minutes.by_leads
            found.append([scores(net, minutes, leads) for leads in ((1,), (2, 3), (4, 5, 8))])
        for name, row in zip(("1", "2-3", "4-8"), np.mean(found, 0)):
            print(f"{arm or 'nothing':12s} {name:5s} {row[0]:11.4f} {row[1]:15.4f} {row[2]:10.4f}", flush=True)


if __name__ == "__main__":
    main()
