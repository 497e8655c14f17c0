"""Policies are read strictly: file, key, value and what is allowed are named, and nothing starts on a guess."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant import policy
from assistant.errors import PolicyError
from assistant.settings import ROOT

SHIPPED = ROOT / "policies"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped policies that a test may spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "policies"))


def spoiled(folder: Path, name: str, old: str, new: str) -> str:
    """What is said when ``old`` of a policy file is replaced by ``new``."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} does not hold {old!r} any more: the example is out of date"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        policy.load(folder)
    return str(refused.value)


def test_the_shipped_policies_load_and_have_a_version_of_twelve_hex_digits() -> None:
    loaded = policy.load(SHIPPED)
    assert len(loaded.version) == 12 and int(loaded.version, 16) >= 0
    assert loaded.prompts["answer"].strip()
    assert policy.load(SHIPPED).version == loaded.version


@pytest.mark.parametrize("name", [*(f"{n}.yaml" for n in policy.FILES), *(f"prompts/{n}.md" for n in policy.PROMPTS)])
def test_the_version_names_every_file(folder: Path, name: str) -> None:
    before = policy.load(folder).version
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("\n# one line more\n")
    assert policy.load(folder).version != before


@pytest.mark.parametrize("name", [*(f"{n}.yaml" for n in policy.FILES), *(f"prompts/{n}.md" for n in policy.PROMPTS)])
def test_a_missing_or_unreadable_file_is_named(folder: Path, name: str) -> None:
    path = folder / name
    path.unlink()
    with pytest.raises(PolicyError, match=r"is missing\. Restore it") as refused:
        policy.load(folder)
    assert str(path) in str(refused.value)
    path.write_bytes(b"words: [caf\xe9]\n")
    with pytest.raises(PolicyError, match=r"cannot be read.*UTF-8") as refused:
        policy.load(folder)
    assert str(path) in str(refused.value)
    path.unlink()
    path.mkdir()
    with pytest.raises(PolicyError, match="cannot be read") as refused:
        policy.load(folder)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("name", "old", "new", "named"),
    [
        ("tiers.yaml", "backend: builtin", "backend: magic", ["tiers.0.backend", "'magic'", "'builtin' or 'vllm'"]),
        ("tiers.yaml", "backend: builtin", "backend: vllm", ["tiers.0", "base_url", "http://"]),
        ("tiers.yaml", "backend: builtin", "backand: builtin", ["tiers.0.backend", "missing"]),
        ("tiers.yaml", "backend: builtin", "backend: builtin\n    temprature: 1", ["temprature", "not known", "model"]),
        ("output.yaml", "mode: stream", "mode: fast", ["mode", "'fast'", "'stream' or 'hold'"]),
        ("pii.yaml", "EMAIL_ADDRESS: mask", "EMAIL_ADDRESS: maks", ["entities.EMAIL_ADDRESS", "'maks'", "'mask'"]),
        ("pii.yaml", "audiences: {}", "audiences: {pirates: {URL: mask}}", ["pii.yaml", "'pirates'", "everyone"]),
        ("pii.yaml", "audiences: {}", "audiences: {hr: {URLS: mask}}", ["pii.yaml", "'hr'", "'URLS'", "entities"]),
        (
            "pii.yaml",
            "names_model: encoder",
            "names_model: magic",
            ["names_model", "'magic'", "'encoder'", "spacy:FOLDER"],
        ),
        ("pii.yaml", "threshold: 0.4", "threshold: 4", ["threshold", "4", "less than or equal to 1"]),
        ("pii.yaml", "threshold: 0.4", "treshold: 0.4", ["treshold", "not known", "threshold", "entities"]),
        ("escalation.yaml", "default_group: hr", "default_group: pirates", ["pirates", "staff"]),
        ("escalation.yaml", "when: asked", "when: bored", ["rules.", ".when", "'bored'", "'asked'"]),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(
    folder: Path, name: str, old: str, new: str, named: list[str]
) -> None:
    said = spoiled(folder, name, old, new)
    assert name in said
    for part in named:
        assert part in said, said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("groups: [unclosed\n", "is not valid YAML"),
        ("- just\n- a list\n", "must hold keys and values; allowed keys: groups, audiences"),
        ("", "must hold keys and values"),
        ("!!python/object/apply:os.system ['true']\n", "is not valid YAML"),
        ("groups: {staff: all}\naudiences: {everyone: [pirates]}\n", "'pirates', which is not under 'groups' (staff)"),
    ],
)
def test_a_file_that_is_no_policy_is_said(folder: Path, text: str, says: str) -> None:
    (folder / "access.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        policy.load(folder)
    assert str(folder / "access.yaml") in str(refused.value) and says in str(refused.value)


def test_readable_follows_the_groups() -> None:
    access = policy.Access(groups={"a": "", "b": ""}, audiences={"all": ["a", "b"], "some": ["b"], "none": []})
    assert access.readable(frozenset({"a"})) == ("all",)
    assert access.readable(frozenset({"b"})) == ("all", "some")
    assert access.readable(frozenset()) == ()


def test_every_hand_off_has_a_group_and_hours() -> None:
    bare = policy.Escalation(rules=[], default_group="hr", default_respond_hours=16)
    assert bare.person_for("asked") == ("hr", 16)
    shipped = policy.load(SHIPPED).escalation
    assert all(shipped.person_for(when)[1] > 0 for when in ("asked", "low_confidence", "blocked"))  # type: ignore[arg-type]
