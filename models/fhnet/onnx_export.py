"""Writes FHNet as ONNX, for the benchmark's peers: windows of four leads, every output that the engine gives.

  python models/fhnet/onnx_export.py OUT.onnx [--weights FILE.safetensors]     without weights: those of vectors.py
"""
import argparse
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parent))
from model import FHNet
from vectors import fhnet, window

LEADS = 4
OUTPUTS = ["fqrs", "mqrs", "fetal", "maternal", "present", "quality", "lead_weight", "edge"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--weights")
    a = parser.parse_args()
    net = fhnet()
    if a.weights:
        state = load_file(a.weights)
        scale = {k[: -len(".scale")]: v for k, v in state.items() if k.endswith(".scale") and state[k[: -len(".scale")]].dtype == torch.int8}
        net = FHNet().eval()
        net.load_state_dict({k: dequantise(k, v, scale) for k, v in state.items() if not k.startswith("refine.") and k[: -len(".scale")] not in scale})

    class Tuple(torch.nn.Module):
        def forward(self, x, mask):
            y = net(x, mask)
            return tuple(y[k] for k in OUTPUTS)

    torch.onnx.export(Tuple().eval(), (window(LEADS), torch.ones(1, LEADS)), a.out, input_names=["x", "mask"], output_names=OUTPUTS,
                      dynamo=True, external_data=False, optimize=True, verbose=False)


def dequantise(name, w, scale):
    if name not in scale:
        return w.float()
    axis = 1 if name in ("up1.weight", "up2.weight", "up3.weight") else 0
    return w.float() * scale[name].view([-1 if d == axis else 1 for d in range(w.dim())])


if __name__ == "__main__":
    main()
