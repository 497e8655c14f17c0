"""Presidio, set up to run inside the process: no download, no look-up of any kind.

Pattern recognizers over a blank English tokenizer, and only those whose entities stand in ``policies/pii.yaml``. The
text is made plain first (``normalise.py``), findings are in positions of the original. Names, places and the like come
from ``names.py``. Presidio's recognizer for US driver licences is not used: its pattern takes "H1" for one.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import presidio_analyzer.predefined_recognizers as predefined
import spacy
import tldextract
import tldextract.tldextract
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine
from spacy.tokens import Doc

from assistant.errors import PolicyError
from assistant.policy import Pii
from assistant.privacy import names, recognizers
from assistant.privacy.encoded import hidden
from assistant.privacy.names import TokenReader
from assistant.privacy.normalise import normalise
from assistant.values import Span

BUILT_IN: dict[str, str] = {
    "AU_ABN": "AuAbnRecognizer",
    "AU_ACN": "AuAcnRecognizer",
    "AU_MEDICARE": "AuMedicareRecognizer",
    "AU_TFN": "AuTfnRecognizer",
    "CRYPTO": "CryptoRecognizer",
    "DATE_TIME": "DateRecognizer",
    "ES_NIE": "EsNieRecognizer",
    "ES_NIF": "EsNifRecognizer",
    "FI_PERSONAL_IDENTITY_CODE": "FiPersonalIdentityCodeRecognizer",
    "IBAN_CODE": "IbanRecognizer",
    "IN_AADHAAR": "InAadhaarRecognizer",
    "IN_GSTIN": "InGstinRecognizer",
    "IN_PAN": "InPanRecognizer",
    "IN_PASSPORT": "InPassportRecognizer",
    "IP_ADDRESS": "IpRecognizer",
    "IT_FISCAL_CODE": "ItFiscalCodeRecognizer",
    "KR_RRN": "KrRrnRecognizer",
    "MAC_ADDRESS": "MacAddressRecognizer",
    "MEDICAL_LICENSE": "MedicalLicenseRecognizer",
    "PL_PESEL": "PlPeselRecognizer",
    "SG_UEN": "SgUenRecognizer",
    "TH_TNIN": "ThTninRecognizer",
    "UK_NHS": "NhsRecognizer",
    "UK_NINO": "UkNinoRecognizer",
    "UK_PASSPORT": "UkPassportRecognizer",
    "US_BANK_NUMBER": "UsBankRecognizer",
    "US_ITIN": "UsItinRecognizer",
    "US_PASSPORT": "UsPassportRecognizer",
    "US_SSN": "UsSsnRecognizer",
}
"""Entity to Presidio's recognizer for it."""

BY_CHANCE = {
    "AU_TFN": ("tfn", "tax"),
    "IN_AADHAAR": ("aadhaar", "aadhar", "uidai"),
    "MEDICAL_LICENSE": ("medical", "dea", "licence", "license", "certificate"),
    "PL_PESEL": ("pesel",),
    "UK_NHS": ("nhs", "health", "patient"),
}
"""Entities whose check digit one number in ten has by chance: only beside one of these words (Aadhaar also in its
groups of four). Without this every tenth order number would be masked."""

NUMBER = re.compile(r"(?:\d\D{0,3}){4}\d")
"""Five digits near one another: in any number that identifies somebody. An Italian fiscal code has seven."""
RANK = {"block": 2, "mask": 1, "hash": 1, "drop": 1, "detect": 0, "allow": 0}


class BlankEnglish(SpacyNlpEngine):
    """Tokens and their lower-cased forms (where Presidio looks for context words) without a model."""

    def __init__(self) -> None:
        super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])

    def load(self) -> None:
        """A tokenizer only."""
        self.nlp = {"en": spacy.blank("en")}  # type: ignore[assignment]

    def _doc_to_nlp_artifact(self, doc: Doc, language: str) -> NlpArtifacts:
        return NlpArtifacts(
            entities=[],
            tokens=doc,
            tokens_indices=[token.idx for token in doc],
            lemmas=[token.lower_ for token in doc],
            nlp_engine=self,
            language=language,
            scores=[],
        )


