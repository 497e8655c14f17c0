"""Runs a script of ``scripts/`` as its user does: a process of its own, with nothing of our environment."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass

from assistant.settings import ROOT, Settings


@dataclass(frozen=True)
class Done:
    """How it ended."""

    code: int
    out: str
    err: str


async def script(settings: Settings, name: str, *arguments: str, stdin: bytes = b"", **more: str) -> Done:
    """``scripts/name`` with ``arguments``, on the data of ``settings``; ``more`` are further variables."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(settings.data_dir.parent / "home"),
        "STEWARD_DATA_DIR": str(settings.data_dir),
        "STEWARD_AUDIT_DB": str(settings.audit_db),
        "STEWARD_KNOWLEDGE_DIR": str(settings.knowledge_dir),
        "STEWARD_POLICIES_DIR": str(settings.policies_dir),
        "STEWARD_SAMPLES": "false",
        **more,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "scripts" / name),
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(stdin)
    assert process.returncode is not None
    assert b"Traceback" not in err, err.decode(errors="replace")
    return Done(process.returncode, out.decode("utf-8"), err.decode("utf-8"))
