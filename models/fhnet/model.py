"""FHNet, after arXiv 2509.19308: graph attention over leads, then a multi-scale transformer over time.

The paper's abstract names these parts and their order; sizes and heads are ours. Tensors are float32; B windows,
L leads, T = 1000 samples of 4 s at 250 Hz, and 125 tokens of 32 ms. `src/net/fhnet.c` runs the same computation.

  input   (B, L, 3, T)  per lead: the lead, the lead without the mother, and that whitened in time and across leads
  mask    (B, L)        1 where the lead takes part
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

FS = 250
WINDOW = 1000
TOKENS = 125
SUB = WINDOW // TOKENS          # samples a token
CHANNELS = 3
STEM1, STEM2, WIDTH = 24, 48, 64  # features of a lead at 125 Hz, at 62.5 Hz, and of leads and tokens at 31.25 Hz
HEADS = 4
HIDDEN = 128
BLOCKS = 3
KERNELS = (7, 15, 31)


def gelu(x):
    """The tanh form (Hendrycks and Gimpel 2016), which the C runtime computes."""
    return F.gelu(x, approximate="tanh")


class GraphAttention(nn.Module):
    """Graph attention over the leads of one time step: the graph is complete, and its edge weights are scaled dot
    products of features of the signals (Velickovic et al., ICLR 2018, with the attention of Vaswani et al. 2017), so
    that they change with time."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.head = heads, width // heads
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, h, mask):
        # h (B, T, L, W), mask (B, L)
        b, t, n, w = h.shape
        q, k, v = self.qkv(self.norm(h)).view(b, t, n, 3, self.heads, self.head).permute(3, 0, 1, 4, 2, 5)
        e = q @ k.transpose(-1, -2) * self.head ** -0.5                            # (B, T, heads, L, L)
        a = e.masked_fill(mask[:, None, None, None, :] == 0, -1e9).softmax(-1)
        mixed = (a @ v).transpose(2, 3).reshape(b, t, n, w)
        return h + self.out(mixed), a


class Block(nn.Module):
    """Multi-scale depthwise convolutions, self-attention over the window, feed-forward; each normalised before and
    added to its input."""

    def __init__(self, width, heads, hidden, without=None):
        super().__init__()
        self.heads, self.head, self.without = heads, width // heads, without
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.scales = nn.ModuleList(nn.Conv1d(width, width, k, padding=k // 2, groups=width) for k in KERNELS)
        self.mix = nn.Linear(width, width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)

    def forward(self, z):
        # z (B, T, W)
        b, t, w = z.shape
        x = self.norm1(z).transpose(1, 2)
        scales = self.scales if self.without != "multiscale" else self.scales[:1]
        x = sum(conv(x) for conv in scales).transpose(1, 2)
        z = z + self.mix(gelu(x))
        if self.without == "transformer":
            return z + self.down(gelu(self.up(self.norm3(z))))
        q, k, v = self.qkv(self.norm2(z)).view(b, t, 3, self.heads, self.head).permute(2, 0, 3, 1, 4)
        x = F.scaled_dot_product_attention(q, k, v)
        z = z + self.out(x.transpose(1, 2).reshape(b, t, w))
        return z + self.down(gelu(self.up(self.norm3(z))))


def positions(tokens, width):
    """Sinusoidal positions (Vaswani et al. 2017), (tokens, width): sine in the even features, cosine in the odd."""
    at = torch.arange(tokens, dtype=torch.float64)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float64) * (-math.log(1000.0) / width))
    out = torch.zeros(tokens, width, dtype=torch.float64)
    out[:, 0::2], out[:, 1::2] = torch.sin(at * rate), torch.cos(at * rate)
    return out.float()


class FHNet(nn.Module):
    """Gives a dict:
      fqrs, mqrs   (B, T)      logit of a fetal, a maternal QRS at each sample
      fetal        (B, L, T)   asinh of the fetal waveform over the scale of the second input channel
      maternal     (B, L, T)   asinh of the maternal waveform over the scale of the first input channel
      present      (B,)        logit that there is a fetus
      quality      (B,)        fetal level over noise in units of 10 dB
      lead_weight  (B, TOKENS, L)  attention of the pooling over leads
      edge         (B, TOKENS, HEADS, L, L)  graph attention, receiving lead first
    """

    def __init__(self, without=None):
        """without: "graph", "multiscale" or "transformer" leaves that part out, to see what it is worth."""
        super().__init__()
        self.without = without
        self.stem1 = nn.Conv1d(CHANNELS, STEM1, 15, stride=2, padding=7)
        self.stem2 = nn.Conv1d(STEM1, STEM2, 9, stride=2, padding=4)
        self.stem3 = nn.Conv1d(STEM2, WIDTH, 5, stride=2, padding=2)
        self.gat = GraphAttention(WIDTH, HEADS)
        self.pool_norm = nn.LayerNorm(WIDTH)
        self.pool_score = nn.Linear(WIDTH, 1)
        self.token = nn.Linear(WIDTH, WIDTH)
        self.blocks = nn.ModuleList(Block(WIDTH, HEADS, HIDDEN, without) for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(WIDTH)
        self.qrs = nn.Linear(WIDTH, 2 * SUB)     # fetal logits of the token's samples, then maternal
        self.state = nn.Linear(WIDTH, 2)         # present, quality
        self.wave_lead = nn.Linear(WIDTH, WIDTH)
        self.wave_token = nn.Linear(WIDTH, WIDTH)
        self.up1 = nn.ConvTranspose1d(WIDTH, STEM2, 4, stride=2, padding=1)
        self.up2 = nn.ConvTranspose1d(STEM2, STEM1, 4, stride=2, padding=1)
        self.up3 = nn.ConvTranspose1d(STEM1, 2, 4, stride=2, padding=1)
        self.register_buffer("position", positions(TOKENS, WIDTH), persistent=False)

    def forward(self, x, mask):
        b, n, c, t = x.shape
        h1 = gelu(self.stem1(x.reshape(b * n, c, t)))                      # (BL, STEM1, 500)
        h2 = gelu(self.stem2(h1))                                          # (BL, STEM2, 250)
        h = gelu(self.stem3(h2)).view(b, n, WIDTH, TOKENS).permute(0, 3, 1, 2)  # (B, 125, L, WIDTH)
        h, edge = self.gat(h, mask) if self.without != "graph" else (h, None)
        p = self.pool_norm(h)
        a = self.pool_score(p)[..., 0].masked_fill(mask[:, None] == 0, -1e9).softmax(2)  # (B, 125, L)
        z = self.token((a[..., None] * p).sum(2)) + self.position          # (B, 125, WIDTH)
        for block in self.blocks:
            z = block(z)
        z = self.norm(z)
        logits = self.qrs(z).view(b, TOKENS, 2, SUB).permute(2, 0, 1, 3).reshape(2, b, t)
        state = self.state(z.mean(1))
        u = gelu(self.wave_lead(p) + self.wave_token(z)[:, :, None])       # (B, 125, L, WIDTH)
        u = u.permute(0, 2, 3, 1).reshape(b * n, WIDTH, TOKENS)
        u = gelu(self.up1(u) + h2)                                         # (BL, STEM2, 250)
        u = gelu(self.up2(u) + h1)                                         # (BL, STEM1, 500)
        w = self.up3(u).view(b, n, 2, t)
        return dict(fqrs=logits[0], mqrs=logits[1], fetal=w[:, :, 0], maternal=w[:, :, 1],
                    present=state[:, 0], quality=state[:, 1], lead_weight=a, edge=edge)
