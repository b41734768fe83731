"""Writes tests/data/ecgnet_vectors.safetensors: what PyTorch gives for CBAM and for the whole network, with weights of the
formula of models/fhnet/vectors.py, which the C tests know too (tests/c/net_file.h). Run it after a change of model.py.

  python models/ecgnet/vectors.py [OUT]            the vectors
  python models/ecgnet/vectors.py --weights OUT    the formula's weights, for the benchmark
"""
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

sys.path.append(str(Path(__file__).resolve().parents[1]))
from fhnet.vectors import fill, formula  # noqa: E402
from fhnet.weights import pack  # noqa: E402

from ecgnet.model import CBAM, LEADS, MEASURES, WINDOW, ECGNet, gelu  # noqa: E402


def ecgnet():
    net = fill(ECGNet())
    net.measure_mean.copy_(torch.from_numpy(formula("measure_mean", MEASURES) * np.float32(0.125)))
    net.measure_scale.copy_(torch.from_numpy(1 + formula("measure_scale", MEASURES) * np.float32(0.125)))
    return net


def window():
    """(1, LEADS, WINDOW) of the formula, in [-2, 2)."""
    return torch.from_numpy(formula("input", LEADS * WINDOW) * np.float32(2)).view(1, LEADS, WINDOW)


def measures():
    """(1, MEASURES) of the formula, in [-6, 6): some go beyond the limit."""
    return torch.from_numpy(formula("measured", MEASURES) * np.float32(6)).view(1, MEASURES)


def known(every):
    """(1, MEASURES): 1 where the index is a multiple of `every`; none for 0."""
    return torch.tensor([[float(every > 0 and i % max(every, 1) == 0) for i in range(MEASURES)]])


def cbam(out):
    torch.manual_seed(1)
    for width, rows in ((8, 3), (16, 23), (64, 125)):
        gates, x = CBAM(width), gelu(torch.randn(1, width, rows) * 2)
        for key, p in gates.state_dict().items():
            out[f"cbam{width}.{key}"] = p
        out[f"cbam{width}.x"], out[f"cbam{width}.y"] = x[0].T, gates(x)[0].T


def network(out):
    net = ecgnet()
    for name, leads, every in (("12", range(LEADS), 1), ("3", (0, 6, 10), 2), ("1", (1,), 3), ("unmeasured", range(LEADS), 0)):
        mask = torch.tensor([[int(l in leads) for l in range(LEADS)]])
        k = known(every)
        y = net(window(), mask, measures() * k, k)
        out[f"{name}.logits"] = y["logits"][0]
        out[f"{name}.lead_weight"] = y["lead_weight"][0]
        out[f"{name}.time_weight"] = y["time_weight"][0]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--weights"]:
        Path(sys.argv[2]).write_bytes(pack(ecgnet().state_dict(), "formula", architecture="ecgnet"))
    else:
        out = {}
        with torch.no_grad():
            cbam(out)
            network(out)
        path = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "tests/data/ecgnet_vectors.safetensors")
        save_file({k: v.float().contiguous().clone() for k, v in out.items()}, path)
        print(path, path.stat().st_size)
