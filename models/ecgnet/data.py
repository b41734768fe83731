"""The recordings that ECGNet learns from and is judged on, ../../../shared/data/adult: signals, labels, splits.

Targets are in the order of OUTPUTS; NaN = unknown, which no loss and no figure counts.
  dx12      12 leads; folds 1 to 8 train, 0 trains only, 9 tests. `abnormal` is "not NORM": a record with no class (T waves
            that are not diagnostic, ischaemia, a pacemaker) is abnormal all the same. Of a paced record rhythm and conduction
            are unknown, of atrial flutter whether it is AF.
  mitdb     two leads, split by record. Beats outside sinus rhythm are an arrhythmia, bundle branch block and pre-excitation
            conduction, AFIB is AF; a rate outside 60 to 100 per minute leaves the arrhythmia unknown where beats are normal.
  cinc2017  one lead, taken as I; a tenth of the records tests, by a hash of their names. A is AF, N and O are not; of the
            arrhythmia nothing is known, as N may be slow or fast; ~ is noise, which augmentation adds.
Rhythm data say nothing of `abnormal`: a normal rhythm may have an abnormal wave.
"""
import csv
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from model import OUTPUTS

ADULT = Path(__file__).resolve().parents[3] / "shared" / "data" / "adult"
FS = 100
STANDARD = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
MITDB_LEADS = {"MLII": 1, "V1": 6, "V2": 7, "V4": 9, "V5": 10}
# Of the records with AF, sorted (201 202 203 210 217 219 221 222; 201 and 202 are one man), the third and sixth test; of the
# others every fourth, from the second on.
MITDB_TEST = ("101", "106", "111", "115", "119", "124", "203", "207", "213", "219", "228", "233")
TEST, VALIDATION = 9, 8                    # folds

# Statements of the sources' codes, taught beside the outputs and not shipped.
STATEMENTS = dict(
    af=r"AFIB|164889003|Rhythms=Atrial fibrillation",
    flutter=r"AFLT|164890007|Atrial flutter",
    slow=r"SBRAD|426177001|426627000|Sinus bradycardia",
    fast=r"STACH|427084000|Sinus tachycardia",
    ventricular=r"PVC|BIGU|TRIGU|427172004|17338001|164884008|11157007|Ventricular extrasystole",
    atrial=r"PAC|284470004|Atrial extrasystole|SVARR",
    av=r"[123]AVB|LPR|270492004|164947007|195042002|27885002|av-block",
    left_block=r"LBBB|164909002|733534002|left bundle branch block",
    right_block=r"CRBBB|59118001|713427006|Complete right bundle",
    right_delay=r"IRBBB|713426002|Incomplete right bundle",
    fascicle=r"LAFB|LPFB|445118002|445211001|hemiblock",
    delay=r"IVCD|698252002",
    left_large=r"(?<!VC)LVH|164873001|55827005|Left ventricular hypertrophy",
    atria_large=r"LAO|RAO|253352002|446358003|446813000|67751000119106|atrial (overload|hypertrophy)",
    right_large=r"RVH|89792004|Right ventricular (overload|hypertrophy)",
    inferior=r"(?<!S)IMI|ILMI|IPMI|IPLMI|(Stemi|Scar formation): inferior",
    anterior=r"AMI|ASMI|ALMI|(Stemi|Scar formation): (ante|sept)",
    st=r"STD_|STE_|ISC_|ISCA|ISCI|INJ|55930002|429622005|164931005|164861001|Ischemia",
    t=r"NDT|NT_|INVT|TAB_|164934002|59931005|428750005|Non-specific repol",
    low=r"LVOLT|251146004",
    left_axis=r"39732003|axis of the heart: left|horizontal",
    paced=r"PACE|10370003|Pacemaker",
)


@dataclass
class Recordings:
    name: str
    uv: np.ndarray                          # (n, leads, 1000) float32
    which: np.ndarray                       # (n, leads) standard lead of each row
    target: np.ndarray                      # (n, len(OUTPUTS)) 0, 1, NaN
    fold: np.ndarray                        # (n,) 0 to 9
    source: np.ndarray                      # (n,)
    statement: np.ndarray                   # (n, len(STATEMENTS)) 0, 1, NaN
    rows: list = field(default_factory=list)


def _load(path, shape):
    return np.fromfile(path, "<i2").reshape(shape)


