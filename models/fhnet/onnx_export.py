"""Writes FHNet as ONNX, for the benchmark's peers: windows of four leads, every output that the engine gives.

  python models/fhnet/onnx_export.py OUT.onnx [--weights FILE.safetensors]     without weights: those of vectors.py
"""
import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
from model import FHNet
from vectors import fhnet, window
from weights import unpack

LEADS = 4
OUTPUTS = ["fqrs", "mqrs", "fetal", "maternal", "present", "quality", "lead_weight", "edge"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--weights")
    a = parser.parse_args()
    net = fhnet()
    if a.weights:
        net = FHNet().eval()
        net.load_state_dict({k: w for k, w in unpack(a.weights).items() if not k.startswith("refine.")})

    class Tuple(torch.nn.Module):
        def forward(self, x, mask):
            y = net(x, mask)
            return tuple(y[k] for k in OUTPUTS)

    torch.onnx.export(Tuple().eval(), (window(LEADS), torch.ones(1, LEADS)), a.out, input_names=["x", "mask"], output_names=OUTPUTS,
                      dynamo=True, external_data=False, optimize=True, verbose=False)


if __name__ == "__main__":
    main()
