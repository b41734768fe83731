"""The judge of src/extract/fusion.c: log odds that a train of beats is a fetus's, from what bears it out.

  python judge.py RUN/weights.pt [--minutes 300]

Logistic regression on the trains found in simulated minutes (seeds from 600,000 on), with F1 to the fourth power of each
train as its soft label, since a train that is half right is not right; minutes without a fetus count as 0. Prints the
constants for fusion.c and how the choice does on the same minutes, before the rules around it (what the classical stage
believes, least counts). The filter's cross-validated d' was among the evidence and got no weight.
"""
import argparse
import ctypes
import pickle
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import minimize

import simulated as S
from model import WINDOW, FHNet

WAYS, EVIDENCE, ROOM = 6, 8, 4000
NAMES = ["network", "odds", "separation", "jitter", "uncovered", "lock", "few", "present"]
FLOATS, DOUBLES = ctypes.POINTER(ctypes.c_float), ctypes.POINTER(ctypes.c_double)


def network_input(uv, fs):
    leads, n = uv.shape
    m = int(n / fs * 1000 + 0.5) // 4
    x, scale, usable = np.zeros(leads * 3 * m, np.float32), np.zeros((leads, 2), np.float32), (ctypes.c_int * 32)()
    p = lambda a: a.ctypes.data_as(FLOATS)
    k = S.library().fhnet_front(leads, n, ctypes.c_double(fs), p(uv), None, None, p(x), None, None, p(scale), usable)
    return x[: k * 3 * m].reshape(k, 3, m) if k > 0 else None


def infer(net, x):
    """Log odds of a fetal QRS over a recording, and of a fetus, as src/extract/network.c puts windows together."""
    m = x.shape[2]
    starts = list(range(0, max(1, m - WINDOW + 1), WINDOW // 2))
    if starts[-1] + WINDOW < m:
        starts.append(m - WINDOW)
    weight = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1, WINDOW + 1) / (WINDOW + 1)) + 1e-3).astype(np.float32)
    with torch.no_grad():
        out = net(torch.from_numpy(np.stack([x[:, :, s:s + WINDOW] for s in starts])), torch.ones(len(starts), len(x)))
    total, weights = np.zeros(m, np.float32), np.zeros(m, np.float32)
    for s, row in zip(starts, out["fqrs"].numpy()):
        total[s:s + WINDOW] += weight * row
        weights[s:s + WINDOW] += weight
    return total / weights, float(out["present"].mean())


def beats(uv, fs, odds, present, method=2):
    """Reported beats, whether a fetus is reported (joined, classical), the trains and their evidence."""
    leads, n = uv.shape
    out, confidence, told = np.zeros(ROOM), np.zeros(ROOM, np.float32), (ctypes.c_int * 4)()
    trains, counts, evidence = np.zeros((WAYS, ROOM)), (ctypes.c_int * WAYS)(), np.zeros((WAYS, EVIDENCE + 2))
    p, d = lambda a: a.ctypes.data_as(FLOATS), lambda a: a.ctypes.data_as(DOUBLES)
    k = S.library().fhnet_beats(leads, n, ctypes.c_double(fs), p(uv), method, p(odds), len(odds), ctypes.c_float(present), d(out),
                                p(confidence), ROOM, told, d(trains), counts, d(evidence))
    if k < 0:
        raise ValueError(f"status {-k}")
    return out[:k], told[0], told[1], [trains[w, :counts[w]] for w in range(WAYS)], evidence


def f1(reference, found):
    i = j = hits = 0
    while i < len(reference) and j < len(found):
        d = found[j] - reference[i]
        hits, i, j = hits + (abs(d) <= 0.05), i + (d >= -0.05), j + (d <= 0.05)
    return 2 * hits / max(1, len(reference) + len(found))


_net = None


def minute(job):
    global _net
    weights, seed = job
    if _net is None:
        torch.set_num_threads(1)
        _net = FHNet()
        _net.load_state_dict(torch.load(weights, weights_only=True))
        _net.eval()
    made = S.recording(seed)
    uv = np.ascontiguousarray(made["uv"], np.float32)
    x = network_input(uv, S.FS)
    if x is None:
        return []
    odds, present = infer(_net, x)
    _, _, classical, trains, evidence = beats(uv, S.FS, odds, present)
    return [(seed, w, len(x), f1(made["fpeaks"], t) if made["has_fetus"] else 0.0, made["has_fetus"], classical, evidence[w])
            for w, t in enumerate(trains) if len(t) >= 4]


