"""No egress: nothing off this machine is looked up or contacted from start to answer, and both tests of it can fail.

The trace sees native code too. Where strace is not installed, the guard of ``network_guard.py`` watches the same run
through a ``sitecustomize`` instead, and sees what goes through Python.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import egress
from tests import network_guard
from tests.pipeline.conftest import DOCUMENTS, FRONT

ROOT = Path(__file__).resolve().parent.parent
QUESTION = (
    "I am jane.roe@corp.example, see https://hr.corp.example/leave?x=1. How many days of parental leave do I get?"
)
CALLS = "trace=connect,sendto,sendmsg,sendmmsg"
ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"|sin6_addr="?([0-9a-fA-F:.]+)')
PORT = re.compile(r"sin6?_port=htons\((\d+)\)")
RESOLVERS = re.compile(r'sun_path=@?"[^"]*(nscd|resolve|avahi|nslcd|sssd)[^"]*"')


def contacts(trace: str) -> list[str]:
    """Lines of an strace log that reach for anything off this machine, or for a name service."""
    found = []
    for line in trace.splitlines():
        if "AF_INET" in line:
            address = next((a for groups in ADDRESS.findall(line) for a in groups if a), "")
            port = PORT.search(line)
            if not network_guard.is_local(address or "?") or (port and port.group(1) == "53"):
                found.append(line)
        elif RESOLVERS.search(line):
            found.append(line)
    return found


def watched(arguments: list[str], folder: Path, environment: dict[str, str], *, trace: bool) -> tuple[str, list[str]]:
    """Run Python with ``arguments`` and nothing of our environment; its output and what it reached for."""
    log = folder / "network.log"
    if trace:
        command = ["strace", "-f", "-qq", "-e", CALLS, "-o", str(log), sys.executable, *arguments]
    else:
        (folder / "sitecustomize.py").write_text(
            f"import importlib.util\n"
            f"spec = importlib.util.spec_from_file_location('network_guard', {network_guard.__file__!r})\n"
            f"guard = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(guard)\n"
            f"def note(what):\n    with open({str(log)!r}, 'a') as f:\n        f.write(what + '\\n')\n"
            f"guard.install(note)\nnote('watching')\n"
        )
        environment = {**environment, "PYTHONPATH": str(folder)}
        command = [sys.executable, *arguments]
    home = {"HOME": str(folder / "home"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=home | environment, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    text = log.read_text(encoding="utf-8", errors="replace")
    if trace:
        return done.stdout, contacts(text)
    noted = text.splitlines()
    assert noted[0] == "watching"
    return done.stdout, noted[1:]


WAYS = [True, False] if shutil.which("strace") else [False]


@pytest.mark.parametrize("name", sorted(egress.OFF))
def test_every_switch_is_set_whatever_the_operator_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "what the operator wanted")
    egress.silence()
    assert os.environ.get(name, "") == egress.OFF[name]


def test_nothing_is_contacted_from_start_to_answer(tmp_path: Path) -> None:
    """An empty home and data folder: first start, indexing, encoder, Presidio, Guard, Chroma and an answer."""
    samples = tmp_path / "knowledge" / "samples"
    samples.mkdir(parents=True)
    id_, title, audience, text = DOCUMENTS["leave.md"]
    (samples / "leave.md").write_text(FRONT.format(id=id_, title=title, audience=audience) + text, encoding="utf-8")
    environment = {
        "STEWARD_DATA_DIR": str(tmp_path / "var"),
        "STEWARD_AUDIT_DB": str(tmp_path / "audit.db"),
        "STEWARD_KNOWLEDGE_DIR": str(tmp_path / "knowledge"),
    }
    arguments = [str(ROOT / "scripts/ask.py"), "--person", "aisha", QUESTION]
    answer, reached = watched(arguments, tmp_path, environment, trace=WAYS[0])
    assert "126 calendar days" in answer and "(answered" in answer
    assert reached == []
    home = tmp_path / "home"
    assert not [p for p in home.rglob("*") if p.is_file()], "a library keeps something in the home folder"


PLANTED = {
    "a name": "import socket\ntry: socket.getaddrinfo('planted.example', 443)\nexcept OSError: pass",
    "an address": "import socket\ns = socket.socket()\ns.settimeout(.2)\n"
    "try: s.connect(('192.0.2.1', 443))\nexcept OSError: pass",
    "IPv6": "import socket\ntry:\n s = socket.socket(socket.AF_INET6)\n s.settimeout(.2)\n"
    " s.connect(('2001:db8::1', 443))\nexcept OSError: pass",
    "a datagram": "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "try: s.sendto(b'x', ('192.0.2.1', 53))\nexcept OSError: pass",
}
HARMLESS = "import socket\ns = socket.socket()\ns.settimeout(.2)\ns.connect_ex(('127.0.0.1', 9))"


@pytest.mark.parametrize("trace", WAYS, ids=lambda t: "trace" if t else "guard")
def test_both_ways_of_watching_find_what_is_planted(tmp_path: Path, trace: bool) -> None:
    for name, program in PLANTED.items():
        folder = tmp_path / name
        folder.mkdir()
        _, reached = watched(["-c", program], folder, {}, trace=trace)
        assert reached, f"{name} was not noticed"
    assert watched(["-c", HARMLESS], tmp_path, {}, trace=trace)[1] == []


def test_the_trace_knows_name_services_by_their_socket() -> None:
    assert contacts('12 connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT')
    assert contacts('12 connect(3, {sa_family=AF_UNIX, sun_path="/run/systemd/resolve/io.systemd.Resolve"}, 42) = 0')
    assert contacts('12 connect(8, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}, 16) = 0')
    assert not contacts('12 connect(3, {sa_family=AF_UNIX, sun_path="/tmp/var/control.sock"}, 110) = 0')


def test_a_test_that_asks_the_network_fails_even_when_the_refusal_is_swallowed(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_planted.py").write_text(
        "import socket, threading\n"
        "def swallow(host):\n"
        "    try: socket.create_connection((host, 443), timeout=.2)\n"
        "    except OSError: pass\n"
        "def test_name(): swallow('planted.example')\n"
        "def test_address(): swallow('192.0.2.7')\n"
        "def test_thread():\n"
        "    t = threading.Thread(target=swallow, args=('thread.example',)); t.start(); t.join()\n"
        "def test_loopback(): swallow('127.0.0.1')\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
    ]
    done = subprocess.run(
        [*command, "-c", str(tmp_path / "pytest.ini"), str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert "4 passed, 3 errors" in done.stdout, done.stdout + done.stderr
    for planted in ("planted.example", "192.0.2.7", "thread.example"):
        assert planted in done.stdout


def test_this_process_is_guarded() -> None:
    with pytest.raises(network_guard.NetworkRefused):
        socket.getaddrinfo("planted.example", 443)
    with pytest.raises(network_guard.NetworkRefused), socket.socket() as s:
        s.connect(("192.0.2.1", 443))
    assert len(network_guard.attempts) == 2
    network_guard.attempts.clear()
