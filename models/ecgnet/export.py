"""Weights of one run, or the mean of several that started from the same weights, as the file that the engine loads.

  python export.py ecgnet.safetensors RUN/weights.pt [RUN/weights.pt ...] --calibration calibration.json --name ecgnet-1

Float16 on disk, architecture "ecgnet"; the calibration as tensors calibration.scale and calibration.bias, and the threshold in
the metadata (src/net/ecgnet.h).
"""
import argparse
import json
import sys
from pathlib import Path

import torch

from model import ECGNet

sys.path.append(str(Path(__file__).resolve().parents[1]))
from fhnet.weights import pack  # noqa: E402

TRAINED_ON = ("PTB-XL", "LUDB", "CPSC2018", "CPSC-Extra", "Chapman-Ningbo", "Georgia", "PTB", "MIT-BIH Arrhythmia", "CinC 2017")


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("out", type=Path)
    a.add_argument("weights", type=Path, nargs="+")
    a.add_argument("--name", required=True)
    a.add_argument("--calibration", type=Path)
    a.add_argument("--trained-on", nargs="*", default=TRAINED_ON, help="sets of real recordings that the weights have seen")
    o = a.parse_args()
    states = [torch.load(w, weights_only=True) for w in o.weights]
    state = {k: sum(s[k] for s in states) / len(states) for k in states[0]}
    ECGNet().load_state_dict(state)  # names and shapes
    metadata = {}
    if o.calibration:
        c = json.loads(o.calibration.read_text())
        state |= {"calibration.scale": torch.tensor(c["scale"]), "calibration.bias": torch.tensor(c["bias"])}
        metadata["threshold"] = f"{c['threshold']:.4f}"
    o.out.write_bytes(pack(state, o.name, o.trained_on, architecture="ecgnet", metadata=metadata))
    print(f"{o.out}: {o.out.stat().st_size} bytes, {sum(v.numel() for v in state.values())} weights")


if __name__ == "__main__":
    main()
