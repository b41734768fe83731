"""The fetal waveform once the beats are known: attention over beats at equal phase.

What is left of a lead without the mother is laid out as beats x phase. Each beat takes, at each phase, a weighted mean
of all beats at that phase. The weights are a softmax of logits in two parts: the key u_j(p) says how far beat j can be
trusted at phase p (noise comes in bursts and with the mother's beats), the pair v_kj how alike beats k and j are (near in
time, of equal interval, of equal QRS). A shrinkage by the noise left at each phase and a gain of the beat's own follow. `src/extract/refine.c` runs the same.

  python refine.py data    DIR                    simulated minutes through the classical stage (build/native/tests/fecg_residual)
  python refine.py train   DIR OUT.safetensors    some minutes on one core; log beside it
  python refine.py compare DIR [OUT.safetensors]  R2 and RMSE/range on unseen simulated women, beside other estimates
  python refine.py vector  OUT.safetensors ../../tests/c/refine_vector.h   what tests/c/test_refine.c compares with

Seeds from 90,000 on are for training, from 100,000 on for choosing, below 1000 for figures.
"""
import json
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import torch
from scipy.signal import resample_poly
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
TOOL = Path(os.environ.get("FECG_RESIDUAL", ROOT / "build" / "native" / "tests" / "fecg_residual"))
FS = 500                           # training; the engine works at 1 kHz
BEFORE, AFTER = 0.180, 0.320       # s around the fiducial
SMOOTH = 0.020                     # s on either side: noise power
QRS = 0.060                        # s on either side of the fiducial
HIDDEN = 8
KEY, PAIR = 2, 4                   # features
PASSES = 2
EPSILON = 0.02
TRAIN, CHOOSE, FIGURES = 24, 12, 3   # minutes, minutes, women a level
SEED = 1


class Refine(nn.Module):
    def __init__(self):
        super().__init__()
        self.key = nn.Parameter(torch.tensor([-1.0, 0.0]))
        self.pair_linear = nn.Parameter(torch.tensor([-0.1, 0.0, -0.1, 0.0]))
        self.pair_hidden = nn.Linear(PAIR, HIDDEN)
        self.pair_out = nn.Parameter(torch.zeros(HIDDEN))
        self.gain = nn.Parameter(torch.tensor([0.0, 1.0, -2.0]))  # logs: for all, hold on a beat's own, weight of noise in the shrinkage

    def forward(self, rows, valid, rr, fs):
        """rows (K, T) of one lead, valid (K, T) 1 or 0, rr (K) s; gives (K, T)."""
        k, t = rows.shape
        half, zero = round(SMOOTH * fs), round(BEFORE * fs)
        qrs = slice(zero - round(QRS * fs), zero + round(QRS * fs) + 1)
        rows = rows * valid
        e = (rows.sum(0) / valid.sum(0).clamp(min=1)).expand(k, t)
        index = torch.arange(k, dtype=rows.dtype)
        apart = ((index[:, None] - index[None]).abs() / 40).clamp(max=4)
        same = torch.eye(k, dtype=rows.dtype)
        lr = rr.log()
        change = (10 * (lr[:, None] - lr[None]).abs()).clamp(max=3)
        outside = torch.ones(t, dtype=rows.dtype)
        outside[qrs] = 0
        ones = torch.ones(1, 1, 2 * half + 1, dtype=rows.dtype)
        for _ in range(PASSES):
            d = ((rows - e) ** 2 * valid)[:, None]
            count = nn.functional.conv1d(valid[:, None], ones, padding=half)
            s = (nn.functional.conv1d(d, ones, padding=half) / count.clamp(min=1))[:, 0]
            floor = EPSILON * d.sum() / valid.sum().clamp(min=1) + 1e-12
            level = (s + floor).log()
            centre = level.mean()
            own = (level * outside).sum(1) / outside.sum()       # (K) log noise of a beat outside its QRS
            x = torch.stack([level - centre, (own - centre)[:, None].expand(k, t)], -1)
            u = x @ self.key
            noise = own.exp()
            q = rows[:, qrs]
            square = (q * q).sum(1)
            d2 = (square[:, None] + square[None] - 2 * q @ q.T).clamp(min=0) / q.shape[1]
            unlike = (d2 / (noise[:, None] + noise[None])).clamp(min=1).log() * (1 - same)
            y = torch.stack([apart, change, unlike, same], -1)
            v = y @ self.pair_linear + torch.tanh(self.pair_hidden(y)) @ self.pair_out
            a, b = v.clamp(-12, 12).exp(), u.clamp(-12, 12).exp() * valid
            e = (a @ (b * rows)) / (a @ b).clamp(min=1e-12)
        error = (b * b * level.exp()).sum(0) / b.sum(0).clamp(min=1e-12) ** 2
        power = torch.stack([(e * e).mean(0), error])[:, None]
        signal, error = nn.functional.conv1d(power, ones, padding=half)[:, 0]
        shrink = signal / (signal + self.gain[2].exp() * error + 1e-12)
        q, p = rows[:, qrs], e[:, qrs] * valid[:, qrs]
        hold = (self.gain[1] + 5).exp()
        own_gain = ((p * q).sum(1) / (fs * noise) + hold) / ((p * p).sum(1) / (fs * noise) + hold)
        return e * shrink * (own_gain.clamp(0.5, 2) * self.gain[0].exp())[:, None]


