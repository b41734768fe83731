"""Simulated minutes through the engine's own simulator and classical front end, as training material.

  python simulated.py OUT --minutes 3000 --first-seed 1000000 --workers 2

Each minute is one woman: montage, levels, rates, scenario and added noise drawn from its seed. A shard holds a list of
dicts of float16 arrays at 250 Hz:
  x (L, 3, m) network input;  fetal, maternal (L, m) asinh(uV / scale) of the true parts;  scale (L, 2) uV
  fpeaks, mpeaks seconds;  has_fetus;  quality: fetal level over what else is left, in units of 10 dB
Seeds from 1,000,000 on are for training, 500,000 on for choosing, below 100,000 for figures.
"""
import argparse
import ctypes
import os
import pickle
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfilt

ROOT = Path(__file__).resolve().parents[2]
BRIDGE = Path(os.environ.get("FHNET_BRIDGE", ROOT / "build" / "native" / "libfhnet_bridge.so"))
FS = 1000
SCENARIOS = {"normal": 0.50, "no-fetus": 0.12, "adult": 0.03, "tachy": 0.06, "brady": 0.06, "decelerations": 0.06,
             "ectopic": 0.05, "motion": 0.06, "electrode-loss": 0.02, "gaps": 0.03, "twins": 0.01}
LEADS = {1: 0.34, 2: 0.24, 3: 0.10, 4: 0.24, 5: 0.04, 8: 0.04}


class Options(ctypes.Structure):
    _fields_ = [("seed", ctypes.c_uint64), ("seconds", ctypes.c_double), ("fs", ctypes.c_double), ("leads", ctypes.c_int),
                ("snr_db", ctypes.c_double), ("fm_ratio_db", ctypes.c_double), ("fhr_bpm", ctypes.c_double),
                ("mhr_bpm", ctypes.c_double), ("scenario", ctypes.c_char_p)]


_library = None


def library():
    global _library
    if _library is None:
        _library = ctypes.CDLL(str(BRIDGE))
        _library.fecg_sim_beats.restype = ctypes.POINTER(ctypes.c_double)
    return _library


def _rows(a):
    kind = ctypes.POINTER(ctypes.c_float)
    return (kind * len(a))(*(row.ctypes.data_as(kind) for row in a))


def simulate(seed, seconds, leads, scenario, snr_db, fm_ratio_db, fhr_bpm, mhr_bpm):
    """fetal, maternal, noise (leads, n) float32 uV at 1 kHz, and both hearts' beats in seconds."""
    lib = library()
    o = Options(seed, seconds, FS, leads, snr_db, fm_ratio_db, fhr_bpm, mhr_bpm, scenario.encode())
    handle = ctypes.c_void_p()
    status = lib.fecg_sim_create(ctypes.byref(o), ctypes.byref(handle))
    if status:
        raise ValueError(f"simulator: status {status} for seed {seed}")
    n = int(seconds * FS)
    parts = [np.zeros((leads, n), np.float32) for _ in range(3)]
    at = 0
    while at < n:
        count = ctypes.c_size_t(n - at)
        views = [_rows([row[at:] for row in p]) for p in parts]
        lib.fecg_sim_read(handle, *views, ctypes.byref(count))
        if count.value == 0:
            break
        at += count.value
    beats = []
    for heart in (0, 1):
        count = ctypes.c_size_t()
        p = lib.fecg_sim_beats(handle, heart, ctypes.byref(count))
        beats.append(np.array([p[i] for i in range(count.value)]))
    lib.fecg_sim_destroy(handle)
    return *parts, *beats


def front(uv, fetal, maternal):
    """The network's input and the clean parts after the front end; None where no lead can be used."""
    leads, n = uv.shape
    m = n // 4
    x = np.zeros((leads, 3, m), np.float32)
    f, mat = np.zeros((leads, m), np.float32), np.zeros((leads, m), np.float32)
    scale = np.zeros((leads, 2), np.float32)
    usable = (ctypes.c_int * 32)()
    p = lambda a: np.ascontiguousarray(a, np.float32).ctypes.data_as(ctypes.POINTER(ctypes.c_float))
    uv, fetal, maternal = (np.ascontiguousarray(a, np.float32) for a in (uv, fetal, maternal))
    k = library().fhnet_front(leads, n, ctypes.c_double(FS), p(uv), p(fetal), p(maternal), p(x), p(f), p(mat), p(scale), usable)
    if k <= 0:
        return None
    return x.reshape(-1)[: k * 3 * m].reshape(k, 3, m), f[:k], mat[:k], scale[:k]


def qrs_level(fetal, beats):
    """RMS within 50 ms of the beats, each lead."""
    at = (beats[(beats > 0.1) & (beats < fetal.shape[1] / FS - 0.1)] * FS).astype(int)
    if len(at) == 0:
        return np.zeros(len(fetal))
    index = at[:, None] + np.arange(-50, 51)
    return np.sqrt((fetal[:, index] ** 2).mean((1, 2)))


