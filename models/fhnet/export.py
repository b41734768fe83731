"""Weights of a run as the file that the engine loads, with the waveform refinement's beside them.

  python export.py RUN/weights.pt fhnet.safetensors --name fhnet-1 [--refine refine.safetensors] [--trained-on WOMAN ...]

Instead of weights.pt it may be a file of float16 or float32 weights that was exported before, to be written in another type.
Float16 on disk; the engine computes in float32, or with 16-bit integer products where --precision int16 says so.
"""
import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file

from model import FHNet
from weights import pack


def main():
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("weights", type=Path)
    a.add_argument("out", type=Path)
    a.add_argument("--name", required=True)
    a.add_argument("--refine", type=Path)
    a.add_argument("--trained-on", nargs="*", default=[], help="subjects of real recordings that the weights have seen")
    a.add_argument("--dtype", choices=["float32", "float16", "int8"], default="float16")
    a.add_argument("--precision", choices=["float32", "int16"], default="float32")
    o = a.parse_args()
    state = load_file(o.weights) if o.weights.suffix == ".safetensors" else torch.load(o.weights, weights_only=True)
    FHNet().load_state_dict({k: v for k, v in state.items() if not k.startswith("refine.")})  # names and shapes
    if o.refine:
        state |= {k if k.startswith("refine.") else f"refine.{k}": v for k, v in load_file(o.refine).items()}
    o.out.write_bytes(pack(state, o.name, o.trained_on, o.dtype, o.precision))
    print(f"{o.out}: {o.out.stat().st_size} bytes, {sum(v.numel() for v in state.values())} weights")


if __name__ == "__main__":
    main()
