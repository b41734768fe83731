"""Trains ECGNet on variants of recordings (variants.py).

  python train.py RUN --data DIR --steps 2500 [--held 9] [--seed 1] [--start weights.pt] [--without cbam|graph|transformer|measures]

RUN receives config.json, log.csv (a row for 50 steps), validation.csv, checkpoint.pt (every 200 steps; started again, the run
goes on from there) and weights.pt, an exponential average of the weights. Folds in --held are never trained on, nor is
fold 9 (data.py says what that is in each set). Figures on the way are of the first held fold that is not 9.

Loss: binary cross-entropy of the outputs, where the target is known, with smoothed labels; that of the statements behind the
labels (data.py), through a head that is not shipped; and both once more from a large batch of measurements alone.
"""
import argparse
import csv
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import data as D
from model import LEAD_MEASURES, OUTPUTS, WIDTH, ECGNet
from fhnet.weights import keep
from scores import auroc

SETS = {"dx12": 0.65, "mitdb": 0.10, "cinc2017": 0.25, "simulated": 0.40}  # weights of the batches, of those that are there
SMOOTH, STATEMENTS, MEASURED = 0.03, 0.5, 0.5
PLAIN = ("x", "which", "measures", "known", "record")


class Taught(nn.Module):
    """The network, and the head of statements that only training has."""

    def __init__(self, without=(), dropout=0.1):
        super().__init__()
        self.net = ECGNet(without, dropout)
        self.statements = nn.Linear(WIDTH, len(D.STATEMENTS))


def read_variants(path):
    """The leads that are there of each record, grouped by their count: {count: dict of PLAIN}."""
    z = np.load(path)
    mask, x, groups = z["mask"], z["x"], {}
    for n in range(1, 13):
        rows = np.flatnonzero(mask.sum(1) == n)
        if len(rows):
            which = np.stack([np.flatnonzero(mask[i]) for i in rows])
            groups[n] = dict(x=x[rows[:, None], which], which=which, measures=z["measures"][rows], known=z["known"][rows], record=rows)
    return groups


