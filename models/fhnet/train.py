"""Trains FHNet on simulated minutes (simulated.py).

  python train.py RUN --data DIR --validation DIR --steps 8000 [--seed 1] [--without graph|multiscale|transformer]

RUN receives config.json, log.csv (one row a hundred steps), checkpoint.pt (every 200 steps; started again, the run goes on
from there) and weights.pt, an exponential average of the weights. Nothing else is kept, and nothing but simulated
recordings is seen.

Loss: binary cross-entropy of fetal and maternal QRS against bumps of 10 ms; L1 of the fetal waveform over its level,
and of its slope (what moves counts); L1 of the maternal waveform; consistency (fetal + maternal waveform against the
clean mixture); presence and quality.
"""
import argparse
import csv
import json
import math
import pickle
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from model import FS, WINDOW, FHNet
from weights import keep

SIGMA_S = 0.010
WEIGHTS = dict(fqrs=4.0, mqrs=0.7, fetal=0.6, slope=0.6, maternal=0.15, consistency=0.1, present=0.15, quality=0.03)


class Minutes:
    """All minutes of a folder, by count of leads; batches of random windows."""

    def __init__(self, folder, seed):
        self.by_leads, self.rng, self.count = {}, np.random.default_rng(seed), 0
        self.waiting, self.folder, self.seen = [], Path(folder), set()
        self.refresh()

    def refresh(self):
        """Reads shards that have come since; generation and training may run side by side."""
        for path in sorted(self.folder.glob("*.pkl")):
            if path.name in self.seen:
                continue
            self.seen.add(path.name)
            for m in pickle.loads(path.read_bytes()):
                if m["x"].shape[2] >= WINDOW + 2:
                    m["label"] = np.stack([bumps(m["fpeaks"], m["x"].shape[2]), bumps(m["mpeaks"], m["x"].shape[2])]).astype(np.float16)
                    self.by_leads.setdefault(m["x"].shape[0], []).append(m)
                    self.count += 1

    def batch(self, windows_of):
        leads = list(self.by_leads)
        share = np.array([len(self.by_leads[n]) for n in leads], float)
        n = leads[self.rng.choice(len(leads), p=share / share.sum())]
        rows = [self.window(self.by_leads[n][self.rng.integers(len(self.by_leads[n]))]) for _ in range(windows_of(n))]
        return [torch.from_numpy(np.stack(column).astype(np.float32)) for column in zip(*rows)]

    def window(self, m):
        at = self.rng.integers(m["x"].shape[2] - WINDOW + 1)
        sign = self.rng.choice([-1.0, 1.0], size=m["x"].shape[0]).astype(np.float32)
        cut = slice(at, at + WINDOW)
        x = m["x"][:, :, cut] * sign[:, None, None]
        mask = np.ones(len(x), np.float32)
        if len(x) > 1 and self.rng.random() < 0.1:      # a lead that drops out for this window
            gone = self.rng.integers(len(x))
            mask[gone] = 0
            x = x.copy()
            x[gone] = 0
        if self.rng.random() < 0.35:                    # a mother who was cancelled badly
            x = self.badly_cancelled(x, m["maternal"][:, cut].astype(np.float32) * sign[:, None])
        has = float(m["has_fetus"])
        scale = m["scale"][:, 1] / m["scale"][:, 0]
        return (x, mask, m["fetal"][:, cut] * sign[:, None], m["maternal"][:, cut] * sign[:, None], m["label"][:, cut],
                np.float32(has), np.float32(max(m["quality"], -2.0)), scale)

    def badly_cancelled(self, x, maternal):
        """Adds what is left of a mother whose beats were cut out too small, too large or at the wrong time: her signal and its
        slope, sharpened, up to eight times the noise."""
        x = x.astype(np.float32)
        left = np.sinh(maternal)
        left = self.rng.normal() * left + self.rng.normal() * 2 * np.gradient(left, axis=1)
        sharp = left - np.roll(left, self.rng.integers(2, 5), 1)
        for channel, part in ((1, left), (2, sharp)):
            size = self.rng.uniform(0, 8) * self.rng.uniform(0, 1, (len(x), 1)) / (np.abs(part).max(1, keepdims=True) + 1e-3)
            x[:, channel] = np.arcsinh(np.sinh(x[:, channel]) + size * part)
        return x


def bumps(peaks, n):
    """1 at each peak, falling off as a Gaussian of SIGMA_S."""
    out = np.zeros(n)
    for t in peaks:
        centre = t * FS
        i = np.arange(max(0, int(centre) - 15), min(n, int(centre) + 17))
        if len(i):
            out[i] = np.maximum(out[i], np.exp(-0.5 * ((i - centre) / (SIGMA_S * FS)) ** 2))
    return out


def losses(out, batch):
    x, mask, fetal, maternal, label, has, quality, scale = batch
    weight = 1 + 4 * label
    bce = lambda logit, k: (F.binary_cross_entropy_with_logits(logit, label[:, k], reduction="none") * weight[:, k]).mean()
    level = (fetal.pow(2).mean(2).sqrt() + 0.25)[..., None]
    there = mask[..., None]
    l1 = lambda error: (error.abs() * there).sum() / (there.sum() * error.shape[2])
    slope = lambda w: w[..., 2:] - w[..., :-2]
    mixture = fetal.sinh() * scale[..., None] + maternal.sinh()
    given = out["fetal"].clamp(-6, 6).sinh() * scale[..., None] + out["maternal"].clamp(-6, 6).sinh()
    return dict(
        fqrs=bce(out["fqrs"], 0), mqrs=bce(out["mqrs"], 1),
        fetal=l1((out["fetal"] - fetal) / level), slope=l1(slope(out["fetal"] - fetal) / level),
        maternal=l1(out["maternal"] - maternal), consistency=l1(torch.asinh(given) - torch.asinh(mixture)),
        present=F.binary_cross_entropy_with_logits(out["present"], has),
        quality=(out["quality"] - quality).abs()[has > 0].mean() if (has > 0).any() else out["quality"].sum() * 0)