def _fold_of(name):
    """0 to 9 by a hash of the record's name: 9 tests, 8 is held out where something is chosen."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10


def dx12(folder=ADULT):
    rows = list(csv.DictReader((folder / "dx12_100hz.csv").open()))
    uv = _load(folder / "dx12_100hz.i16", (len(rows), 1000, 12)).transpose(0, 2, 1).astype(np.float32)
    statement = np.array([[float(bool(re.search(p, r["codes"]))) for p in STATEMENTS.values()] for r in rows])
    known = dict(zip(STATEMENTS, statement.T))
    label = lambda c: np.array([float(r[c]) for r in rows])
    paced = known["paced"] == 1
    unless = lambda v, hidden: np.where(hidden & (v == 0), np.nan, v)
    target = np.stack([1 - label("NORM"), unless(label("ARR"), paced), unless(label("CD"), paced), label("MI"), label("HYP"),
                       unless(known["af"], (known["flutter"] == 1) | paced)], 1)
    return Recordings("dx12", uv, np.tile(np.arange(12), (len(rows), 1)), target, np.array([int(r["fold"]) for r in rows]),
                      np.array([r["source"] for r in rows]), statement, rows)


def mitdb(folder=ADULT / "mitdb"):
    rows = list(csv.DictReader((folder / "mitdb_100hz.csv").open()))
    uv = _load(folder / "mitdb_100hz.i16", (len(rows), 1000, 2)).transpose(0, 2, 1).astype(np.float32)
    which = np.array([[MITDB_LEADS[name] for name in r["leads"].split("/")] for r in rows])
    target = np.full((len(rows), len(OUTPUTS)), np.nan)
    o = {name: i for i, name in enumerate(OUTPUTS)}
    for i, r in enumerate(rows):
        beats, rhythm, times = set(r["beat_symbols"]), r["rhythm"], [float(t) for t in r["beat_times_s"].split()]
        rate = 60 * (len(times) - 1) / (times[-1] - times[0]) if len(times) > 2 else np.nan
        paced = bool(beats & set("/fQ")) or rhythm == "(P"
        if not paced:
            if beats & set("VAFJajEe!") or rhythm not in ("(N", "(BII", "(PREX"):
                target[i, o["arrhythmia"]] = 1
            elif 60 <= rate <= 100 and rhythm == "(N":
                target[i, o["arrhythmia"]] = 0
            target[i, o["conduction"]] = float(bool(beats & set("LR")) or rhythm in ("(BII", "(PREX"))
        target[i, o["af"]] = {"(AFIB": 1.0, "(AFL": np.nan, "(SVTA": np.nan}.get(rhythm, 0.0)
    others = sorted({r["record"] for r in rows} - set(MITDB_TEST))
    validation = set(others[1::5]) | {"221"}
    fold = np.array([TEST if r["record"] in MITDB_TEST else VALIDATION if r["record"] in validation else 1 for r in rows])
    return Recordings("mitdb", uv, which, target, fold, np.full(len(rows), "mitdb"), np.full((len(rows), len(STATEMENTS)), np.nan), rows)


def cinc2017(folder=ADULT / "cinc2017"):
    rows = list(csv.DictReader((folder / "cinc2017_100hz.csv").open()))
    uv = _load(folder / "cinc2017_100hz.i16", (len(rows), 1, 1000)).astype(np.float32)
    target = np.full((len(rows), len(OUTPUTS)), np.nan)
    target[:, OUTPUTS.index("af")] = [{"A": 1.0, "N": 0.0, "O": 0.0, "~": np.nan}[r["label"]] for r in rows]
    return Recordings("cinc2017", uv, np.zeros((len(rows), 1), int), target, np.array([_fold_of(r["record"]) for r in rows]),
                      np.array(["cinc2017"] * len(rows)), np.full((len(rows), len(STATEMENTS)), np.nan), rows)


def simulated(path):
    """What simulated.py made; all of it trains."""
    z = np.load(path)
    n = len(z["uv"])
    return Recordings("simulated", z["uv"].astype(np.float32), np.tile(np.arange(12), (n, 1)), z["target"], np.zeros(n, int),
                      np.full(n, "simulated"), z["statement"])


def noise(cinc):
    """Windows that their readers could not read, of training records, without baseline: (n, 1000) of unit RMS."""
    chosen = [i for i, r in enumerate(cinc.rows) if r["label"] == "~" and cinc.fold[i] < VALIDATION]
    x = cinc.uv[chosen, 0]
    x = x - np.stack([np.convolve(np.pad(row, 50, "edge"), np.full(101, 1 / 101), "valid") for row in x])
    rms = np.sqrt((x ** 2).mean(1, keepdims=True))
    return (x / np.maximum(rms, 1)).astype(np.float32)[rms[:, 0] > 1]