def load(path):
    b = Path(path).read_bytes()
    leads, n, count, truth = np.frombuffer(b, np.int32, 4)
    at = 16 + 8 * count
    beats = np.frombuffer(b, np.float64, count, 16)
    gap = np.frombuffer(b, np.uint8, leads * n, at).reshape(leads, n)
    at += leads * n
    rest = np.frombuffer(b, np.float32, leads * n, at).reshape(leads, n)
    at += 4 * leads * n
    return beats, gap, rest, np.frombuffer(b, np.float32, leads * n, at).reshape(leads, n) if truth else None


def cut(x, beats, fs):
    """(beats, phases) of x (n), moved by windowed sinc to fractions of a sample."""
    before, taps = round(BEFORE * fs), round(BEFORE * fs) + round(AFTER * fs) + 1
    start = beats * fs - before
    whole = np.floor(start).astype(int)
    j = np.arange(-7, 9)
    far = j[None] - (start - whole)[:, None]
    h = np.sinc(far) * np.cos(np.pi * far / 18) ** 2
    h /= h.sum(1, keepdims=True)
    at = whole[:, None] + np.arange(-7, taps + 8)
    v = np.where((at >= 0) & (at < len(x)), x[np.clip(at, 0, len(x) - 1)], 0)
    return np.einsum("ktj,kj->kt", np.lib.stride_tricks.sliding_window_view(v, 16, axis=1), h).astype(np.float32)


def minute(path, seed, snr, fm, leads, fhr, mhr, scenario="normal"):
    """Rows at FS of one simulated minute, or None where the classical stage found no fetus."""
    subprocess.run([TOOL, "simulate", path, *map(str, (seed, 60, 500, leads, snr, fm, fhr, mhr, scenario))], check=True)
    beats, gap, rest, truth = load(path)
    os.remove(path)
    beats = beats[(beats > 0.3) & (beats < 59.5)]
    if len(beats) < 30:
        return None
    rr = np.diff(beats, append=2 * beats[-1] - beats[-2]).clip(0.2, 1.2)
    phase = np.arange(round(BEFORE * FS) + round(AFTER * FS) + 1) / FS - BEFORE
    domain = (phase >= -0.16) & (phase < np.minimum(rr - 0.16, AFTER)[:, None])
    rows, clean, valid = [], [], []
    for lead in range(leads):
        rows.append(cut(resample_poly(rest[lead].astype(float), 1, 2), beats, FS))
        clean.append(cut(resample_poly(truth[lead].astype(float), 1, 2), beats, FS))
        valid.append(cut(1.0 - gap[lead][::2], beats, FS) > 0.9)
    return dict(seed=seed, snr=snr, fm=fm, scenario=scenario, rows=np.array(rows), clean=np.array(clean), valid=np.array(valid),
                rr=rr.astype(np.float32), domain=domain)


def data(folder):
    folder.mkdir(parents=True, exist_ok=True)
    begin = time.time()
    for name, first, count in (("train", 90000, TRAIN), ("choose", 100000, CHOOSE)):
        rng, made, seed = np.random.default_rng(first), [], first
        if (folder / f"{name}.pt").exists():
            continue
        while len(made) < count:
            scenario = str(rng.choice(["normal", "normal", "normal", "ectopic", "motion", "decelerations", "gaps"]))
            m = minute(folder / f"minute{os.getpid()}", seed, rng.uniform(-8, 14), rng.uniform(-22, -6), int(rng.integers(1, 5)),
                       rng.uniform(95, 180), rng.uniform(60, 100), scenario)
            seed += 1
            if m is not None:
                made.append(m)
        torch.save(made, folder / f"{name}.pt")
        print(name, len(made), f"{time.time() - begin:.0f} s", flush=True)
    rng, made = np.random.default_rng(1), []
    for fm in (-10, -14, -20):
        for snr in (12, 6, 0, -6):
            for seed in range(100, 100 + FIGURES):
                m = minute(folder / f"minute{os.getpid()}", seed, snr, fm, 4, rng.uniform(115, 160), rng.uniform(65, 95))
                if m is not None:
                    made.append(m)
    torch.save(made, folder / "figures.pt")
    print("figures", len(made), f"{time.time() - begin:.0f} s", flush=True)