def muscle(seed, leads, n):
    """The simulator's noise above 15 Hz, (leads, n)."""
    _, _, noise, _, _ = simulate(seed, n / FS, leads, "normal", 0, -14, 140, 80)
    sos = butter(2, 15, "high", fs=FS, output="sos")
    return sosfilt(sos, sosfilt(sos, np.nan_to_num(noise), axis=1), axis=1)


def recording(seed, seconds=60, leads=None, scenario=None, snr_db=None, fm_ratio_db=None, muscle_db=None, common_reference=0.0):
    """One woman's recording, uV at 1 kHz, and its parts; what is not given is drawn from the seed."""
    r = np.random.default_rng(seed)
    pick = lambda d: str(r.choice(list(d), p=np.array(list(d.values())) / sum(d.values())))
    drawn = dict(scenario=pick(SCENARIOS), leads=int(pick(LEADS)), snr=r.uniform(-4, 20), fm=r.uniform(-26, -2),
                 fhr=r.choice([r.uniform(110, 165), r.uniform(62, 215)], p=[0.6, 0.4]), mhr=r.uniform(52, 125),
                 muscle=r.uniform(-9, 12) if r.random() < 0.6 else None)
    scenario, leads = scenario or drawn["scenario"], leads or drawn["leads"]
    if scenario == "tachy":
        drawn["fhr"] = r.uniform(165, 210)
    if scenario == "brady":
        drawn["fhr"] = r.uniform(62, 108)
    fetal, maternal, noise, fbeats, mbeats = simulate(
        seed, seconds, leads, scenario, drawn["snr"] if snr_db is None else snr_db,
        drawn["fm"] if fm_ratio_db is None else fm_ratio_db, drawn["fhr"], drawn["mhr"])
    has_fetus = scenario not in ("no-fetus", "adult")
    level = qrs_level(fetal, fbeats) if has_fetus else np.full(leads, 10 ** r.uniform(0.3, 1.3))
    db = drawn["muscle"] if muscle_db is None else muscle_db
    if db is not None and np.isfinite(db) and (level > 0).all():
        added = muscle(seed + 2 ** 32, leads, fetal.shape[1])
        now = np.mean(20 * np.log10(level / np.sqrt((added ** 2).mean(1))))
        noise = noise + (10 ** ((now - db) / 20) * added).astype(np.float32)
    if r.random() < common_reference and leads > 1:   # one noisy electrode under all leads: near copies of each other
        shared = muscle(seed + 2 ** 33, 1, fetal.shape[1])
        loud = level.mean() * 10 ** (r.uniform(6, 26) / 20) / np.sqrt((shared ** 2).mean())
        noise = noise + (loud * shared).astype(np.float32)
        maternal = maternal + np.float32(r.uniform(0, 3)) * maternal[:1]
    return dict(uv=fetal + maternal + noise, fetal=fetal, maternal=maternal, fpeaks=fbeats if has_fetus else np.zeros(0),
                mpeaks=mbeats, has_fetus=has_fetus, seed=seed, scenario=scenario)


def minute(seed, common_reference=0.2, **given):
    """The same as the network sees it, with its targets; None where no lead can be used."""
    made = recording(seed, common_reference=common_reference, **given)
    seen = front(made["uv"], made["fetal"], made["maternal"])
    if seen is None:
        return None
    x, f, m, scale = seen
    rest = np.sqrt(np.mean(f ** 2, 1)) / scale[:, 1]
    kept = {k: made[k] for k in ("fpeaks", "mpeaks", "has_fetus", "seed", "scenario")}
    return dict(kept, x=x.astype(np.float16), fetal=np.arcsinh(f / scale[:, 1:]).astype(np.float16),
                maternal=np.arcsinh(m / scale[:, :1]).astype(np.float16), scale=scale,
                quality=float(2 * np.log10(rest.max() + 1e-3)))


def _shard(job):
    path, seeds = job
    if path.exists():
        return path
    made = [m for m in map(minute, seeds) if m is not None]
    part = path.with_suffix(".part")
    part.write_bytes(pickle.dumps(made))
    part.rename(path)
    return path


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("out", type=Path)
    a.add_argument("--minutes", type=int, default=3000)
    a.add_argument("--first-seed", type=int, default=1_000_000)
    a.add_argument("--workers", type=int, default=2)
    o = a.parse_args()
    o.out.mkdir(parents=True, exist_ok=True)
    size = 25
    end = o.first_seed + o.minutes
    jobs = [(o.out / f"{s}.pkl", range(s, min(s + size, end))) for s in range(o.first_seed, end, size)]
    with Pool(o.workers) as pool:
        for i, _ in enumerate(pool.imap_unordered(_shard, jobs)):
            print(f"{min((i + 1) * size, o.minutes)} of {o.minutes} minutes", flush=True)


if __name__ == "__main__":
    main()
