"""A head that reads token states phrase by phrase: does any phrase of a stretch of text say the thing it looks for?

Three neighbouring token states at a time go through one layer of ``filters`` detectors; the strongest and the mean
answer of each detector, together with the mean token state, go through a small hidden layer to one number (a
convolution with pooling over time, Kim 2014, on frozen states). Weights are an .npz file without pickled objects,
its card a .json file beside it. numpy only; 0.1 ms for a question.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.errors import EncoderUnavailable

Floats = NDArray[np.float32]
NAMES = ("w1", "b1", "w2", "b2", "w3", "b3")
MEAN_SCALE = 4.0
"""The normalised mean state is scaled so that it weighs about as much as the detectors' answers."""


@dataclass(frozen=True, eq=False)
class Phrases:
    """Weights of one head. ``w1`` [3 x 384, filters], ``w2`` [2 x filters + 384, hidden], ``w3`` [hidden, 1]."""

    w1: Floats
    b1: Floats
    w2: Floats
    b2: Floats
    w3: Floats
    b3: Floats

    @classmethod
    def open(cls, path: Path) -> Phrases:
        """Read a head. Raises EncoderUnavailable with what to do when the file is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as file:
                weights = {name: np.asarray(file[name], dtype=np.float32) for name in NAMES}
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise EncoderUnavailable(
                f"The head {path.name} cannot be read ({type(error).__name__}). Restore it from the release, "
                "or make it anew with scripts/train_heads.py."
            ) from error
        return cls(**weights)

    def save(self, path: Path) -> None:
        """Write the weights at half precision."""
        weights = {name: getattr(self, name).astype(np.float16) for name in NAMES}
        np.savez_compressed(path, **weights)

    def detected(self, states: Floats) -> Floats:
        """[n, filters]: the detectors' answers at each token of ``states`` [n, 384]."""
        padded = np.pad(states, ((1, 1), (0, 0)))
        three = np.concatenate([padded[:-2], padded[1:-1], padded[2:]], axis=1)
        return np.asarray(np.maximum(three @ self.w1 + self.b1, 0.0))

    def probability(self, states: Floats, detected: Floats) -> float:
        """0 to 1 for a stretch of tokens given its ``states`` [m, 384] and ``detected`` [m, filters]; m over 0."""
        mean = states.mean(axis=0)
        mean = mean / max(float(np.linalg.norm(mean)), 1e-6) * MEAN_SCALE
        pooled = np.concatenate([detected.max(axis=0), detected.mean(axis=0), mean])
        logit = float((np.maximum(pooled @ self.w2 + self.b2, 0.0) @ self.w3 + self.b3)[0])
        return float(1.0 / (1.0 + np.exp(-np.clip(logit, -30, 30))))
