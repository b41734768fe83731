"""Writes tests/data/net_vectors.safetensors: what PyTorch gives for every layer of the engine's runtime, and for the whole
network with weights of a formula that the C tests know too (tests/c/net_file.h). Run it after a change of model.py.

  python models/fhnet/vectors.py [OUT]            the vectors
  python models/fhnet/vectors.py --weights OUT    the formula's weights, for the benchmark
"""
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
from model import CHANNELS, WINDOW, FHNet, GraphAttention, gelu
from weights import pack


def formula(name, count):
    """count numbers in [-1, 1): a hash (MurmurHash3's last step) of the index and the name's FNV-1a hash."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 & 0xFFFFFFFF
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(seed)
        h = (h ^ h >> np.uint32(16)) * np.uint32(0x85EBCA6B)
        h = (h ^ h >> np.uint32(13)) * np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return (h >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-23) - np.float32(1)


def fill(module, prefix=""):
    """Weights of the formula, of a size that keeps the variance from layer to layer."""
    for name, p in module.named_parameters():
        u = torch.from_numpy(formula(prefix + name, p.numel())).view(p.shape)
        norm = "norm" in name.split(".")[-2] if "." in name else isinstance(module, nn.LayerNorm)
        with torch.no_grad():
            if p.dim() > 1:
                fan_in = p.shape[0] * 2 if name in ("up1.weight", "up2.weight", "up3.weight") else p[0].numel()
                p.copy_(u * float(np.sqrt(np.float32(3) / np.float32(fan_in))))
            elif norm and name.endswith("weight"):
                p.copy_(1 + u * 0.125)
            else:
                p.copy_(u * 0.125)
    return module.eval()


def fhnet():
    return fill(FHNet())


def window(leads):
    """(1, leads, 3, 1000) of the formula, in [-2, 2)."""
    return torch.from_numpy(formula(f"input{leads}", leads * CHANNELS * WINDOW) * np.float32(2)).view(1, leads, CHANNELS, WINDOW)


def layers(out):
    torch.manual_seed(1)

    def keep(name, module, **tensors):
        for key, p in (module.state_dict() if module else {}).items():
            out[f"{name}.{key}"] = p
        for key, x in tensors.items():
            out[f"{name}.{key}"] = x

    linear, x, add = nn.Linear(20, 12), torch.randn(9, 20), torch.randn(9, 12)
    keep("linear", linear, x=x, y=linear(x), add=add, sum=gelu(linear(x) + add))
    for stride, taps, width in ((1, 5, 6), (2, 9, 4), (2, 15, 3)):
        conv, x = nn.Conv1d(width, 10, taps, stride=stride, padding=taps // 2), torch.randn(1, width, 40)
        keep(f"conv{taps}", conv, x=x[0].T, y=gelu(conv(x))[0].T)
    for name, width, n in (("up", 8, 12), ("up_narrow", 8, 2)):
        up, x, add = nn.ConvTranspose1d(width, n, 4, stride=2, padding=1), torch.randn(1, width, 15), torch.randn(30, n)
        keep(name, up, x=x[0].T, y=up(x)[0].T, add=add, sum=gelu(up(x)[0].T + add))
    norm, x = nn.LayerNorm(16), torch.randn(5, 16) * 3 + 1
    nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
    keep("norm", norm, x=x, y=norm(x))
    x = torch.cat([torch.linspace(-12, 12, 97), torch.tensor([-1e4, -80.0, 80.0, 1e4])])
    keep("gelu", None, x=x, y=gelu(x))
    convs = nn.ModuleList(nn.Conv1d(16, 16, k, padding=k // 2, groups=16) for k in (3, 5, 9))
    x = torch.randn(1, 16, 23)
    keep("depthwise", convs, x=x[0].T, y=gelu(sum(c(x) for c in convs))[0].T)
    for rows in (41, 125):  # heads of 8: one shorter than a panel's multiple, one as in the network
        qkv = torch.randn(rows, 48) * 1.5
        q, k, v = qkv.view(1, rows, 3, 2, 8).permute(2, 0, 3, 1, 4)
        keep(f"attention{rows}", None, qkv=qkv, y=F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(rows, 16))
    for leads, there in ((1, [1]), (4, [1, 0, 1, 1]), (5, [0, 1, 1, 1, 1]), (7, [1] * 7)):
        graph, x = GraphAttention(16, 2), torch.randn(1, 6, leads, 16)
        y, edge = graph(x, torch.tensor([there]))
        keep(f"graph{leads}", graph, x=x[0].transpose(0, 1), y=y[0].transpose(0, 1), edge=edge[0], there=torch.tensor(there).float())
        score = torch.randn(16)
        a = (x @ score).masked_fill(torch.tensor([there])[:, None] == 0, -1e9).softmax(2)
        keep(f"pool{leads}", None, query=score, x=x[0].transpose(0, 1), y=(a[..., None] * x).sum(2)[0], weight=a[0])


def network(out):
    net = fhnet()
    for leads, there in ((4, [1, 1, 1, 1]), (4, [1, 0, 1, 1]), (1, [1]), (32, [1] * 20 + [0] * 12)):
        y = net(window(leads), torch.tensor([there]))
        name = f"fhnet{leads}" + ("" if all(there) else "masked")
        out[name + ".state"] = torch.stack([y["present"][0], y["quality"][0]])
        for key in ("fqrs", "mqrs", "fetal", "maternal", "lead_weight", "edge"):
            flat = y[key][0].flatten()
            out[f"{name}.{key}"] = flat[:: max(1, flat.numel() // 500)]  # the C test takes the same ones


if __name__ == "__main__":
    if sys.argv[1:2] == ["--weights"]:
        Path(sys.argv[2]).write_bytes(pack(fhnet().state_dict(), "formula"))
    else:
        out = {}
        with torch.no_grad():
            layers(out)
            network(out)
        path = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "tests/data/net_vectors.safetensors")
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({k: v.float().contiguous().clone() for k, v in out.items()}, path)
        print(path, path.stat().st_size)
