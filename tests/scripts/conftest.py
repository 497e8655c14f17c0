"""The small company of the pipeline's tests serves here too."""

from __future__ import annotations

from tests.pipeline.conftest import make_kit, prepared

__all__ = ["make_kit", "prepared"]
