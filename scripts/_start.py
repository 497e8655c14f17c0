"""What every script does first: find the project, switch egress off, turn errors into a sentence and exit code 1."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assistant import egress

egress.silence()

from assistant.errors import StewardError


def main(run: Callable[[], Coroutine[Any, Any, int]]) -> None:
    """Run to the end and exit with its code."""
    try:
        code = asyncio.run(run())
    except StewardError as error:
        print(error, file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        code = 130
    sys.exit(code)