def f1_of(logit, label):
    """F1 of peaks of the logit above 0, at least 240 ms apart, within 48 ms of those of the label; a window each."""
    def peaks(v, floor):
        is_top = (v == F.max_pool1d(v[:, None], 61, 1, 30)[:, 0]) & (v > floor)
        return is_top
    p, t = peaks(logit, 0.0), peaks(label, 0.8)
    near = lambda a: F.max_pool1d(a.float()[:, None], 25, 1, 12)[:, 0] > 0
    tp = (p & near(t)).sum().item()
    return 2 * tp / max(1, p.sum().item() + t.sum().item())


def validate(net, minutes, batches=24):
    net.eval()
    minutes.rng = np.random.default_rng(7)
    rows = []
    with torch.no_grad():
        for _ in range(batches):
            batch = minutes.batch(lambda n: 16)
            out = net(batch[0], batch[1])
            parts = losses(out, batch)
            rows.append([sum(WEIGHTS[k] * v.item() for k, v in parts.items()), parts["fqrs"].item(), parts["fetal"].item(),
                         parts["present"].item(), f1_of(out["fqrs"], batch[4][:, 0])])
    net.train()
    return np.mean(rows, 0)


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("run", type=Path)
    a.add_argument("--data", type=Path, required=True)
    a.add_argument("--validation", type=Path, required=True)
    a.add_argument("--steps", type=int, default=8000)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--lead-windows", type=int, default=64, help="leads times windows in a batch")
    a.add_argument("--rate", type=float, default=2.5e-3)
    a.add_argument("--without", choices=["graph", "multiscale", "transformer"])
    a.add_argument("--start", type=Path, help="weights to start from")
    a.add_argument("--threads", type=int, default=1)
    o = a.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    o.run.mkdir(parents=True, exist_ok=True)
    net = FHNet(without=o.without)
    if o.start:
        net.load_state_dict(torch.load(o.start, weights_only=True))
    mean = {k: v.clone() for k, v in net.state_dict().items()}
    optimiser = torch.optim.AdamW(net.parameters(), lr=o.rate, betas=(0.9, 0.98), weight_decay=0.01)
    step, windows, began, checkpoint = 0, 0, time.time(), o.run / "checkpoint.pt"
    if checkpoint.exists():
        kept = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(kept["net"])
        optimiser.load_state_dict(kept["optimiser"])
        mean, step, windows = kept["mean"], kept["step"], kept["windows"]
    train, validation = Minutes(o.data, o.seed * 1000 + step), Minutes(o.validation, 7)
    config = {k: str(v) if isinstance(v, Path) else v for k, v in vars(o).items() if k not in ("run", "data", "validation")}
    (o.run / "config.json").write_text(json.dumps(config | dict(weights=WEIGHTS, parameters=sum(p.numel() for p in net.parameters())), indent=1) + "\n")
    log = o.run / "log.csv"
    if not log.exists():
        log.write_text("step,windows,minutes,loss,fqrs,fetal,present,f1,seconds\n")
    while step < o.steps:
        step += 1
        warm = min(1, step / 200)
        for group in optimiser.param_groups:
            group["lr"] = o.rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / o.steps)))
        batch = train.batch(lambda n: max(8, o.lead_windows // max(n, 2)))
        windows += len(batch[0])
        parts = losses(net(batch[0], batch[1]), batch)
        loss = sum(WEIGHTS[k] * v for k, v in parts.items())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        decay = min(0.998, step / (step + 20))
        with torch.no_grad():
            for k, v in net.state_dict().items():
                mean[k].lerp_(v, 1 - decay)
        if step % 100 == 0 or step == o.steps:
            train.refresh()
            with log.open("a") as f:
                csv.writer(f, lineterminator="\n").writerow([step, windows, train.count] + [f"{v:.4f}" for v in (loss.item(), *(parts[k].item() for k in ("fqrs", "fetal", "present")), f1_of(net(batch[0], batch[1])["fqrs"].detach(), batch[4][:, 0]))] + [f"{time.time() - began:.0f}"])
        if step % 500 == 0 or step == o.steps:
            judge = FHNet(without=o.without)
            judge.load_state_dict(mean)
            row = validate(judge, validation)
            print(f"step {step}: validation loss {row[0]:.4f} fqrs {row[1]:.4f} fetal {row[2]:.4f} present {row[3]:.4f} F1 {row[4]:.4f}  {time.time() - began:.0f} s", flush=True)
            with (o.run / "validation.csv").open("a") as f:
                csv.writer(f, lineterminator="\n").writerow([step] + [f"{v:.5f}" for v in row])
        if step % 200 == 0 or step == o.steps:
            keep(dict(net=net.state_dict(), optimiser=optimiser.state_dict(), mean=mean, step=step, windows=windows), checkpoint)
            keep(mean, o.run / "weights.pt")


if __name__ == "__main__":
    main()
