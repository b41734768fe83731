"""The model card, models/ecgnet/README.md, from a run's records, the weights and what was printed of them.

  node tests/eval/ecgnet.js --model models/ecgnet/ecgnet.safetensors > build/ecgnet.txt
  python card.py runs/RUN ecgnet.safetensors --calibration runs/calibration.json --evaluation build/ecgnet.txt [--ablation runs/ablation.txt]
"""
import argparse
import csv
import hashlib
import json
import struct
from pathlib import Path

HERE = Path(__file__).parent


def header(path):
    data = path.read_bytes()
    tensors = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])
    return tensors.pop("__metadata__"), tensors, hashlib.sha256(data).hexdigest(), len(data)


def quoted(path, none):
    return f"```\n{path.read_text().strip()}\n```" if path and path.exists() else none


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("run", type=Path)
    a.add_argument("weights", type=Path)
    a.add_argument("--calibration", type=Path, required=True)
    a.add_argument("--evaluation", type=Path)
    a.add_argument("--ablation", type=Path)
    o = a.parse_args()
    meta, tensors, sha256, size = header(o.weights)
    config, calibration = json.loads((o.run / "config.json").read_text()), json.loads(o.calibration.read_text())
    log = list(csv.DictReader((o.run / "log.csv").open()))
    outputs = "\n".join(f"| {k} | {v['records']} | {v['positive']} | {v['auroc']:.3f} |" for k, v in calibration["outputs"].items())
    records = ", ".join(f"{n} of {name}" for name, n in config["records"].items())
    text = f"""# {meta["name"]}

*Written by `models/ecgnet/card.py`.*

ECGNet, after FoundationalECGNet (arXiv 2509.08961): from 1 to 12 standard leads, ten seconds, to normal or abnormal, arrhythmia, conduction
disturbance, infarction, hypertrophy and atrial fibrillation. Shape: `model.py`; computation in the engine: `src/net/ecgnet.c`.
For born people, not for a fetus. Research use only; not a medical device.

| | |
| --- | --- |
| file | `{o.weights.name}`, {size:,} bytes, {len(tensors)} tensors, {config["parameters"]:,} weights of the network |
| sha256 | `{sha256}` |
| real recordings seen | {", ".join(json.loads(meta["trained_on"]))} |
| threshold of "abnormal" | {meta.get("threshold", "0.5")} |
| licence | MIT |

## Training

Records: {records}. The 823 recordings of twelve leads are split by `fold`, patient by patient: 1 to 8 train, 0 (patient unknown)
trains only, 9 tests. mitdb is split by record (tested on 101 106 111 115 119 124 203 207 213 219 228 233; the two records of one man
are on the same side), cinc2017 by a hash of the record's name. `data.py` says what each label becomes; a record of no class
(T waves that are not diagnostic, ischaemia, a pacemaker) is abnormal. Network and measurements see what the engine's own front end
makes of the recordings and of altered copies (`variants.py`): fewer leads, gain, turned axis, moved electrodes, noise, baseline.
In a batch: pieces of 4, 6 or 10 s, missing leads, flat spans, unknown measurements. 22 statements behind the labels are taught beside the outputs.
Last stage: {config["steps"]:,} steps, seed {config["seed"]}, AdamW at {config["rate"]:g} with a cosine, from the weights of a masked pre-training without labels (`pretrain.py`, 600 steps), exponential average of the weights; last loss
{float(log[-1]["loss"]):.3f}. What came before and what was chosen on the way: `runs/NOTES.md`.

Nothing was chosen on fold 9. Calibration (Platt) and threshold come from folds 7 and 8, of which a run of the same recipe had
seen no label (the pre-training, which has none, had seen the signals), twelve leads, and, for AF, from rhythm records held out likewise; there:

| output | records | positive | AUROC |
| --- | --- | --- | --- |
{outputs}

F1 of abnormal there, at the threshold: {calibration["f1"]:.3f}.

## Figures

Through the engine as it ships, `npm run eval:ecgnet`, on records that no weight has seen.

{quoted(o.evaluation, "No recordings were at hand.")}

## What each part is worth

{quoted(o.ablation, "Not measured.")}

## Limits

- 823 recordings of twelve leads are few, and the tables above show how far that leads. Fold 9 is easier than the rest: the height of T
  in lead I alone gives 0.88 there and 0.76 on folds 1 to 8, where a run that had not seen them reached the smaller figures of the
  calibration's table. Expect those of a new hospital, or less.
- After 400 steps, most of what is known comes from the measurements; without any one of graph, CBAM, transformer or a stage of
  the denoising figures differ by no more than chance, and ten times the records brought 0.02 to 0.04 in the conditions and nothing in
  "abnormal". What the parts and more records bring after thousands of steps is not measured.
- Most hypertrophies come from LUDB, a hospital of its own: the figure without LUDB is the one to believe.
- Long and short QT are not learnt: they follow the measured QTc.
- Infarctions of PTB-XL include weak statements; of LUDB, scars and ischaemia.
- Leads that are missing cost accuracy; one lead tells rhythm, hardly more.
- Never shown to it: children, a fetus, pacing beyond a few recordings, 15 seconds and more at once (the engine averages windows).

## Data and citations

| set | licence |
| --- | --- |
| PTB-XL 1.0.3 (Wagner et al., Scientific Data 2020), through it also PTB-XL in PhysioNet/CinC 2020-21 | CC BY 4.0 |
| PTB Diagnostic ECG Database (Bousseljot et al. 1995) | ODC-BY 1.0 |
| LUDB 1.0.1 (Kalyakulina et al., IEEE Access 2020) | ODC-BY 1.0 |
| CPSC 2018 and CPSC-Extra (Liu et al. 2018), Georgia (Perez Alday et al. 2020), Chapman-Shaoxing and Ningbo (Zheng et al. 2020), by PhysioNet/CinC Challenges 2020 and 2021 (Perez Alday et al. 2020; Reyna et al. 2021) | CC BY 4.0 |
| MIT-BIH Arrhythmia Database (Moody and Mark 2001) | ODC-BY 1.0 |
| PhysioNet/CinC Challenge 2017 (Clifford et al. 2017) | ODC-BY 1.0 |
| PhysioNet (Goldberger et al., Circulation 2000) | |

FoundationalECGNet, arXiv 2509.08961: the system this follows; its weights, splits and figures are not used.
"""
    (HERE / "README.md").write_text(text)


if __name__ == "__main__":
    main()
