"""Fits a ``Phrases`` head: numpy, Adam, a few minutes on one core.

Loss is cross-entropy with smoothed labels; whole tokens are dropped at random, so that no single word decides. The
detectors see the states through their ``WIDTH`` main directions while they are fitted, which makes it three times
faster; the projection is folded into the weights at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.encoder.heads.phrases import MEAN_SCALE, Floats, Phrases

WIDTH = 128
FILTERS, HIDDEN = 48, 32
BATCH = 64
RATE, DECAY = 2e-3, 1e-2
DROP, SMOOTH = 0.1, 0.05
SEED = 4


@dataclass(frozen=True, eq=False)
class Stretch:
    """Tokens of one example: ``states`` [n, 384], its label and how much it counts."""

    states: Floats
    wanted: bool
    weight: float = 1.0


def fit(examples: Sequence[Stretch], epochs: int) -> Phrases:
    """A head that tells wanted stretches from the others."""
    sample = np.concatenate([each.states[::4] for each in examples[:: max(1, len(examples) // 3000)]])
    _, directions = np.linalg.eigh(sample.T @ sample)
    projection = directions[:, ::-1][:, :WIDTH].astype(np.float32)
    seen = [(each.states @ projection, _mean(each.states)) for each in examples]
    wanted = np.array([each.wanted for each in examples], dtype=np.float32) * (1 - 2 * SMOOTH) + SMOOTH
    weight = np.array([each.weight for each in examples], dtype=np.float32)
    net = _Net(np.random.default_rng(SEED))
    lengths = np.array([len(each.states) for each in examples])
    batches = -(-len(examples) // BATCH)
    for step in range(epochs * batches):
        if step % batches == 0:  # examples of about one length go together: less padding
            order = np.argsort(lengths + net.random.uniform(0, 8, len(lengths)))
            turn = net.random.permutation(batches)
        part = order[turn[step % batches] * BATCH :][:BATCH]
        rate = RATE * 0.5 * (1 + np.cos(np.pi * step / (epochs * batches)))
        net.learn([seen[i] for i in part], wanted[part], weight[part], rate)
    p = net.p
    w1 = np.concatenate([projection @ p["w1"][at * WIDTH : (at + 1) * WIDTH] for at in range(3)])
    return Phrases(w1, p["b1"], p["w2"], p["b2"], p["w3"], p["b3"])


def _mean(states: Floats) -> Floats:
    mean = states.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6) * MEAN_SCALE)


class _Net:
    """The network of ``Phrases`` with its gradients and Adam's moments (Kingma and Ba 2015, decay decoupled)."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random
        pooled = 2 * FILTERS + 384
        self.p: dict[str, Floats] = {
            "w1": self._start(3 * WIDTH, FILTERS),
            "b1": np.zeros(FILTERS, np.float32),
            "w2": self._start(pooled, HIDDEN),
            "b2": np.zeros(HIDDEN, np.float32),
            "w3": self._start(HIDDEN, 1) * np.float32(0.3),
            "b3": np.zeros(1, np.float32),
        }
        self.moments = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in self.p.items()}
        self.steps = 0

    def _start(self, rows: int, columns: int) -> Floats:
        return np.asarray(self.random.standard_normal((rows, columns)) * np.sqrt(2 / rows), dtype=np.float32)

    def learn(self, batch: Sequence[tuple[Floats, Floats]], wanted: Floats, weight: Floats, rate: float) -> None:
        """One step on one batch."""
        longest = max(len(states) for states, _ in batch)
        states = np.zeros((len(batch), longest, WIDTH), np.float32)
        mask = np.zeros((len(batch), longest, 1), np.float32)
        for row, (each, _) in enumerate(batch):
            states[row, : len(each)], mask[row, : len(each)] = each, 1.0
        states *= self.random.random((len(batch), longest, 1)) > DROP
        self._step(self._gradients(states, mask, np.stack([mean for _, mean in batch]), wanted, weight), rate)

    def _gradients(
        self, states: Floats, mask: Floats, means: Floats, wanted: Floats, weight: Floats
    ) -> dict[str, Floats]:
        p, g = self.p, {}
        padded = np.pad(states, ((0, 0), (1, 1), (0, 0)))
        three = np.concatenate([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]], axis=2)
        detected = np.maximum(three @ p["w1"] + p["b1"], 0.0) * mask
        count = mask.sum(axis=1)
        pooled = np.concatenate([detected.max(axis=1), detected.sum(axis=1) / count, means], axis=1)
        hidden = np.maximum(pooled @ p["w2"] + p["b2"], 0.0)
        out = 1.0 / (1.0 + np.exp(-(hidden @ p["w3"] + p["b3"])[:, 0]))
        back = ((out - wanted) * weight / weight.sum())[:, None]
        g["w3"], g["b3"] = hidden.T @ back, back.sum(axis=0)
        back = (back @ p["w3"].T) * (hidden > 0)
        g["w2"], g["b2"] = pooled.T @ back, back.sum(axis=0)
        back = back @ p["w2"].T
        spread = np.repeat((back[:, FILTERS : 2 * FILTERS] / count)[:, None], states.shape[1], axis=1) * mask
        rows, strongest = np.arange(len(states))[:, None], detected.argmax(axis=1)
        np.add.at(spread, (rows, strongest, np.arange(FILTERS)[None]), back[:, :FILTERS])
        spread = (spread * (detected > 0)).reshape(-1, FILTERS)
        g["w1"], g["b1"] = three.reshape(-1, 3 * WIDTH).T @ spread, spread.sum(axis=0)
        return g

    def _step(self, gradients: dict[str, Floats], rate: float) -> None:
        self.steps += 1
        for name, gradient in gradients.items():
            first, second = self.moments[name]
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            move = (first / (1 - 0.9**self.steps)) / (np.sqrt(second / (1 - 0.999**self.steps)) + 1e-8)
            decay = DECAY * self.p[name] if name.startswith("w") else 0.0
            self.p[name] -= (rate * (move + decay)).astype(np.float32)
