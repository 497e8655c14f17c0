"""The policy files that a compliance officer edits, read strictly.

``load(folder)`` reads every file named in ``Policies``; a missing file, an unknown key or a value that is not
allowed raises PolicyError naming file, key, value and what is allowed, and the app does not start. The version is
the first twelve hex digits of the SHA-256 over all files, and stands in every row of the record.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from assistant.errors import PolicyError
from assistant.values import CheckAction


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Access(Strict):
    """access.yaml: who reads what."""

    groups: dict[str, str] = Field(description="Every group, with what it means.")
    audiences: dict[str, list[str]] = Field(
        description="Every audience, with the groups whose members read its documents."
    )

    gap_min_people: int = Field(
        3,
        ge=2,
        description="Knowledge managers read what was asked without a source only where at least this many different "
        "people asked about the same; of smaller topics they see single words and a count.",
    )

    @model_validator(mode="after")
    def known_groups(self) -> Access:
        for audience, groups in self.audiences.items():
            for group in groups:
                if group not in self.groups:
                    raise ValueError(
                        f"audience {audience!r} names group {group!r}, which is not under 'groups' "
                        f"({', '.join(sorted(self.groups))})"
                    )
        return self

    def readable(self, groups: frozenset[str]) -> tuple[str, ...]:
        """The audiences that a member of ``groups`` belongs to, sorted."""
        return tuple(sorted(a for a, allowed in self.audiences.items() if groups & set(allowed)))


class Tier(Strict):
    """One entry of tiers.yaml."""

    name: str = Field(description="light, mid or frontier: the size class, smallest first.")
    backend: Literal["builtin", "vllm"] = Field(description="What answers: the built-in answerer or a vLLM server.")
    model: str = Field("extractive", description="Model name as the server knows it.")
    base_url: str | None = Field(None, description="Address of the server's OpenAI API, ending in /v1.")
    api_key_file: Path | None = Field(None, description="File that holds the server's key, if it asks for one.")
    context_tokens: int = Field(8192, ge=512, description="The model's context window, in tokens.")
    max_output_tokens: int = Field(700, ge=16, description="Longest answer, in tokens.")
    price_in: float = Field(0.0, ge=0, description="Price per million tokens in.")
    price_out: float = Field(0.0, ge=0, description="Price per million tokens out.")
    data_location: str = Field("this machine", description="Where the data stays.")
    tools: bool = Field(False, description="Whether the model can call tools.")
    first_token_timeout_s: float = Field(20.0, gt=0, description="Seconds to wait for the first token.")
    timeout_s: float = Field(120.0, gt=0, description="Seconds for the whole answer.")
    retries: int = Field(1, ge=0, le=5, description="Tries again before the first token, never after it.")

    @model_validator(mode="after")
    def address(self) -> Tier:
        if self.backend == "vllm" and not (self.base_url or "").startswith(("http://", "https://")):
            raise ValueError("backend 'vllm' needs base_url, an address that starts with http:// or https://")
        return self


class Tiers(Strict):
    """tiers.yaml: the models, small to large, and which kind of question goes where."""

    tiers: list[Tier] = Field(min_length=1, description="From small to large.")
    routes: dict[Literal["look_up", "list", "comparison", "summary", "calculation", "reasoning"], str] = Field(
        description="Smallest tier that should answer a kind of question."
    )
    long_question_words: int = Field(60, ge=5, description="A question longer than this goes one tier up.")

    @model_validator(mode="after")
    def known(self) -> Tiers:
        names = [tier.name for tier in self.tiers]
        if len(set(names)) != len(names):
            raise ValueError(f"tier names must differ, got {', '.join(names)}")
        for kind, name in self.routes.items():
            if name not in names:
                raise ValueError(f"route {kind!r} names tier {name!r}; tiers are {', '.join(names)}")
        return self


Handling = Literal["mask", "hash", "drop", "block", "detect", "allow"]


class Pii(Strict):
    """pii.yaml: what happens to each kind of personal data and secret."""

    entities: dict[str, Handling] = Field(
        description="mask: the model sees a placeholder, restored for those entitled. "
        "hash: a keyed fingerprint, the same for the same value everywhere, never restored. "
        "drop: removed, kept nowhere. block: a question is refused, a passage masked. "
        "detect: on record, shown as it is. allow: not looked for."
    )
    audiences: dict[str, dict[str, Handling]] = Field(
        {}, description="Other handling in passages of documents of an audience: audience, then entity to handling."
    )
    threshold: float = Field(0.5, ge=0, le=1, description="Findings below this score are left alone.")
    names_model: str = Field(
        "encoder",
        description="What finds names, places and organisations: 'encoder' (the shipped head), 'off', "
        "'spacy:FOLDER' (a saved spaCy pipeline) or 'transformers:FOLDER' (a saved token classifier).",
    )

    @field_validator("names_model")
    @classmethod
    def known_model(cls, value: str) -> str:
        kind, _, folder = value.partition(":")
        if value not in ("encoder", "off") and not (kind in ("spacy", "transformers") and folder):
            raise ValueError("allowed are 'encoder', 'off', 'spacy:FOLDER' and 'transformers:FOLDER'")
        return value

    def handling(self, entity: str, audience: str = "") -> Handling:
        """What happens to ``entity`` in a question, or in a passage of a document of ``audience``."""
        return self.audiences.get(audience, {}).get(entity) or self.entities.get(entity, "allow")

    def replaces(self, entity: str, audience: str = "") -> bool:
        """Whether a model may not see a value of ``entity`` as it is."""
        return self.handling(entity, audience) in ("mask", "hash", "drop", "block")


class Output(Strict):
    """output.yaml: how answers leave."""

    mode: Literal["stream", "hold"] = Field(description="stream: sentence by sentence. hold: only when all is checked.")
    hold_audiences: list[str] = Field(
        [], description="Audiences whose documents make an answer wait for its whole check."
    )
    link_hosts: list[str] = Field([], description="Hosts that links in answers may point to; subdomains included.")
    grounding_threshold: float = Field(
        0.35, ge=0, le=1, description="A sentence below this support by the passages is not shown."
    )
    checks: dict[Literal["leaks", "links", "form", "language", "citations", "grounding"], CheckAction] = Field(
        {}, description="What follows when a check says no; withhold where it is not named. mask is for leaks only."
    )
    check_timeout_s: float = Field(
        10.0, gt=0, description="Seconds that a guard or check may take for one text before the turn is ended."
    )

    @model_validator(mode="after")
    def maskable(self) -> Output:
        for name, action in self.checks.items():
            if action == "mask" and name != "leaks":
                allowed = ", ".join(a for a in get_args(CheckAction) if a != "mask")
                raise ValueError(f"check {name!r} cannot mask; allowed for it: {allowed}")
        return self

    def action(self, check: str) -> CheckAction:
        """What follows when ``check`` says no."""
        return next((action for name, action in self.checks.items() if name == check), "withhold")


SIGNALS = ("bias", "answerable", "judged", "match", "agreement", "grounding", "kept", "sources", "likelihood")
"""What confidence is made of; ``pipeline/confidence.py`` says how each is measured."""


class Confidence(Strict):
    """confidence.yaml: how sure an answer has to be. Written by ``scripts/calibrate.py``, not by hand."""

    max_error: float = Field(gt=0, lt=1, description="Stated: wrong answers among those shown without a warning.")
    max_error_warned: float = Field(gt=0, lt=1, description="Stated: wrong answers among those shown with a warning.")
    answer: float = Field(ge=0, le=1.01, description="Computed: from this confidence on an answer needs no warning.")
    warn: float = Field(ge=0, le=1.01, description="Computed: below this the reader is told so and offered a person.")
    weights: dict[str, float] = Field(description="Computed: what each signal counts in the log-odds of being right.")
    fitted: dict[str, str | float] = Field({}, description="When, on what, and what it reached on data not fitted on.")

    @model_validator(mode="after")
    def whole(self) -> Confidence:
        if set(self.weights) != set(SIGNALS):
            raise ValueError(f"weights must name exactly {', '.join(SIGNALS)}; run scripts/calibrate.py")
        if self.warn > self.answer:
            raise ValueError(f"warn ({self.warn}) must not be above answer ({self.answer}); run scripts/calibrate.py")
        return self


class EscalationRule(Strict):
    """Whom a kind of hand-off goes to."""

    when: Literal["asked", "low_confidence", "blocked", "topic"] = Field(description="What leads to a person.")
    topic: str = Field("", description="For 'topic': its name, as shown to the expert.")
    words: list[str] = Field([], description="For 'topic': words or phrases that name it.")
    group: str = Field(description="The group whose experts see it.")
    respond_hours: float = Field(gt=0, description="Hours within which a person should answer.")
    text: str = Field("", description="For 'topic': what the employee reads.")


class Escalation(Strict):
    """escalation.yaml: when a person takes over; the first rule that fits counts."""

    rules: list[EscalationRule] = Field(description="In order.")
    default_group: str = Field(description="Group for what no rule matches.")
    default_respond_hours: float = Field(gt=0, description="Hours for what no rule matches.")

    def person_for(self, when: Literal["asked", "low_confidence", "blocked"]) -> tuple[str, float]:
        """(group, hours) of the first rule for ``when``, or the default: a hand-off always has both."""
        for rule in self.rules:
            if rule.when == when:
                return rule.group, rule.respond_hours
        return self.default_group, self.default_respond_hours


class InjectionPolicy(Strict):
    """Orders to the assistant against its rules."""

    question_threshold: float = Field(
        ge=0, le=1, description="A question that scores this or more is not taken. 1 lets all but plain signs pass."
    )
    document_threshold: float = Field(
        ge=0, le=1, description="A sentence of a document that scores this or more is withheld from models and flagged."
    )
    text: str = Field(min_length=1, description="What the asker reads.")


class UseTopic(Strict):
    """One topic that is not taken."""

    topic: str = Field(min_length=1, description="Its name, as it stands in the record.")
    action: Literal["refuse", "answer", "hand_over"] = Field(
        description="refuse: the text, and nothing else happens. answer: the text is the answer. hand_over: the text, "
        "and a person answers."
    )
    text: str = Field(min_length=1, description="What the asker reads.")
    group: str = Field("", description="For 'hand_over': the group whose experts see it.")
    respond_hours: float = Field(24, gt=0, description="For 'hand_over': hours within which a person should answer.")
    examples: list[str] = Field(min_length=1, description="Questions that belong to the topic.")
    harmless: list[str] = Field(min_length=1, description="Questions that look alike and do not belong to it.")

    @model_validator(mode="after")
    def has_a_group(self) -> UseTopic:
        if self.action == "hand_over" and not self.group:
            raise ValueError(f"topic {self.topic!r} hands over and needs a group")
        return self


class AcceptableUse(Strict):
    """acceptable_use.yaml: what Steward does not do."""

    injection: InjectionPolicy = Field(description="Orders to the assistant against its rules.")
    similarity: float = Field(
        0.55, ge=0, le=1, description="Cosine to an example from which a question belongs to its topic."
    )
    margin: float = Field(0.03, ge=0, le=1, description="By how much it must be closer than to any harmless example.")
    topics: list[UseTopic] = Field(description="Topics, each with examples that are tests.")


class Vocabulary(Strict):
    """vocabulary.yaml: words that mean the same at work."""

    same: list[list[str]] = Field(description="Lines of words; a question with one is also searched with the others.")


class Policies(Strict):
    """All policy files; ``prompts`` maps a prompt's name to its text; ``version`` names this exact set."""

    access: Access
    tiers: Tiers
    pii: Pii
    output: Output
    confidence: Confidence
    escalation: Escalation
    acceptable_use: AcceptableUse
    vocabulary: Vocabulary
    prompts: dict[str, str]
    version: str

    @model_validator(mode="after")
    def consistent(self) -> Policies:
        for group in [r.group for r in self.escalation.rules] + [self.escalation.default_group]:
            if group not in self.access.groups:
                raise ValueError(f"escalation.yaml: group {group!r} is not one of {', '.join(self.access.groups)}")
        for topic in self.acceptable_use.topics:
            if topic.group and topic.group not in self.access.groups:
                raise ValueError(
                    f"acceptable_use.yaml: group {topic.group!r} is not one of {', '.join(self.access.groups)}"
                )
        for audience in self.output.hold_audiences:
            if audience not in self.access.audiences:
                raise ValueError(f"output.yaml: audience {audience!r} is not one of {', '.join(self.access.audiences)}")
        for audience, entities in self.pii.audiences.items():
            if audience not in self.access.audiences:
                raise ValueError(f"pii.yaml: audience {audience!r} is not one of {', '.join(self.access.audiences)}")
            for entity in entities:
                if entity not in self.pii.entities:
                    raise ValueError(f"pii.yaml: audience {audience!r} names {entity!r}, which is not under 'entities'")
        return self


