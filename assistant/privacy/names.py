"""Names of persons, places, organisations, addresses and the like, as a Presidio recognizer.

Three things may stand behind it, chosen by ``names_model`` in ``policies/pii.yaml``: the shipped head on the local
encoder's token states, which shares the one pass that a question gets; a saved spaCy pipeline; a saved transformers
token classifier (with that library and its runtime installed by the operator). All are read from disk alone.
The shipped head is trained on English, with Southeast Asian names in it. It knows nothing of other scripts, and misses
about one name in four in lower-cased or misspelt text; figures are in its card and from ``measure.py pii``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import spacy
from presidio_analyzer import LocalRecognizer, RecognizerResult

from assistant.encoder.heads.tagger import Tag, Tagger
from assistant.errors import PolicyError
from assistant.policy import Pii
from assistant.privacy.placeholders import PLACEHOLDER

WEIGHTS = Path(__file__).parent.parent / "encoder" / "heads" / "names.npz"
KINDS = ("PERSON", "LOCATION", "ORGANIZATION", "STREET_ADDRESS", "DATE_TIME", "AGE", "TITLE", "NRP", "ZIP_CODE")
SAME = {
    "PER": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION", "ORG": "ORGANIZATION", "NORP": "NRP",
    "DATE": "DATE_TIME", "TIME": "DATE_TIME", "ADDRESS": "STREET_ADDRESS",
}  # fmt: skip
"""Labels of common models, to ours."""
GIVEN_SCORE = 0.85
"""Of models that state none; Presidio's own figure for spaCy."""
BACKGROUND: ContextVar[bool] = ContextVar("background", default=False)
"""Whether the text in hand is indexing work, which lets every question go first."""
ROOMS = frozenset(
    {"room", "floor", "level", "desk", "unit", "section", "chapter", "page", "line", "row", "from", "and"}
)
"""Words that do not make an address."""
LEAST = {"PERSON": 0.55, "STREET_ADDRESS": 0.55}
"""Scores below which what is masked by default is left alone: below it, on office texts, most findings are wrong."""
NUMBERED = re.compile(r"\d")


class Layers(Protocol):
    """What the encoder gives: states [tokens, layers, 384] and the place of each token."""

    @property
    def states(self) -> Any: ...
    @property
    def offsets(self) -> Sequence[tuple[int, int]]: ...


class TokenReader(Protocol):
    """The encoder, as it is needed here."""

    def layer_states(self, text: str, *, background: bool = False) -> Layers: ...


class NamesRecognizer(LocalRecognizer):
    """``find`` marks a text; findings over a placeholder, and persons with digits in them, are left out."""

    def __init__(self, find: Callable[[str], Iterable[Tag]]) -> None:
        self.find = find
        super().__init__(supported_entities=list(KINDS), name="NamesRecognizer")

    def load(self) -> None:
        """Nothing to load: the model was handed in."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Findings in ``text``."""
        taken = [m.span() for m in PLACEHOLDER.finditer(text)]
        keys = RecognizerResult
        origin = {keys.RECOGNIZER_NAME_KEY: type(self).__name__, keys.RECOGNIZER_IDENTIFIER_KEY: self.id}
        return [
            RecognizerResult(tag.kind, tag.start, tag.end, tag.score, recognition_metadata=dict(origin))
            for tag in self.find(text)
            if tag.kind in entities
            and tag.score >= LEAST.get(tag.kind, 0)
            and not any(tag.start < end and start < tag.end for start, end in taken)
            and _plausible(tag, text)
        ]


def build(pii: Pii, encoder: TokenReader | None) -> NamesRecognizer | None:
    """The recognizer that ``names_model`` names, or None for "off". Raises PolicyError when it cannot be loaded."""
    kind, _, folder = pii.names_model.partition(":")
    match kind:
        case "off":
            return None
        case "spacy":
            return NamesRecognizer(_spacy(Path(folder)))
        case "transformers":
            return NamesRecognizer(_transformers(Path(folder)))
    if encoder is None:
        raise ValueError("names_model 'encoder' needs the encoder")
    return NamesRecognizer(FromEncoder(encoder, _head()))


@dataclass(frozen=True)
class FromEncoder:
    """The shipped head."""

    encoder: TokenReader
    head: Tagger

    def __call__(self, text: str) -> list[Tag]:
        if not any(c.isalpha() for c in text):
            return []
        seen = self.encoder.layer_states(text, background=BACKGROUND.get())
        return self.head.tag(text, seen.states, seen.offsets)


def _head() -> Tagger:
    try:
        return Tagger.load(WEIGHTS)
    except (OSError, ValueError, KeyError) as error:
        raise PolicyError(
            f"{WEIGHTS} cannot be read ({type(error).__name__}). Restore it from the release, or set names_model in "
            "pii.yaml to another model."
        ) from error


def _spacy(folder: Path) -> Callable[[str], Iterable[Tag]]:
    if not folder.is_dir():
        raise _not_loaded("spacy", folder, "there is no such folder")
    try:
        pipeline = spacy.load(folder)
    except Exception as error:
        raise _not_loaded("spacy", folder, type(error).__name__) from error

    def find(text: str) -> Iterable[Tag]:
        for entity in pipeline(text).ents:
            yield Tag(entity.start_char, entity.end_char, SAME.get(entity.label_, entity.label_), GIVEN_SCORE)

    return find


def _transformers(folder: Path) -> Callable[[str], Iterable[Tag]]:
    if not folder.is_dir():
        raise _not_loaded("transformers", folder, "there is no such folder")
    try:
        from transformers import pipeline  # type: ignore[import-not-found]  # an operator's own install

        model = pipeline("token-classification", model=str(folder), aggregation_strategy="simple")
    except Exception as error:
        raise _not_loaded("transformers", folder, f"{type(error).__name__}: is transformers installed?") from error

    def find(text: str) -> Iterable[Tag]:
        for entity in model(text):
            label = str(entity["entity_group"])
            yield Tag(int(entity["start"]), int(entity["end"]), SAME.get(label, label), float(entity["score"]))

    return find


def _not_loaded(kind: str, folder: Path, why: str) -> PolicyError:
    return PolicyError(
        f"pii.yaml: key 'names_model', value '{kind}:{folder}': the model could not be loaded ({why}). "
        f"Name the folder of a saved {kind} model, or use 'encoder'."
    )


def _plausible(tag: Tag, text: str) -> bool:
    value = text[tag.start : tag.end]
    if tag.kind in ("PERSON", "TITLE"):
        return any(c.isalpha() for c in value) and not NUMBERED.search(value) and len(value) > 1
    if tag.kind == "STREET_ADDRESS":
        words = re.findall(r"[^\W\d_]+", value)
        return bool(NUMBERED.search(value)) and any(len(w) > 2 and w.lower() not in ROOMS for w in words)
    return tag.kind not in ("LOCATION", "ORGANIZATION", "NRP") or any(c.isalpha() for c in value)
