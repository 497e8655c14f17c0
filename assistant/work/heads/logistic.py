"""Logistic regression in numpy: what every small head here is fitted with."""

from __future__ import annotations

import zlib

import numpy as np

from assistant.work.measures.figures import Numbers

FOLDS = 5


def fit(x: Numbers, y: Numbers, weight: Numbers, penalty: float = 2.0) -> Numbers:
    """Weights by Newton's method, L2 penalty on scaled features, none on the first column, the bias."""
    spread = x.std(axis=0)
    scale = np.where(spread > 1e-6, spread, 1.0)  # a column that never varies is left to the bias
    scale[0] = 1.0
    x = x / scale
    w, ridge = np.zeros(x.shape[1]), np.full(x.shape[1], penalty)
    ridge[0] = 1e-6
    for _ in range(40):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (weight * (y - p)) - ridge * w
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        w = w + np.linalg.solve(hessian, gradient)
    return np.asarray(w / scale)


def fold(group: str) -> int:
    """The fold of a group, the same in every run; rows of one group are never on both sides."""
    return zlib.crc32(group.encode()) % FOLDS
