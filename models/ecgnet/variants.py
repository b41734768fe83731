"""Recordings as the network sees them: altered copies through the engine's own front end, mistakes included.

  python variants.py OUT --data dx12|mitdb|cinc2017|simulated --copies 8 [--first 1] [--front engine|plain] [--stages 3]

OUT/NAME-COPY.npz holds, for each record: x (n, 12, 1000) float16, mask (n, 12), measures and known (n, MEASURES). Copy 0 is
the recording as it is, and is what figures are made of. Later copies are drawn from the copy's number: fewer leads, gain,
turned axis and moved chest electrodes, a shorter piece, noise from windows that nobody could read, baseline, mains; leads of
rhythm data also upside down. `plain` is a high-pass filter alone, without measurements.
"""
import argparse
import ctypes
import os
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfiltfilt

import data as D
from model import LEADS, MEASURES, WINDOW

ROOT = Path(__file__).resolve().parents[2]
BRIDGE = Path(os.environ.get("ECGNET_BRIDGE", ROOT / "build" / "native" / "libecgnet_bridge.so"))
FS = D.FS
SCALE_UV = 250
SUBSETS = {12: 0.55, 8: 0.10, 6: 0.10, 3: 0.10, 2: 0.07, 1: 0.08}
_library = None


def engine(uv, which, fs=FS, stages=3):
    """x (12, 1000), mask (12,), measures and known (MEASURES,) of uv (leads, n), by src/classify/front.c."""
    global _library
    if _library is None:
        _library = ctypes.CDLL(str(BRIDGE))
    uv, which = np.ascontiguousarray(uv, np.float32), np.ascontiguousarray(which, np.int32)
    x, mask = np.zeros((LEADS, WINDOW), np.float32), np.zeros(LEADS, np.float32)
    measures, known = np.zeros(MEASURES, np.float32), np.zeros(MEASURES, np.float32)
    p = lambda a: a.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
    count = _library.ecgnet_front(len(uv), which.ctypes.data_as(ctypes.POINTER(ctypes.c_int)), ctypes.c_size_t(uv.shape[1]),
                                  ctypes.c_double(fs), p(uv), ctypes.c_uint(stages), p(x), p(mask), p(measures), p(known))
    if count < 0:
        raise ValueError(f"front end: status {-count}")
    return (x, mask, measures, known) if count else None


HIGH = butter(2, 0.5, "high", fs=FS, output="sos")


def plain(uv, which, fs=FS, stages=0):
    x, mask = np.zeros((LEADS, WINDOW), np.float32), np.zeros(LEADS, np.float32)
    x[which, :uv.shape[1]] = np.arcsinh(sosfiltfilt(HIGH, uv, axis=1) / SCALE_UV)
    mask[which] = 1
    return x, mask, np.zeros(MEASURES, np.float32), np.zeros(MEASURES, np.float32)


def turned(uv, r):
    """Twelve leads of a heart whose frontal axis is turned and whose chest electrodes sit a little elsewhere."""
    angle = r.normal(0, np.deg2rad(8))
    across, down = uv[0], (uv[1] + uv[2]) / np.sqrt(3)   # lead I, and aVF in the same unit
    i = np.cos(angle) * across - np.sin(angle) * down
    f = (np.sin(angle) * across + np.cos(angle) * down) * np.sqrt(3) / 2
    ii, iii = f + i / 2, f - i / 2
    chest = uv[6:]
    move = r.normal(0, 0.12, (6, 1))
    beside = np.where(move > 0, chest[[1, 2, 3, 4, 5, 5]], chest[[0, 0, 1, 2, 3, 4]])
    chest = (chest + np.abs(move) * (beside - chest)) * r.normal(1, 0.06, (6, 1))
    return np.concatenate([np.stack([i, ii, iii, -(i + ii) / 2, (i - iii) / 2, f]), chest]).astype(np.float32)


def leads_of(r):
    n = int(r.choice(list(SUBSETS), p=list(SUBSETS.values())))
    fixed = {12: [range(12)], 8: [(0, 1, 6, 7, 8, 9, 10, 11)], 6: [range(6), range(6, 12)], 3: [(0, 1, 2), (0, 1, 7), (1, 6, 10)],
             2: [(0, 1), (1, 6), (1, 10)], 1: [(0,), (1,), (6,), (10,)]}[n]
    return list(fixed[r.integers(len(fixed))]) if r.random() < 0.6 or n == 12 else sorted(r.choice(12, n, replace=False).tolist())


