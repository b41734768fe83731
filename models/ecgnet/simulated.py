"""Simulated persons in the twelve standard leads as training material, by the engine's own simulator.

  python simulated.py OUT/simulated.npz [--persons 2000] [--first-seed 3000000]

A third are healthy; the others have one finding each. What is simulated is only ever trained on.
"""
import argparse
import ctypes
from pathlib import Path

import numpy as np
from scipy.signal import decimate

import data as D
from variants import BRIDGE

FS, SECONDS = 200, 10
# Scenario: what its statement is called (data.py), None where there is none.
FINDINGS = {"sinus-brady": "slow", "sinus-tachy": "fast", "af": "af", "flutter": "flutter", "pvc": "ventricular", "pac": "atrial",
            "av-block-1": "av", "av-block-2": "av", "av-block-3": "av", "lbbb": "left_block", "rbbb": "right_block", "lafb": "fascicle",
            "infarction-anterior": "anterior", "infarction-inferior": "inferior", "infarction-lateral": None, "ischaemia": "st",
            "lvh": "left_large", "rvh": "right_large", "long-qt": None}
ARRHYTHMIA, CONDUCTION, INFARCTION, HYPERTROPHY, ABNORMAL = 1, 2, 4, 16, 32
UNTAUGHT = ("st", "t", "low", "left_axis", "atria_large", "delay", "right_delay")   # come with other findings, and are not told


class Options(ctypes.Structure):
    _fields_ = [("seed", ctypes.c_uint64), ("seconds", ctypes.c_double), ("fs", ctypes.c_double), ("leads", ctypes.c_int),
                ("snr_db", ctypes.c_double), ("fm_ratio_db", ctypes.c_double), ("fhr_bpm", ctypes.c_double),
                ("mhr_bpm", ctypes.c_double), ("scenario", ctypes.c_char_p)]


def person(library, seed, scenario, snr_db):
    """(12, 1000) uV at 100 Hz, and the simulator's classes."""
    o = Options(seed, SECONDS, FS, 12, snr_db - 14, -14, 140, 80, f"standard:{scenario}".encode())
    handle = ctypes.c_void_p()
    status = library.fecg_sim_create(ctypes.byref(o), ctypes.byref(handle))
    if status:
        raise ValueError(f"simulator: status {status} for seed {seed}")
    n = SECONDS * FS
    parts = [np.zeros((12, n), np.float32) for _ in range(3)]
    kind = ctypes.POINTER(ctypes.c_float)
    count = ctypes.c_size_t(n)
    library.fecg_sim_read(handle, *[(kind * 12)(*(row.ctypes.data_as(kind) for row in p)) for p in parts], ctypes.byref(count))
    classes = library.fecg_sim_classes(handle)
    library.fecg_sim_destroy(handle)
    return decimate(np.nan_to_num(sum(parts)), 2, axis=1), classes


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("out", type=Path)
    a.add_argument("--persons", type=int, default=2000)
    a.add_argument("--first-seed", type=int, default=3_000_000)
    o = a.parse_args()
    library = ctypes.CDLL(str(BRIDGE))
    names = list(D.STATEMENTS)
    uv, target, statement = [], [], []
    for seed in range(o.first_seed, o.first_seed + o.persons):
        r = np.random.default_rng(seed)
        scenario = "normal" if r.random() < 0.33 else str(r.choice(list(FINDINGS)))
        x, c = person(library, seed, scenario, r.uniform(12, 35))
        told = np.zeros(len(names))
        told[[names.index(n) for n in UNTAUGHT]] = np.nan if scenario != "normal" else 0
        if FINDINGS.get(scenario):
            told[names.index(FINDINGS[scenario])] = 1
        bit = lambda b: float(bool(c & b))
        uv.append(x.astype(np.float16))
        statement.append(told)
        target.append([bit(ABNORMAL), bit(ARRHYTHMIA), bit(CONDUCTION), bit(INFARCTION), bit(HYPERTROPHY),
                       np.nan if scenario == "flutter" else float(scenario == "af")])
    o.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(o.out, uv=np.stack(uv), target=np.array(target), statement=np.array(statement))
    print(f"{o.out}: {o.persons} persons")


if __name__ == "__main__":
    main()
