"""Weights as the engine reads them (src/net/model.h): a safetensors file whose header carries the sha256 of the bytes
after it. `dtype` is float32, float16 or int8; int8 keeps one scale for each output channel of a matrix."""
import hashlib
import json
import struct

import torch
from safetensors.torch import load_file, save

TRANSPOSED = ("up1.weight", "up2.weight", "up3.weight")  # (in, out, taps): the output channel is the second dimension


def int8(name, w):
    """(whole numbers, scales) of a matrix, nearest for each output channel."""
    axis = 1 if name in TRANSPOSED else 0
    others = [d for d in range(w.dim()) if d != axis]
    scale = (w.abs().amax(others) / 127).float()
    shape = [-1 if d == axis else 1 for d in range(w.dim())]
    q = torch.where(scale.view(shape) > 0, w / scale.view(shape), torch.zeros(())).round().clamp(-127, 127)
    return q.to(torch.int8), scale


def pack(state, name="", trained_on=(), dtype="float16", precision="float32", architecture="fhnet", metadata=None):
    """The file's bytes from a state_dict."""
    tensors = {}
    for key, w in state.items():
        w = w.detach().cpu().float().contiguous()
        if dtype == "int8" and w.dim() >= 2 and w.numel() > 256:
            tensors[key], tensors[key + ".scale"] = int8(key, w)
        else:
            tensors[key] = w.half() if dtype == "float16" else w
    header = dict(architecture=architecture, name=name, trained_on=json.dumps(list(trained_on)), precision=precision, **(metadata or {}))
    plain = save(tensors, header)
    data = plain[8 + struct.unpack("<Q", plain[:8])[0]:]
    return save(tensors, dict(header, sha256=hashlib.sha256(data).hexdigest()))


def unpack(path):
    """The state_dict of such a file, as float32."""
    state = load_file(path)
    for key in [k for k, w in state.items() if w.dtype == torch.int8]:
        axis = 1 if key in TRANSPOSED else 0
        scale = state.pop(key + ".scale")
        state[key] = state[key] * scale.view([-1 if d == axis else 1 for d in range(state[key].dim())])
    return {k: w.float() for k, w in state.items()}


def keep(what, path):
    """Saves so that a stop in between leaves the file of before."""
    part = path.with_suffix(".part")
    torch.save(what, part)
    part.replace(path)
