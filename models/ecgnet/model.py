"""ECGNet, after FoundationalECGNet (arXiv 2509.08961): a convolutional stem with block attention (CBAM), graph attention
over leads, a time-series transformer, and two stages of answers: normal or abnormal, then what is abnormal.

The paper's abstract names these parts and their order; sizes and heads are ours. Tensors are float32; B recordings,
L = 12 standard leads in the order I II III aVR aVL aVF V1..V6, T = 1000 samples of 10 s at 100 Hz, and 125 tokens of
80 ms. `src/net/ecgnet.c` runs the same computation.

  input     (B, L, T)  asinh of the denoised lead over 250 uV
  mask      (B, L)     1 where the lead is there
  measures  (B, M)     what was measured (src/classify/front.h lists it), 0 where unknown
  known     (B, M)     1 where it is known
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.append(str(Path(__file__).resolve().parents[1]))
from fhnet.model import GraphAttention, gelu, positions  # noqa: E402

FS = 100
WINDOW = 1000
LEADS = 12
TOKENS = 125
STEM1, STEM2, WIDTH = 16, 32, 64   # features of a lead at 50 Hz, at 25 Hz, and of leads and tokens at 12.5 Hz
HEADS = 4
HIDDEN = 128
BLOCKS = 2
SQUEEZE = 8                        # CBAM: the channel gate's bottleneck is width / SQUEEZE
GATE_TAPS = 7                      # CBAM: taps of the gate over time
LEAD_MEASURES = 8
MEASURES = 15 + LEADS * LEAD_MEASURES
OUTPUTS = ("abnormal", "arrhythmia", "conduction", "infarction", "hypertrophy", "af")


class CBAM(nn.Module):
    """Convolutional block attention (Woo et al., ECCV 2018) of one lead: a gate for each channel from its mean and largest
    value over time, then one for each moment from mean and largest value over channels."""

    def __init__(self, width):
        super().__init__()
        self.down = nn.Linear(width, width // SQUEEZE)
        self.up = nn.Linear(width // SQUEEZE, width)
        self.gate = nn.Conv1d(2, 1, GATE_TAPS, padding=GATE_TAPS // 2)

    def forward(self, h):
        # h (N, W, T)
        score = lambda v: self.up(gelu(self.down(v)))
        h = h * torch.sigmoid(score(h.mean(2)) + score(h.amax(2)))[..., None]
        return h * torch.sigmoid(self.gate(torch.stack([h.mean(1), h.amax(1)], 1)))


class Block(nn.Module):
    """Self-attention over the recording (Vaswani et al. 2017), feed-forward; each normalised before and added to its input."""

    def __init__(self, width, heads, hidden, dropout):
        super().__init__()
        self.heads, self.head = heads, width // heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, z):
        # z (B, T, W)
        b, t, w = z.shape
        q, k, v = self.qkv(self.norm1(z)).view(b, t, 3, self.heads, self.head).permute(2, 0, 3, 1, 4)
        x = F.scaled_dot_product_attention(q, k, v)
        z = z + self.drop(self.out(x.transpose(1, 2).reshape(b, t, w)))
        return z + self.drop(self.down(gelu(self.up(self.norm2(z)))))


class ECGNet(nn.Module):
    """Gives a dict:
      logits       (B, len(OUTPUTS))
      lead_weight  (B, TOKENS, L)  attention of the pooling over leads
      time_weight  (B, TOKENS)     attention of the pooling over time
      edge         (B, TOKENS, HEADS, L, L)  graph attention, receiving lead first
      leads, times, joined   features of leads (B, TOKENS, L, WIDTH), of times (B, TOKENS, WIDTH), and before the answer
                             (B, WIDTH), which only training reads
    """

    def __init__(self, without=(), dropout=0.1):
        """without: any of "cbam", "graph", "transformer", "measures"; those parts are left out, to see what they are worth."""
        super().__init__()
        self.without = frozenset(without)
        self.stem1 = nn.Conv1d(1, STEM1, 15, stride=2, padding=7)
        self.stem2 = nn.Conv1d(STEM1, STEM2, 9, stride=2, padding=4)
        self.cbam2 = CBAM(STEM2)
        self.stem3 = nn.Conv1d(STEM2, WIDTH, 5, stride=2, padding=2)
        self.cbam3 = CBAM(WIDTH)
        self.lead = nn.Parameter(torch.randn(LEADS, WIDTH) * 0.2)
        self.gat = GraphAttention(WIDTH, HEADS)
        self.pool_norm = nn.LayerNorm(WIDTH)
        self.pool_score = nn.Linear(WIDTH, 1)
        self.token = nn.Linear(WIDTH, WIDTH)
        self.blocks = nn.ModuleList(Block(WIDTH, HEADS, HIDDEN, dropout) for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(WIDTH)
        self.time_score = nn.Linear(WIDTH, 1)
        self.measures = nn.Linear(2 * MEASURES, WIDTH)
        self.join = nn.Linear(3 * WIDTH, WIDTH)
        self.answer = nn.Linear(WIDTH, len(OUTPUTS))
        self.drop = nn.Dropout(3 * dropout)
        # Without normalisation in the stem, and behind gates that start anywhere, a lead would start smaller than its name.
        for conv, gain in ((self.stem1, 2.0), (self.stem2, 1.0), (self.stem3, 1.0)):
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            with torch.no_grad():
                conv.weight *= gain
            nn.init.zeros_(conv.bias)
        for cbam in (self.cbam2, self.cbam3):
            with torch.no_grad():
                cbam.up.weight *= 0.1
                cbam.gate.weight *= 0.1
            nn.init.constant_(cbam.up.bias, 1.0)
            nn.init.constant_(cbam.gate.bias, 2.0)
        self.register_buffer("measure_mean", torch.zeros(MEASURES))
        self.register_buffer("measure_scale", torch.ones(MEASURES))
        self.register_buffer("position", positions(TOKENS, WIDTH), persistent=False)

    def forward(self, x, mask, measures, known, which=None):
        """which (B, n): the leads that x and mask hold, where they are fewer than twelve; all of them without it."""
        b, n, t = x.shape
        gate = lambda cbam, h: h if "cbam" in self.without else cbam(h)
        h = gelu(self.stem1(x.reshape(b * n, 1, t)))                       # (BL, STEM1, 500)
        h = gate(self.cbam2, gelu(self.stem2(h)))                          # (BL, STEM2, 250)
        h = gate(self.cbam3, gelu(self.stem3(h)))                          # (BL, WIDTH, 125)
        h = h.view(b, n, WIDTH, -1).permute(0, 3, 1, 2)                    # (B, 125, L, WIDTH)
        h = h + (self.lead if which is None else self.lead[which][:, None])
        h, edge = self.gat(h, mask) if "graph" not in self.without else (h, None)
        p = self.pool_norm(h)
        a = self.pool_score(p)[..., 0].masked_fill(mask[:, None] == 0, -1e9).softmax(2)  # (B, 125, L)
        z = self.token((a[..., None] * p).sum(2)) + self.position[:h.shape[1]]  # (B, 125, WIDTH)
        if "transformer" not in self.without:
            for block in self.blocks:
                z = block(z)
        z = self.norm(z)
        w = self.time_score(z)[..., 0].softmax(1)                          # (B, 125)
        y = self.joined((w[..., None] * z).sum(1), z.mean(1), self.measured(measures, known))
        return dict(logits=self.answer(self.drop(y)), lead_weight=a, time_weight=w, edge=edge, leads=h, times=z, joined=y)

    def measured(self, measures, known):
        """(B, WIDTH) of what was measured."""
        m = ((measures - self.measure_mean) / self.measure_scale).clamp(-5, 5) * known
        m = gelu(self.measures(self.drop(torch.cat([m, known], 1))))
        return m * 0 if "measures" in self.without else m

    def joined(self, attended, mean, measured):
        """(B, WIDTH), from which the answer follows; the first two are (B, WIDTH) of the signal."""
        return gelu(self.join(self.drop(torch.cat([attended, mean, measured], 1))))