SIGN = dict(network=1, odds=1, separation=1, uncovered=-1, lock=-1, few=-1, present=1)  # no evidence counts backwards
# Not fitted: simulated hearts are steadier than real ones, and a fit leans on that three times as much.
HELD = {"jitter": -5.0}


def fit(e, label, penalty=3e-3):
    """Logistic regression on standardised evidence, back in its own units."""
    held = np.array([HELD.get(n, 0.0) for n in NAMES])
    free = np.array([n not in HELD for n in NAMES])
    mean, sd = e.mean(0), e.std(0) + 1e-9
    z, offset = np.c_[(e - mean)[:, free] / sd[free], np.ones(len(e))], e @ held

    def loss(w):
        v = z @ w + offset
        return np.mean(np.logaddexp(0, v) - label * v) + penalty * (w[:-1] ** 2).sum(), z.T @ (1 / (1 + np.exp(-v)) - label) / len(v) + 2 * penalty * np.r_[w[:-1], 0]
    bounds = [(0, None) if SIGN[n] > 0 else (None, 0) for n in np.array(NAMES)[free]] + [(None, None)]
    w = minimize(loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds).x
    held[free] = w[:-1] / sd[free]
    return held, w[-1] - (w[:-1] * mean[free] / sd[free]).sum()


def report(rows, w, b):
    by = {}
    for r in rows:
        by.setdefault(r[0], []).append(r)
    chosen, odds_of, best, classical, without = [], [], [], [], []
    for trains in by.values():
        odds = [r[6][:EVIDENCE] @ w + b - 10 * r[6][EVIDENCE + 1] for r in trains]
        top = trains[int(np.argmax(odds))]
        if top[4]:
            chosen.append(top[3])
            odds_of.append(max(odds))
            best.append(max(r[3] for r in trains))
            classical.append(max([r[3] for r in trains if r[1] == 5 and r[5]], default=0))
        else:
            without.append(max(odds))
    chosen, odds_of, without = np.array(chosen), np.array(odds_of), np.array(without)
    print("log odds that the classical stage's belief adds  F1 of the chosen, all  where it believes (minutes)  of these F1 < 0.8")
    for more in (0, 0.3, 1, 2, 3, 5, 10):
        f, told = [], []
        for trains in by.values():
            if trains[0][4]:
                odds = [r[6][:EVIDENCE] @ w + b - 10 * r[6][EVIDENCE + 1] + more * (r[1] == 5 and r[5]) for r in trains]
                f.append(trains[int(np.argmax(odds))][3])
                told.append(bool(trains[0][5]))
        f, told = np.array(f), np.array(told)
        print(f"{more:48.1f} {f.mean():22.4f} {f[told].mean():19.4f} ({told.sum()}) {(f[told] < 0.8).mean():14.3f}")
    print(f"minutes with a fetus {len(chosen)}: F1 of the best train {np.mean(best):.4f}, of the chosen {chosen.mean():.4f}; classical {np.mean(classical):.4f}")
    print(f"minutes without a fetus {len(without)}: highest log odds {np.sort(without)[-5:].round(2)}")
    print("threshold  F1 with what is believed  believed  of these F1 < 0.8  believed without a fetus")
    for t in (-1.5, -1, -0.75, -0.5, 0, 0.5):
        told = odds_of > t
        print(f"{t:9.2f} {np.mean(chosen * told):25.4f} {told.mean():9.3f} {(chosen[told] < 0.8).mean():18.3f} {(without > t).sum():25d}")


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("weights")
    a.add_argument("--minutes", type=int, default=300)
    a.add_argument("--workers", type=int, default=1)
    a.add_argument("--keep", type=Path)
    o = a.parse_args()
    if o.keep and o.keep.exists():
        rows = pickle.loads(o.keep.read_bytes())
    else:
        with Pool(o.workers) as pool:
            rows = [r for found in pool.imap_unordered(minute, [(o.weights, 600_000 + i) for i in range(o.minutes)]) for r in found]
    if o.keep and not o.keep.exists():
        o.keep.write_bytes(pickle.dumps(rows))
    e, label = np.array([r[6][:EVIDENCE] for r in rows]), np.array([r[3] for r in rows])
    free = np.array([r[6][EVIDENCE + 1] == 0 for r in rows])
    w, b = fit(e[free], label[free] ** 4)   # a train that is half right is not right
    print("JUDGE[] = {" + ", ".join(f"{v:.3f}" for v in w) + f"}}, JUDGE_BIAS = {b:.3f};  /* {', '.join(NAMES)} */")
    report(rows, w, b)


if __name__ == "__main__":
    main()