def disturbed(uv, noise, r):
    """uv with noise of 5 to 60 uV on some leads, a wandering baseline, and what mains filters leave."""
    n, t = uv.shape[1], np.arange(uv.shape[1]) / FS
    for row in uv:
        if r.random() < 0.5:
            at = r.integers(noise.shape[1] - n + 1)
            row += noise[r.integers(len(noise)), at:at + n] * np.exp(r.uniform(np.log(5), np.log(60)))
        row += r.normal(0, 100) * np.sin(2 * np.pi * r.uniform(0.1, 0.5) * t + r.uniform(0, 6.3))
        if r.random() < 0.3:
            row += r.uniform(2, 20) * np.sin(2 * np.pi * r.uniform(40, 49.9) * t)
        row += r.normal(0, r.uniform(0, 8), n)
    return uv


def altered(uv, which, twelve, noise, r):
    """(uv, which) of one altered copy."""
    if twelve:
        uv = turned(uv, r) * np.exp(r.normal(0, 0.08))
        which = np.array(leads_of(r))
        uv = uv[which]
        if r.random() < 0.4:                # some recorders give each lead a gain of its own, so that it tells the hospital
            uv *= np.exp(r.normal(0, 0.25, (len(uv), 1)))
    else:
        uv = uv * np.exp(r.uniform(np.log(0.6), np.log(1.5), (len(uv), 1))) * np.where(r.random((len(uv), 1)) < 0.25, -1, 1)
        if len(uv) > 1 and r.random() < 0.5:
            keep = r.integers(len(uv))
            uv, which = uv[[keep]], which[[keep]]
        if r.random() < 0.3:                # leads of patches and watches are not quite standard
            which = np.sort(r.choice(12, len(which), replace=False))
    if r.random() < 0.3:
        n = int(r.uniform(0.8, 1) * uv.shape[1])
        at = r.integers(uv.shape[1] - n + 1)
        uv = uv[:, at:at + n]
    uv = np.ascontiguousarray(uv, np.float32)
    return (disturbed(uv, noise, r) if r.random() < 0.6 else uv), which


def copy_of(recordings, copy, noise, front, stages):
    out = [[], [], [], []]
    for i in range(len(recordings.uv)):
        uv, which = recordings.uv[i], recordings.which[i]
        if copy:
            uv, which = altered(uv, which, recordings.uv.shape[1] == 12, noise, np.random.default_rng((copy, i)))
        seen = front(uv, which, FS, stages)
        if seen is None:                    # nothing can be read: no lead is there
            seen = np.zeros((LEADS, WINDOW)), np.zeros(LEADS), np.zeros(MEASURES), np.zeros(MEASURES)
        for column, value in zip(out, seen):
            column.append(value)
    x, mask, measures, known = (np.stack(c) for c in out)
    return dict(x=x.astype(np.float16), mask=mask.astype(np.uint8), measures=measures.astype(np.float32), known=known.astype(np.uint8))


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("out", type=Path)
    a.add_argument("--data", nargs="+", choices=["dx12", "mitdb", "cinc2017", "simulated"], default=["dx12", "mitdb", "cinc2017"],
                   help="simulated: OUT/simulated.npz, by simulated.py")
    a.add_argument("--copies", type=int, default=8)
    a.add_argument("--first", type=int, default=0)
    a.add_argument("--front", choices=["engine", "plain"], default="engine")
    a.add_argument("--stages", type=int, default=3, help="1: Morlet, 2: Daubechies, 3: both, 0: neither")
    o = a.parse_args()
    o.out.mkdir(parents=True, exist_ok=True)
    noise = D.noise(D.cinc2017()) if D.ADULT.exists() else np.random.default_rng(1).normal(size=(8, WINDOW)).astype(np.float32)
    for copy in range(o.first, o.first + o.copies):
        for name in o.data:
            path = o.out / f"{name}-{copy:03d}.npz"
            if path.exists():
                continue
            part = path.with_suffix(".part.npz")
            recordings = D.simulated(o.out / "simulated.npz") if name == "simulated" else getattr(D, name)()
            np.savez(part, **copy_of(recordings, copy, noise, {"engine": engine, "plain": plain}[o.front], o.stages))
            part.replace(path)
            print(path, flush=True)


if __name__ == "__main__":
    main()
