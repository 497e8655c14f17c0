"""One real vLLM server for the tests of this folder, started when the first of them asks for it.

They are collected when STEWARD_TEST_VLLM names a virtual environment that ``setup`` made (scripts/test sets it).
STEWARD_TEST_VLLM_REQUIRED=1 makes its absence an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import server as vllm

# Taken out of the environment: what starts with STEWARD_ is otherwise a setting, and unknown ones are refused.
VENV = os.environ.pop("STEWARD_TEST_VLLM", "")
REQUIRED = os.environ.pop("STEWARD_TEST_VLLM_REQUIRED", "") == "1"
THERE = bool(VENV) and (Path(VENV) / "models" / "tiny" / "model.safetensors").is_file()

collect_ignore_glob = [] if VENV else ["test_*.py"]

if (VENV or REQUIRED) and not THERE:
    raise pytest.UsageError(
        f"STEWARD_TEST_VLLM is {VENV!r}, which holds no model that vLLM could serve. Run tests/real_vllm/setup first."
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.real_vllm)


@pytest.fixture(scope="session")
def vllm_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[vllm.Server]:
    """The running server: ``.base_url``, ``.model``, ``.api_key_file``, ``.tier(**changes)``, ``.metric(name)``."""
    running = vllm.start(Path(VENV).resolve(), tmp_path_factory.mktemp("vllm"))
    yield running
    died = running.process.poll()
    running.stop()
    if died is not None:
        pytest.fail(f"vLLM ended with {died} during the tests. Its log ends:\n{running.tail()}")


@pytest.fixture(autouse=True)
def log_of_a_dead_server(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where the server died under a test, the end of its log stands with that test."""
    yield
    if "vllm_server" in request.fixturenames:
        running: vllm.Server = request.getfixturevalue("vllm_server")
        if running.process.poll() is not None:
            print(running.tail())
