"""YAML of plain values from files that strangers wrote: no tags, and no aliases, whose expansion can be without end."""

from __future__ import annotations

from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.YAMLError(f"aliases (*{event.anchor}) are not read")
        return super().compose_node(parent, index)


def parse(text: str) -> Any:
    """The value of ``text``. Raises YAMLError, ValueError or RecursionError."""
    loader = _Loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