def each_lead(made):
    for m in made:
        for lead in range(len(m["rows"])):
            y, domain = m["clean"][lead], m["domain"] & m["valid"][lead]
            if domain.sum() > 5000 and (y[domain] ** 2).sum() > 0:
                yield m, m["rows"][lead], m["valid"][lead], y, domain


def unexplained(e, y, domain):
    mean = (y * domain).sum() / domain.sum()
    return ((e - y) ** 2 * domain).sum() / ((y - mean) ** 2 * domain).sum()


def tensors(rows, valid, rr, y, domain):
    return torch.from_numpy(rows), torch.from_numpy(valid).float(), torch.from_numpy(rr), torch.from_numpy(y), torch.from_numpy(domain).float()


def validate(net, made):
    with torch.no_grad():
        out = []
        for m, rows, valid, y, domain in each_lead(made):
            r, v, rr, y, domain = tensors(rows, valid, m["rr"], y, domain)
            out.append(float(unexplained(net(r, v, rr, FS), y, domain)))
    return float(np.mean(np.sqrt(out))), float(1 - np.median(out))


def train(folder, path, steps=600, batch=3, limit_s=240):
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    items = list(each_lead(torch.load(folder / "train.pt", weights_only=False)))
    choose = torch.load(folder / "choose.pt", weights_only=False)
    net = Refine()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    log = [f"seed {SEED} leads {len(items)} steps {steps} batch {batch} parameters {sum(p.numel() for p in net.parameters())}"]
    best, begin = (9e9, None), time.time()
    for step in range(steps + 1):
        if step % 75 == 0 or time.time() - begin > limit_s:
            root, r2 = validate(net, choose)
            log.append(f"step {step} unexplained^0.5 {root:.4f} median R2 {r2:.4f} {time.time() - begin:.0f} s")
            print(log[-1], flush=True)
            if root < best[0]:
                best = root, {k: v.clone() for k, v in net.state_dict().items()}
            if time.time() - begin > limit_s:
                break
        for group in optimizer.param_groups:
            group["lr"] = 0.02 * 0.5 * (1 + np.cos(np.pi * step / steps)) + 1e-4
        optimizer.zero_grad()
        loss = 0
        for i in rng.integers(len(items), size=batch):
            m, rows, valid, y, domain = items[i]
            r, v, rr, y, domain = tensors(rows, valid, m["rr"], y, domain)
            loss = loss + (unexplained(net(r, v, rr, FS), y, domain) + 1e-4).sqrt() / batch
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    save(best[1], path)
    runs = Path(__file__).parent / "runs"
    runs.mkdir(exist_ok=True)
    (runs / "refine.log").write_text("\n".join(log) + "\n")


def save(state, path):
    from safetensors.torch import save_file
    save_file({f"refine.{k.replace('_hidden.', '.hidden.')}": v.contiguous() for k, v in state.items()}, path)


def restored(path):
    from safetensors.torch import load_file
    net = Refine()
    net.load_state_dict({k.removeprefix("refine.").replace(".hidden.", "_hidden."): v for k, v in load_file(path).items()})
    return net


# ---- what it is compared with ---------------------------------------------------------------------------

