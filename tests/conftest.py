"""For every test: egress off before anything is imported, and no way off this machine."""

# ruff: noqa: E402
from __future__ import annotations

from assistant import egress

egress.silence()

from collections.abc import Iterator

import pytest

from tests import network_guard

network_guard.install()


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fails the test when anything was refused, also where a library swallowed the refusal or a thread made it."""
    yield
    if network_guard.attempts:
        attempts = ", ".join(network_guard.attempts)
        network_guard.attempts.clear()
        pytest.fail(f"the network was asked: {attempts}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright's synchronous driver holds an event loop, and no other test can run one then."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