@dataclass(frozen=True)
class Presidio:
    """The one engine of the process. Implements ``values.PersonalData``; safe to use from several threads."""

    analyzer: AnalyzerEngine
    policy: Pii
    entities: tuple[str, ...]
    """What is looked for: all of the policy that is not allowed everywhere."""

    @classmethod
    def build(cls, pii: Pii, encoder: TokenReader | None = None) -> Presidio:
        """Load the recognizers that ``pii`` names; ``encoder`` is what the shipped head for names reads.

        Raises PolicyError for an entity that nothing recognises and for a names model that does not load.
        """
        # At DEBUG Presidio logs the words of the text it looks at.
        logging.getLogger("presidio-analyzer").setLevel(logging.WARNING)
        _suffix_list_from_the_package()
        own = {entity: recognizer for recognizer in own_recognizers() for entity in recognizer.supported_entities}
        allowed = sorted({*own, *BUILT_IN, *names.KINDS})
        chosen: dict[str, EntityRecognizer] = {}
        wanted: list[str] = []
        for entity, handling in pii.entities.items():
            if entity not in allowed:
                raise PolicyError(
                    f"pii.yaml: key 'entities', value {entity!r}: no recognizer finds it. "
                    f"Allowed: {', '.join(allowed)}."
                )
            if handling == "allow" and not any(entity in other for other in pii.audiences.values()):
                continue
            if entity in own:
                chosen[entity] = own[entity]
            elif entity in BUILT_IN:
                chosen[entity] = getattr(predefined, BUILT_IN[entity])(supported_language="en")
            wanted.append(entity)
        found = list(chosen.values())
        if any(entity in names.KINDS for entity in wanted) and (own_names := names.build(pii, encoder)) is not None:
            found.append(own_names)
        # Into an empty registry Presidio loads every recognizer of its own.
        nothing = names.NamesRecognizer(lambda text: ())
        registry = RecognizerRegistry(recognizers=found or [nothing], supported_languages=["en"])
        enhancer = LemmaContextAwareEnhancer(context_matching_mode="whole_word")
        analyzer = AnalyzerEngine(
            registry=registry, nlp_engine=BlankEnglish(), supported_languages=["en"], context_aware_enhancer=enhancer
        )
        engine = cls(analyzer, pii, tuple(wanted))
        engine.find("Warm up: compiles every pattern, jane@harbourline.example")
        return engine

    def find(self, text: str, *, background: bool = False) -> list[Span]:
        """Findings in order, none overlapping; what is blocked or masked wins over what is only detected.

        ``background`` work lets every question go first at the encoder.
        """
        if not text.strip():
            return []
        names.BACKGROUND.set(background)
        spans = self._search(text)
        for inside in hidden(text):
            found = self._resolved([s for s in self._search(inside.text) if RANK[self.policy.handling(s.entity)]])
            spans += [Span(inside.start, inside.end, s.entity, s.score) for s in found]
        return self._resolved(spans)

    def _search(self, text: str) -> list[Span]:
        plain = normalise(text)
        possible = [entity for entity in self.entities if _possible(entity, plain.text)]
        if not possible:
            return []
        results = self.analyzer.analyze(
            plain.text, language="en", entities=possible, score_threshold=self.policy.threshold
        )
        kept = [r for r in results if _plausible(r, plain.text)]
        return _clipped(
            [Span(*plain.span(*_trimmed(r, plain.text)), r.entity_type, round(float(r.score), 3)) for r in kept], text
        )

    def _resolved(self, spans: Sequence[Span]) -> list[Span]:
        """The strongest finding of each overlapping lot, stretched so that nothing that is to be masked sticks out."""

        def rank(span: Span) -> int:
            return RANK[self.policy.entities[span.entity]]

        chosen: list[Span] = []

        def order(span: Span) -> tuple[float, ...]:
            length = span.end - span.start
            certainty = (-span.score, -length) if rank(span) else (-length, -span.score)
            return (-rank(span), *certainty, span.start)

        for span in sorted(spans, key=order):
            rivals = [c for c in chosen if c.start < span.end and span.start < c.end]
            if not rivals:
                chosen.append(span)
            elif rank(span):
                best = rivals[0]
                chosen = [c for c in chosen if c not in rivals]
                start, end = (
                    min(span.start, *(c.start for c in rivals), best.start),
                    max(span.end, *(c.end for c in rivals), best.end),
                )
                chosen.append(Span(start, end, best.entity, best.score))
        return sorted(chosen, key=lambda s: s.start)


def _possible(entity: str, text: str) -> bool:
    """Whether ``text`` has at all what every finding of ``entity`` holds: most questions hold no number."""
    if entity in names.KINDS or entity == "SECRET":
        return True
    match entity:
        case "EMAIL_ADDRESS":
            return "@" in text
        case "URL":
            return "://" in text or "www." in text.lower()
        case "IP_ADDRESS" | "MAC_ADDRESS" | "CRYPTO":
            return any(c.isdigit() for c in text)
    return NUMBER.search(text) is not None


def _clipped(spans: Sequence[Span], text: str) -> list[Span]:
    """Names without what a pattern has found in them: "jane.tan@firm.com" is an address and no person."""
    patterns = [s for s in spans if s.entity not in names.KINDS]
    kept = list(patterns)
    for span in spans:
        if span.entity not in names.KINDS:
            continue
        start, end = span.start, span.end
        if span.entity == "PERSON":
            titles = [s.end for s in spans if s.entity == "TITLE" and s.start == start and s.end < end]
            start = max(titles, default=start)
        for other in patterns:
            if other.start < end and start < other.end:
                start, end = (start, other.start) if start < other.start else (other.end, end)
        while start < end and not text[start].isalnum():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if any(c.isalnum() for c in text[start:end]):
            kept.append(Span(start, end, span.entity, span.score))
    return kept


def own_recognizers() -> Iterator[EntityRecognizer]:
    """One object of every public recognizer class in ``recognizers/``."""
    for module in pkgutil.iter_modules(recognizers.__path__, f"{recognizers.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, EntityRecognizer) and value.__module__ == module.name:
                yield value()  # type: ignore[call-arg]


def _suffix_list_from_the_package() -> None:
    """Give tldextract the list that it ships with; by default it fetches one on the first e-mail address."""
    offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.tldextract.TLD_EXTRACTOR = offline
    tldextract.extract = offline  # type: ignore[assignment]


def _trimmed(result: RecognizerResult, text: str) -> tuple[int, int]:
    """The finding without the space around it that some patterns take along."""
    found = text[result.start : result.end]
    return result.start + len(found) - len(found.lstrip()), result.end - len(found) + len(found.rstrip())


def _plausible(result: RecognizerResult, text: str) -> bool:
    """Whether the surroundings leave a finding what it seems to be."""
    before = text[max(0, result.start - 60) : result.start].lower()
    if result.entity_type == "IP_ADDRESS":
        return not before.rstrip(" :.#").endswith(
            ("section", "clause", "version", "paragraph", "article", "annex", " v")
        )
    words = BY_CHANCE.get(result.entity_type)
    if words is None:
        return True
    grouped = result.entity_type == "IN_AADHAAR" and " " in text[result.start : result.end]
    return grouped or any(word in before for word in words)