def neighbours(k, count, near):
    near = min(near, count)
    return min(max(k - near // 2, 0), count - near), near


def windowed_mean(rows, valid, near):
    total = np.cumsum(np.vstack([np.zeros(rows.shape[1]), rows * valid]), 0)
    known = np.cumsum(np.vstack([np.zeros(rows.shape[1]), valid]), 0)
    out = np.empty_like(rows)
    for k in range(len(rows)):
        first, m = neighbours(k, len(rows), near)
        out[k] = (total[first + m] - total[first]) / np.maximum(known[first + m] - known[first], 1)
    return out


def singular(rows, vectors, near):
    gram, out = rows @ rows.T, np.empty_like(rows)
    for k in range(len(rows)):
        first, m = neighbours(k, len(rows), near)
        u = np.linalg.eigh(gram[first:first + m, first:first + m])[1][:, -vectors:]
        out[k] = (u[k - first] @ u.T) @ rows[first:first + m]
    return out


def wiener(rows, valid, vectors, near):
    """At each phase the mean, and of what the singular vectors add the share of its variance that is not noise."""
    mean, svd = windowed_mean(rows, valid, near), singular(rows, vectors, near)
    noise = ((rows - svd) ** 2).mean(0) * vectors / near
    added = ((svd - mean) ** 2).mean(0)
    return mean + (1 - noise / np.maximum(added, 1e-9)).clip(0, 1) * (svd - mean)


def compare(folder, path):
    figures = torch.load(folder / "figures.pt", weights_only=False)
    methods = {f"singular vectors {v} of {n}": (lambda r, g, rr, v=v, n=n: singular(r, v, n)) for v in (1, 2, 3) for n in (20, 40, 80)}
    methods |= {f"mean of {n}": (lambda r, g, rr, n=n: windowed_mean(r, g, n)) for n in (20, 40, 80, 999)}
    methods |= {f"mean and 2 vectors of {n}": (lambda r, g, rr, n=n: wiener(r, g, 2, n)) for n in (40, 80)}
    plain = Refine()
    with torch.no_grad():
        plain.pair_linear.zero_()
        plain.gain.copy_(torch.tensor([0.0, 20.0, -20.0]))
    nets = {"weighted by noise": plain}
    if path:
        for name, part, value in (("attention", 2, -20.0), ("attention, shrunk", None, None), ("attention, shrunk, no own gain", 1, 20.0)):
            nets[name] = restored(path)
            with torch.no_grad():
                if part:
                    nets[name].gain[part] = value
    for name, net in nets.items():
        def run(r, g, rr, net=net):
            with torch.no_grad():
                return net(torch.from_numpy(r), torch.from_numpy(g).float(), torch.from_numpy(rr), FS).numpy()
        methods[name] = run
    columns = [(fm, snr) for fm in (-10, -14, -20) for snr in (12, 6, 0, -6)]
    lines = ["median over leads of R2 / RMSE over range, per level (fetal to maternal, SNR in dB)",
             " " * 32 + " ".join(f"{fm:>4},{snr:>3}    " for fm, snr in columns)]
    for name, f in methods.items():
        cells, begin = {c: [] for c in columns}, time.time()
        for m, rows, valid, y, domain in each_lead(figures):
            e = f(rows, valid, m["rr"])
            error = (((e - y) ** 2)[domain].mean()) ** 0.5 / np.ptp(y[domain])
            cells[m["fm"], m["snr"]].append((1 - unexplained(e, y, domain), error))
        lines.append(f"{name:32s}" + " ".join("{:.3f}/{:.4f}".format(*np.median(cells[c], 0)) if cells[c] else "-" for c in columns))
        print(lines[-1], f"{time.time() - begin:.0f} s", flush=True)
    runs = Path(__file__).parent / "runs"
    (runs / "refine-compare.txt").write_text("\n".join(lines) + "\n")


def vector(path, out):
    """A made-up layout and the answer, with the weights, as a C header."""
    rng, k, fs = np.random.default_rng(3), 14, 100
    t = round(BEFORE * fs) + round(AFTER * fs) + 1
    phase = (np.arange(t) - round(BEFORE * fs)) / fs
    beat = 20 * np.exp(-0.5 * (phase / 0.012) ** 2) - 8 * np.exp(-0.5 * ((phase - 0.03) / 0.012) ** 2)
    rows = beat * rng.uniform(0.9, 1.1, (k, 1)) + rng.normal(size=(k, t)) * rng.uniform(1, 9, (k, 1))
    rows[4] = -beat
    valid = np.ones((k, t))
    valid[5, 20:40] = 0
    rr = rng.uniform(0.38, 0.46, k)
    rows, valid, rr = (a.astype(np.float32) for a in (np.round(rows, 2) * valid, valid, np.round(rr, 4)))
    net = restored(path)
    with torch.no_grad():
        answer = net(*map(torch.from_numpy, (rows, valid, rr)), fs).numpy()
    state = net.state_dict()
    order = ["key", "pair_linear", "pair_hidden.weight", "pair_hidden.bias",
             "pair_out", "gain"]
    parts = {"WEIGHTS": np.concatenate([state[n].numpy().ravel() for n in order]), "RR": rr, "ROWS": rows.ravel(),
             "VALID": valid.ravel(), "ANSWER": answer.ravel()}
    lines = ["/* refine_vector.h — written by models/fhnet/refine.py vector: weights in the order of fecg_refine, a layout, and what",
             " * PyTorch makes of it. */", f"enum {{ VECTOR_BEATS = {k}, VECTOR_TAPS = {t} }};", f"static const double VECTOR_FS = {fs};"]
    for name, values in parts.items():
        row = [f"{v:.9g}" for v in values]
        row = [v + "f" if "." in v or "e" in v else v for v in row]
        lines.append(f"static const float VECTOR_{name}[{len(row)}] = {{")
        lines += ["    " + ", ".join(row[i:i + 12]) + "," for i in range(0, len(row), 12)]
        lines.append("};")
    Path(out).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    rest = [Path(a) for a in rest]
    {"data": data, "train": train, "vector": vector, "compare": lambda d, p=None: compare(d, p)}[what](*rest)