class Pool:
    """All variants of a set's records in some folds; random batches of one count of leads."""

    def __init__(self, recordings, paths, keep, clean=1):
        """clean: how often the first variant, the recordings as they are, counts."""
        self.recordings, self.groups, self.rhythm = recordings, {}, recordings.uv.shape[1] < 12
        allowed = np.isin(recordings.fold, keep)
        for path in [p for p in paths for _ in range(clean if p == paths[0] else 1)]:
            for n, g in read_variants(path).items():
                rows = allowed[g["record"]] & ~np.isnan(recordings.target[g["record"]]).all(1)
                if rows.any():
                    self.groups.setdefault(n, []).append({k: v[rows] for k, v in g.items()})
        self.groups = {n: {k: np.concatenate([g[k] for g in gs]) for k in PLAIN} for n, gs in self.groups.items()}
        count = np.array([len(g["record"]) for g in self.groups.values()], float)
        self.sizes, self.share = list(self.groups), count / max(1, count.sum())

    def batch(self, rng, lead_windows, thin=0.0):
        """thin: share of batches of twelve leads that keep only some of them, which costs as much less."""
        n = self.sizes[rng.choice(len(self.sizes), p=self.share)]
        g, kept = self.groups[n], n
        if n == 12 and rng.random() < thin:
            kept = int(rng.choice((3, 4, 6, 8)))
        b = self.rows(g, rng.integers(len(g["record"]), size=max(12, min(48, lead_windows // kept))))
        if kept < n:
            chosen = torch.from_numpy(np.sort(np.argsort(rng.random(b["which"].shape), 1)[:, :kept], 1))
            b["x"] = b["x"].gather(1, chosen[..., None].expand(-1, -1, b["x"].shape[2]))
            b["which"], b["mask"] = b["which"].gather(1, chosen), b["mask"][:, :kept].clone()
            there = torch.zeros(len(chosen), n).scatter_(1, chosen, 1)   # what was measured in the others is not known
            b["known"][:, -n * LEAD_MEASURES:] *= there.repeat_interleave(LEAD_MEASURES, 1)
        return b

    def rows(self, g, i):
        x, which = torch.from_numpy(g["x"][i].astype(np.float32)), torch.from_numpy(g["which"][i])
        f = lambda a: torch.from_numpy(np.asarray(a, np.float32))
        record = g["record"][i]
        return dict(x=x, which=which, mask=torch.ones(which.shape), measures=f(g["measures"][i]), known=f(g["known"][i]),
                    target=f(self.recordings.target[record]), statement=f(self.recordings.statement[record]), record=record)

    def measured(self, rng, count):
        """A batch of measurements alone, of all variants."""
        g = self.groups[self.sizes[rng.choice(len(self.sizes), p=self.share)]]
        i = rng.integers(len(g["record"]), size=count)
        f = lambda a: torch.from_numpy(np.asarray(a, np.float32))
        return dict(measures=f(g["measures"][i]), known=f(g["known"][i]), target=f(self.recordings.target[g["record"][i]]),
                    statement=f(self.recordings.statement[g["record"][i]]))

    def statistics(self):
        """Mean and scale of each measurement over what is known."""
        m, k = (np.concatenate([g[name] for g in self.groups.values()]) for name in ("measures", "known"))
        count = np.maximum(1, k.sum(0))
        mean = (m * k).sum(0) / count
        return mean, np.sqrt((((m - mean) ** 2) * k).sum(0) / count) + 1e-3


def cropped(b, rng):
    """Pieces of 4 or 6 s: cheaper, and other beats of the same recording."""
    long = int(rng.choice((400, 600, 1000), p=(0.35, 0.35, 0.3)))
    at = 8 * int(rng.integers((1000 - long) // 8 + 1))
    return dict(b, x=b["x"][:, :, at:at + long].contiguous())


def roughen(b, rng):
    """A lead that is missing, spans that are flat, measurements that are not known."""
    x, mask = b["x"], b["mask"]
    for i in range(len(x)):
        if rng.random() < 0.5:
            at, long = rng.integers(x.shape[2]), rng.integers(20, 200)
            x[i, rng.random(x.shape[1]) < 0.5, at:at + long] = 0
        if x.shape[1] > 2 and rng.random() < 0.3:
            mask[i, rng.integers(x.shape[1])] = 0
        if rng.random() < 0.15:
            b["known"][i] = 0
    x *= mask[..., None]
    return b


def known_bce(logit, target, weight=None):
    known = ~torch.isnan(target)
    smooth = (torch.nan_to_num(target) * (1 - 2 * SMOOTH) + SMOOTH)
    loss = F.binary_cross_entropy_with_logits(logit, smooth, reduction="none") * known
    return loss.sum() / known.sum().clamp(min=1)


def losses(taught, b):
    """Of the outputs, and of the statements."""
    out = taught.net(b["x"], b["mask"], b["measures"], b["known"], b["which"])
    return known_bce(out["logits"], b["target"]), known_bce(taught.statements(out["joined"]), b["statement"])


def measured_losses(taught, m):
    """The same from measurements alone, as if the signal said nothing."""
    net = taught.net
    nothing = torch.zeros(len(m["measures"]), WIDTH)
    y = net.joined(nothing, nothing, net.measured(m["measures"], m["known"]))
    return known_bce(net.answer(net.drop(y)), m["target"]) + STATEMENTS * known_bce(taught.statements(y), m["statement"])


def answers(net, pool, lead_windows=384):
    """(record, target, logits) of all variants of a pool."""
    net.eval()
    record, target, logits = [], [], []
    with torch.no_grad():
        for n, g in pool.groups.items():
            for i in np.array_split(np.arange(len(g["record"])), max(1, len(g["record"]) * n // lead_windows)):
                b = pool.rows(g, i)
                logits.append(net(b["x"], b["mask"], b["measures"], b["known"], b["which"])["logits"].numpy())
                record.append(b["record"])
                target.append(b["target"].numpy())
    net.train()
    return np.concatenate(record), np.concatenate(target), np.concatenate(logits)


def recordings(folder, names):
    """Those of the named sets of which there are variants."""
    load = lambda n: D.simulated(folder / "simulated.npz") if n == "simulated" else getattr(D, n)()
    return {n: load(n) for n in names if list(folder.glob(f"{n}-*.npz"))}


def validate(net, pools):
    """AUROC of each output on dx12, and of AF on the rhythm sets."""
    row = {}
    for name, pool in pools.items():
        _, target, logits = answers(net, pool)
        if name == "dx12":
            row |= {o: auroc(target[:, k], logits[:, k]) for k, o in enumerate(OUTPUTS)}
            row["macro"] = np.nanmean([row[o] for o in OUTPUTS[1:5]])
        else:
            k = OUTPUTS.index("af")
            row[f"af_{name}"] = auroc(target[:, k], logits[:, k])
    return row


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("run", type=Path)
    a.add_argument("--data", type=Path, required=True)
    a.add_argument("--sets", nargs="+", choices=list(SETS), default=["dx12", "mitdb", "cinc2017"])
    a.add_argument("--steps", type=int, default=2500)
    a.add_argument("--held", type=int, nargs="+", default=[9])
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--rate", type=float, default=1.5e-3)
    a.add_argument("--decay", type=float, default=0.05)
    a.add_argument("--dropout", type=float, default=0.1)
    a.add_argument("--lead-windows", type=int, default=128, help="leads times recordings in a batch")
    a.add_argument("--clean", type=int, default=1, help="how often the recordings as they are count, against one altered copy")
    a.add_argument("--thin", type=float, default=0.7, help="share of batches of twelve leads that keep only some")
    a.add_argument("--without", nargs="*", default=[], choices=["cbam", "graph", "transformer", "measures"])
    a.add_argument("--share", type=float, default=1, help="of the training records, for a learning curve")
    a.add_argument("--start", type=Path, help="weights to start from")
    a.add_argument("--threads", type=int, default=1)
    o = a.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    rng = np.random.default_rng(o.seed)
    o.run.mkdir(parents=True, exist_ok=True)
    sets = recordings(o.data, o.sets)
    held = set(o.held) | {D.TEST}
    if o.share < 1:
        for s in sets.values():
            s.fold = np.where((np.random.default_rng(11).random(len(s.fold)) < o.share) | np.isin(s.fold, list(held)), s.fold, -1)
    learnt = [f for f in range(10) if f not in held]
    train = {n: Pool(s, sorted(o.data.glob(f"{n}-*.npz")), learnt, o.clean) for n, s in sets.items()}
    shown = [f for f in o.held if f != D.TEST]
    check = {n: Pool(s, [o.data / f"{n}-000.npz"], shown if n == "dx12" else [D.VALIDATION]) for n, s in sets.items() if n != "simulated"} if shown else {}
    check = {n: p for n, p in check.items() if p.groups}
    share = np.array([SETS[n] for n in train])

    taught = Taught(o.without, o.dropout)
    if o.start:
        taught.net.load_state_dict(torch.load(o.start, weights_only=True), strict=False)
    mean, scale = train["dx12"].statistics() if "dx12" in train else next(iter(train.values())).statistics()
    taught.net.measure_mean.copy_(torch.from_numpy(mean))
    taught.net.measure_scale.copy_(torch.from_numpy(scale))
    average = {k: v.clone() for k, v in taught.net.state_dict().items()}
    matrices = [p for p in taught.parameters() if p.dim() > 1]
    others = [p for p in taught.parameters() if p.dim() <= 1]
    optimiser = torch.optim.AdamW([dict(params=matrices, weight_decay=o.decay), dict(params=others, weight_decay=0)], lr=o.rate, betas=(0.9, 0.98))
    step, began, checkpoint = 0, time.time(), o.run / "checkpoint.pt"
    if checkpoint.exists():
        kept = torch.load(checkpoint, weights_only=True)
        taught.load_state_dict(kept["taught"])
        optimiser.load_state_dict(kept["optimiser"])
        average, step = kept["average"], kept["step"]
        rng = np.random.default_rng((o.seed, step))
    config = {k: str(v) if isinstance(v, Path) else v for k, v in vars(o).items() if k not in ("run", "threads")}
    records = {n: int(np.isin(s.fold, learnt).sum()) for n, s in sets.items()}
    (o.run / "config.json").write_text(json.dumps(config | dict(parameters=sum(p.numel() for p in taught.net.parameters()), records=records, sets=SETS, smooth=SMOOTH, statements=STATEMENTS, measured=MEASURED), indent=1) + "\n")
    log = o.run / "log.csv"
    if not log.exists():
        log.write_text("step,loss,statements,seconds\n")
    recent = []
    while step < o.steps:
        step += 1
        for group in optimiser.param_groups:
            group["lr"] = o.rate * min(1, step / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / o.steps)))
        pool = list(train.values())[rng.choice(len(train), p=share / share.sum())]
        b = roughen(pool.batch(rng, o.lead_windows, o.thin), rng)
        b = b if pool.rhythm else cropped(b, rng)
        loss, statements = losses(taught, b)
        total = loss + STATEMENTS * statements
        if b["known"].any():
            total = total + MEASURED * measured_losses(taught, pool.measured(rng, 192))
        optimiser.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(taught.parameters(), 1.0)
        optimiser.step()
        recent.append((loss.item(), statements.item()))
        decay = min(0.997, step / (step + 20))
        with torch.no_grad():
            for k, v in taught.net.state_dict().items():
                average[k].lerp_(v, 1 - decay)
        if step % 50 == 0 or step == o.steps:
            with log.open("a") as f:
                csv.writer(f, lineterminator="\n").writerow([step] + [f"{v:.4f}" for v in np.mean(recent, 0)] + [f"{time.time() - began:.0f}"])
            recent = []
        if check and (step % 400 == 0 or step == o.steps):
            judge = ECGNet(o.without)
            judge.load_state_dict(average)
            row = validate(judge, check)
            print(f"step {step}: " + " ".join(f"{k} {v:.3f}" for k, v in row.items()) + f"  {time.time() - began:.0f} s", flush=True)
            path = o.run / "validation.csv"
            if not path.exists():
                path.write_text("step," + ",".join(row) + "\n")
            with path.open("a") as f:
                csv.writer(f, lineterminator="\n").writerow([step] + [f"{v:.4f}" for v in row.values()])
        if step % 200 == 0 or step == o.steps:
            keep(dict(taught=taught.state_dict(), optimiser=optimiser.state_dict(), average=average, step=step), checkpoint)
            keep(average, o.run / "weights.pt")
    print(f"step {step}: done", flush=True)


if __name__ == "__main__":
    main()