FILES: dict[str, type[Strict]] = {
    "access": Access,
    "tiers": Tiers,
    "pii": Pii,
    "output": Output,
    "confidence": Confidence,
    "escalation": Escalation,
    "acceptable_use": AcceptableUse,
    "vocabulary": Vocabulary,
}
PROMPTS = ("answer",)


def load(folder: Path) -> Policies:
    """Read and check all policy files of ``folder``. Raises PolicyError."""
    digest = hashlib.sha256()
    parts: dict[str, Any] = {}
    for name, model in FILES.items():
        text = _read(folder / f"{name}.yaml")
        digest.update(text.encode())
        parts[name] = _parse(folder / f"{name}.yaml", text, model)
    prompts = {}
    for name in PROMPTS:
        text = _read(folder / "prompts" / f"{name}.md")
        digest.update(text.encode())
        prompts[name] = text
    try:
        return Policies(**parts, prompts=prompts, version=digest.hexdigest()[:12])
    except ValidationError as error:
        raise PolicyError(_sentence("policies", error)) from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PolicyError(f"{path} is missing. Restore it from the release; Steward does not guess a policy.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path} cannot be read: {error}. Save it as UTF-8 text that this user may read.") from None


def _parse(path: Path, text: str, model: type[Strict]) -> Strict:
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PolicyError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(data, dict):
        raise PolicyError(f"{path} must hold keys and values; allowed keys: {', '.join(model.model_fields)}.")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise PolicyError(_sentence(str(path), error, model)) from None


def _sentence(where: str, error: ValidationError, model: type[Strict] | None = None) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        allowed = ", ".join(_fields_at(model, first["loc"][:-1])) if model else ""
        return f"{where}: key {key!r} is not known. Allowed keys here: {allowed}."
    if first["type"] == "missing":
        return f"{where}: key {key!r} is missing."
    value = f", value {first['input']!r}" if key and not isinstance(first["input"], dict) else ""
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: key {key or '(whole file)'!r}{value}: {message}."


def _fields_at(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """Field names allowed at ``loc``, following lists and nested models."""
    current: Any = model
    for part in loc:
        if isinstance(part, int):
            continue
        annotation = current.model_fields[part].annotation if part in current.model_fields else None
        nested = [a for a in (annotation, *getattr(annotation, "__args__", ())) if isinstance(a, type)]
        found = [a for a in nested if issubclass(a, BaseModel)]
        if not found:
            return []
        current = found[0]
    return list(current.model_fields)
