"""Pre-training without labels: hidden spans of recordings are filled in from what is around them.

  python pretrain.py RUN --data DIR --steps 2000 [--seed 1]

Spans of 0.1 to 0.8 s, two fifths of the time in all, are set to 0 in every lead or in each lead for itself (so that leads
must tell of each other); a head that is not kept gives the samples back. Sees the training records of all sets, never fold 9.
RUN/weights.pt is what `train.py --start` takes.
"""
import argparse
import csv
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

import data as D
from model import TOKENS, WIDTH, WINDOW, ECGNet, gelu
from train import Pool, keep, recordings

SUB = WINDOW // TOKENS


class Filler(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = ECGNet()
        self.mix = nn.Linear(2 * WIDTH, WIDTH)
        self.samples = nn.Linear(WIDTH, SUB)

    def forward(self, b, x):
        out = self.net(x, b["mask"], b["measures"], b["known"], b["which"])
        h = torch.cat([out["leads"], out["times"][:, :, None].expand_as(out["leads"])], -1)
        return self.samples(gelu(self.mix(h))).transpose(1, 2).reshape(x.shape)


def hidden(shape, rng):
    """1 where samples are hidden."""
    b, n, t = shape
    out = np.zeros(shape, np.float32)
    for i in range(b):
        alone = n > 1 and rng.random() < 0.5
        for lead in range(n if alone else 1):
            rows = [lead] if alone else slice(None)
            while out[i, lead].mean() < 0.4:
                at, long = rng.integers(-20, t), rng.integers(10, 80)
                out[i, rows, max(0, at):at + long] = 1
    return torch.from_numpy(out)


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("run", type=Path)
    a.add_argument("--data", type=Path, required=True)
    a.add_argument("--steps", type=int, default=2000)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--rate", type=float, default=2e-3)
    a.add_argument("--threads", type=int, default=1)
    o = a.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    rng = np.random.default_rng(o.seed)
    o.run.mkdir(parents=True, exist_ok=True)
    share = {"dx12": 0.5, "mitdb": 0.25, "cinc2017": 0.25}
    train = [Pool(s, sorted(o.data.glob(f"{n}-*.npz")), range(D.TEST)) for n, s in recordings(o.data, share).items()]
    share = [share[pool.recordings.name] for pool in train]
    filler = Filler()
    optimiser = torch.optim.AdamW(filler.parameters(), lr=o.rate, betas=(0.9, 0.98), weight_decay=0.01)
    step, began, checkpoint = 0, time.time(), o.run / "checkpoint.pt"
    if checkpoint.exists():
        kept = torch.load(checkpoint, weights_only=True)
        filler.load_state_dict(kept["filler"])
        optimiser.load_state_dict(kept["optimiser"])
        step = kept["step"]
        rng = np.random.default_rng((o.seed, step))
    recent = []
    while step < o.steps:
        step += 1
        for group in optimiser.param_groups:
            group["lr"] = o.rate * min(1, step / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / o.steps)))
        b = train[rng.choice(len(train), p=np.array(share) / sum(share))].batch(rng, 128, 0.7)
        gone = hidden(b["x"].shape, rng)
        error = (filler(b, b["x"] * (1 - gone)) - b["x"]).abs() * gone
        level = b["x"].abs().mean(2, keepdim=True) + 0.05
        loss = (error / level).sum() / gone.sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(filler.parameters(), 1.0)
        optimiser.step()
        recent.append(loss.item())
        if step % 50 == 0 or step == o.steps:
            with (o.run / "log.csv").open("a") as f:
                csv.writer(f, lineterminator="\n").writerow([step, f"{np.mean(recent):.4f}", f"{time.time() - began:.0f}"])
            recent = []
        if step % 200 == 0 or step == o.steps:
            keep(dict(filler=filler.state_dict(), optimiser=optimiser.state_dict(), step=step), checkpoint)
            keep(filler.net.state_dict(), o.run / "weights.pt")


if __name__ == "__main__":
    main()
