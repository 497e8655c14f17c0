"""The program in which files are opened: a small server that forks a process of its own for every file.

It imports the loaders once, so that a file costs a fork and not a start; what one file did to a parser ends with its
process, and no file sees what another left in memory. Each process has limits on memory, processor time, wall time and
output, no network (its own empty network namespace where the system allows it, and Python's sockets refused in any
case), writes nothing and starts no program but the text recognition. Does not cover a file that takes over the process
through a flaw in a parser: what such code could still do is read files as this user.

Run by ``parse.py`` alone; requests come as lines of JSON, answers go back as frames (``wire.py``).
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from assistant.errors import DocumentRefused
from assistant.ingest import wire
from assistant.loaders import recognition

NEW_USER, NEW_NET = 0x10000000, 0x40000000
NO_NEW_PRIVILEGES = 38
REFUSED_EVENTS = ("socket.", "urllib.", "ftplib.", "http.", "smtplib.", "imaplib.", "poplib.", "telnetlib.", "nntplib.")
PROCESS_EVENTS = ("os.exec", "os.posix_spawn", "os.system", "os.spawn", "pty.spawn", "os.startfile")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main() -> None:
    """Serve requests from standard input until it ends."""
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    _leave_the_network()
    from assistant.ingest import rendering  # noqa: F401  # imported here, once, for every process forked below
    from assistant.loaders import registry  # noqa: F401

    recognition.program()
    answers.write(wire.frame({"ready": True}))
    answers.flush()
    for line in sys.stdin.buffer:
        answers.write(_in_own_process(json.loads(line)))
        answers.flush()


def _leave_the_network() -> None:
    """Into an empty network namespace, as root or through a user namespace of one's own; best effort, Linux only."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if libc.unshare(NEW_NET) != 0:
            libc.unshare(NEW_USER | NEW_NET)
    except (OSError, AttributeError):
        return


def _in_own_process(request: dict[str, Any]) -> bytes:
    """The frame that answers ``request``; says how the process ended when it did not end well."""
    with tempfile.TemporaryFile() as answer:
        pid = os.fork()
        if pid == 0:
            _serve(request, answer)
        _, status, used = os.wait4(pid, 0)
        peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        code = os.waitstatus_to_exitcode(status)
        end = {"peak": peak, "seconds": used.ru_utime + used.ru_stime}
        if code != 0:
            return wire.frame({"died": signal.Signals(-code).name if code < 0 else f"exit {code}", **end})
        answer.seek(0)
        data = answer.read()
    head, body = wire.LENGTHS.unpack(data[: wire.LENGTHS.size])
    start = wire.LENGTHS.size
    return wire.frame(json.loads(data[start : start + head]) | end, data[start + head : start + head + body])


def _serve(request: dict[str, Any], answer: BinaryIO) -> NoReturn:
    """Do ``request`` in this process, write its frame to ``answer`` and end."""
    code = 1
    try:
        os.close(0)
        _limit(request["limits"])
        head, body = _do(request)
        answer.write(wire.frame(head, body))
        answer.flush()
        code = 0
    except MemoryError:
        code = 3
    except OSError:
        code = 4
    finally:
        os._exit(code)


def _limit(limits: dict[str, float]) -> None:
    seconds = int(limits["seconds"]) + 1
    for kind, most in (
        (resource.RLIMIT_AS, int(limits["memory"])),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, int(limits["output"])),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):
            continue  # the system's own limit is lower still, or it has no such limit
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds)
    sys.addaudithook(_no_way_out)


def _no_way_out(event: str, args: tuple[Any, ...]) -> None:
    """Audit hook (it cannot be taken off again): no socket, no program but the text recognition, no file written."""
    if event.startswith(REFUSED_EVENTS) or event.startswith(PROCESS_EVENTS):
        raise PermissionError(f"{event} is not allowed while a file is read")
    if event == "subprocess.Popen" and (args[0] is None or args[0] != recognition.program()):
        raise PermissionError("only the text recognition may be started while a file is read")
    named = event == "open" and not isinstance(args[0], int)  # a number is a pipe that is open already
    if named and isinstance(args[2], int) and args[2] & WRITING and str(args[0]) != os.devnull:
        raise PermissionError("nothing is written while a file is read")


def _do(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    from assistant.ingest import rendering
    from assistant.loaders import registry

    path = Path(request["path"])
    try:
        if request["do"] == "load":
            return {
                "loaded": wire.to_json(registry.load(path, request["name"], 0.7 * request["limits"]["seconds"]))
            }, b""
        return rendering.render(path, request)
    except DocumentRefused as error:
        return {"refused": str(error), "reason": error.reason}, b""


if __name__ == "__main__":
    main()
