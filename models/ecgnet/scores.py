"""Figures of answers: area under the ROC curve (Mann and Whitney 1947), its interval by resampling records, F1."""
import numpy as np
from scipy.stats import rankdata


def auroc(target, score):
    """NaN where a class has no member; targets that are NaN do not count."""
    known = ~np.isnan(target)
    t, s = target[known] > 0.5, score[known]
    if not t.any() or t.all():
        return np.nan
    return (rankdata(s)[t].sum() - t.sum() * (t.sum() + 1) / 2) / (t.sum() * (~t).sum())


def interval(target, score, group=None, draws=1000, seed=1):
    """2.5 % and 97.5 % of the AUROC over records drawn with replacement; whole groups (patients) where given."""
    r, found = np.random.default_rng(seed), []
    names = np.arange(len(target)) if group is None else np.unique(group, return_inverse=True)[1]
    members = [np.flatnonzero(names == k) for k in range(names.max() + 1)]
    for _ in range(draws):
        rows = np.concatenate([members[k] for k in r.integers(len(members), size=len(members))])
        found.append(auroc(target[rows], score[rows]))
    return np.nanpercentile(found, [2.5, 97.5])


def f1(target, told):
    hits = (target * told).sum()
    return 2 * hits / max(1, target.sum() + told.sum())


def best_threshold(target, probability):
    """The threshold of the largest F1, in the middle of the probabilities around it."""
    p = np.unique(probability)
    cuts = np.concatenate([[0], (p[1:] + p[:-1]) / 2])
    return float(cuts[np.argmax([f1(target, probability > c) for c in cuts])])
