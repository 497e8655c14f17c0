"""Text recognition for pages without text, by a tesseract program where one is installed.

Promises: nothing is demanded and nothing fetched; without the program such pages stay flagged as pages without text.
Does not cover handwriting, or languages whose data the program does not have (English is used then).
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess

MOST_SECONDS = 60.0


@functools.cache
def program() -> str | None:
    """Where tesseract lies, None when it is not installed."""
    return shutil.which("tesseract")


def paragraphs(picture: bytes, seconds: float) -> list[str]:
    """Paragraphs on ``picture`` (PNG), given up after ``seconds``; none where nothing is recognised.

    Words parted at a line end are joined.
    """
    joined = [
        " ".join(re.sub(r"(?<=[a-z])-\n(?=[a-z])", "", each).split())
        for each in _read(picture, min(seconds, MOST_SECONDS)).split("\n\n")
    ]
    return [each for each in joined if sum(char.isalnum() for char in each) > 1]


def _read(picture: bytes, seconds: float) -> str:
    found = program()
    if found is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603  # a fixed program; the picture goes in by its standard input
            [found, "stdin", "stdout", "--psm", "3"], input=picture, capture_output=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
