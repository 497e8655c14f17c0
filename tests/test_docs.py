"""Documentation that would go stale: the file tree, the settings, the commands, the policies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from assistant import policy, settings

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = sorted(p for p in (ROOT / "scripts").glob("*.py") if not p.name.startswith("_"))


def test_cog_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", "-r", "README.md", "policies/README.md"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for script in SCRIPTS:
        assert f"scripts/{script.name}" in readme


def test_every_file_in_the_tree_says_what_it_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").rsplit("## Files", 1)[1]
    rows = [r for r in readme.splitlines() if r.strip() and not r.startswith(("<!--", "```", "cog", "]]]"))]
    silent = [r for r in rows if len(r.split(None, 1)) == 1]
    assert not silent


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_scripts_explain_themselves(script: Path) -> None:
    done = subprocess.run([sys.executable, str(script), "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "usage:" in done.stdout


@pytest.mark.parametrize("name", sorted(policy.FILES))
def test_every_policy_key_is_described(name: str) -> None:
    assert all(f.description for f in policy.FILES[name].model_fields.values())


def test_every_setting_is_described() -> None:
    assert all(f.description for f in settings.Settings.model_fields.values())


def test_every_workflow_yaml_is_a_mapping() -> None:
    for path in (ROOT / "policies").glob("*.yaml"):
        assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)
