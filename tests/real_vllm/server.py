"""Starts and ends a real vLLM server on the CPU, in a virtual environment that ``setup`` made. Installs nothing."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.policy import Tier

MODEL = "tiny"
KEY = "key-of-the-test-server"
CONTEXT = 4096
START_S = 180.0
"""A start takes some 15 s; a machine that is busy with other things has needed ten times that."""

ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",  # the model is so small that threads only wait for each other
    "TORCHDYNAMO_DISABLE": "1",  # or the first request with logprobs compiles for 5 to 13 s
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # with the "uni" executor: one process, which the tests can stop whole
}


class DidNotStart(RuntimeError):
    """The server ended or did not come up; the message holds the end of its log."""


@dataclass
class Server:
    """A running server. ``base_url`` ends in /v1; it wants the key in ``api_key_file``."""

    base_url: str
    model: str
    api_key_file: Path
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def port(self) -> int:
        return int(self.base_url.rsplit(":", 1)[1].removesuffix("/v1"))

    def tier(self, **changes: Any) -> Tier:
        """A tier that this server serves, as tiers.yaml would describe it."""
        given: dict[str, Any] = {
            "name": "light",
            "backend": "vllm",
            "model": self.model,
            "base_url": self.base_url,
            "api_key_file": self.api_key_file,
            "context_tokens": CONTEXT,
            "max_output_tokens": 300,
        }
        return Tier(**(given | changes))

    def metric(self, name: str) -> float:
        """The sum of a figure in /metrics, such as ``num_requests_running``."""
        status, text = get(self.port, "/metrics")
        assert status == 200, text
        found = re.findall(rf"^vllm:{name}{{.*}} (\S+)$", text, re.MULTILINE)
        assert found, f"/metrics holds no vllm:{name}"
        return sum(map(float, found))

    def tail(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def stop(self) -> None:
        """End the server and all that it started."""
        for number, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            try:
                os.killpg(self.process.pid, signal.SIGCONT)
                os.killpg(self.process.pid, number)
                self.process.wait(patience)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue


def start(venv: Path, folder: Path) -> Server:
    """Serve the model of ``venv`` on a free port of this machine; ``folder`` takes log and key file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    key_file, log = folder / "vllm.key", folder / "vllm.log"
    key_file.write_text(KEY + "\n", "utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [venv / "bin" / "vllm", "serve", venv / "models" / "tiny", *flags(port)],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # its own process group, so that stop() reaches its children
            # Bytecode is written at the first start and halves the following ones.
            env=environment | ENVIRONMENT,
        )
    server = Server(f"http://127.0.0.1:{port}/v1", MODEL, key_file, process, log)
    try:
        wait(server)
    except BaseException:
        server.stop()
        raise
    return server


def flags(port: int) -> list[str]:
    """The command line after the model. Tool calls and the structured outputs are as in production.

    float32 is what the model was taught in, so that what it learned is what it says.
    """
    return [
        *("--served-model-name", MODEL, "--host", "127.0.0.1", "--port", str(port), "--api-key", KEY),
        *("--max-model-len", str(CONTEXT), "--dtype", "float32", "--enforce-eager", "--max-num-seqs", "16"),
        *("--num-gpu-blocks-override", "512", "--distributed-executor-backend", "uni"),
        *("--scheduling-policy", "priority", "--enable-prompt-tokens-details"),
        *("--enable-auto-tool-choice", "--tool-call-parser", "hermes"),
        *("--structured-outputs-config", '{"backend":"xgrammar","disable_any_whitespace":true}'),
    ]


def wait(server: Server) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if server.process.poll() is not None:
            raise DidNotStart(f"vLLM ended with {server.process.returncode}. Its log ends:\n{server.tail()}")
        try:
            if get(server.port, "/health")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.25)
    raise DidNotStart(f"vLLM did not come up within {START_S:g} s. Its log ends:\n{server.tail()}")


def get(port: int, path: str) -> tuple[int, str]:
    """Status and text; http.client, which knows nothing of proxies."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace")
    finally:
        connection.close()
