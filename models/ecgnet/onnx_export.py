"""Writes ECGNet as ONNX, for the benchmark's peers: one recording of twelve leads, every output that the engine gives.

  python models/ecgnet/onnx_export.py OUT.onnx [--weights FILE.safetensors]     without weights: those of vectors.py
"""
import argparse
import sys
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).resolve().parents[1]))
from ecgnet.model import LEADS, MEASURES, WINDOW  # noqa: E402
from ecgnet.vectors import ecgnet  # noqa: E402
from fhnet.weights import unpack  # noqa: E402

INPUTS = {"x": (1, LEADS, WINDOW), "mask": (1, LEADS), "measures": (1, MEASURES), "known": (1, MEASURES)}
OUTPUTS = ["logits", "lead_weight", "time_weight"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--weights")
    a = parser.parse_args()
    net = ecgnet()
    if a.weights:
        net.load_state_dict({k: w for k, w in unpack(a.weights).items() if not k.startswith("calibration.")})

    class Tuple(torch.nn.Module):
        def forward(self, *inputs):
            y = net(*inputs)
            return tuple(y[k] for k in OUTPUTS)

    torch.onnx.export(Tuple().eval(), tuple(torch.ones(size) for size in INPUTS.values()), a.out, input_names=list(INPUTS), output_names=OUTPUTS,
                      dynamo=True, external_data=False, optimize=True, verbose=False)


if __name__ == "__main__":
    main()
