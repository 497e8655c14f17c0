#!/usr/bin/env python3
"""Speed and memory in figures, with the same work done by the plain alternative in the same run.

  scripts/bench.py start
  scripts/bench.py turn
  scripts/bench.py load --people 50
  scripts/bench.py page
  scripts/bench.py release
  scripts/bench.py cuts --cuts 200
  scripts/bench.py documents
  scripts/bench.py ingest --data FOLDER
  scripts/bench.py search --passages 100000
  scripts/bench.py kills --kills 100
  scripts/bench.py stream --base-url http://127.0.0.1:8101/v1 --model light

Works in a data folder of its own that is removed at the end. Medians and percentiles in milliseconds; machines are
noisy, so compare ratios of one run rather than figures of two.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import tempfile
from pathlib import Path

import _start

from assistant import policy, settings
from assistant.pipeline.kit import build
from assistant.settings import Settings
from assistant.work.benches import (
    cuts,
    documents,
    ingest,
    kills,
    load,
    page,
    release,
    search,
    start,
    stream,
    turn,
)
from assistant.work.benches.timing import Timings

NAMES = ("start", "stream", "turn", "load", "page", "cuts", "release", "documents", "ingest", "search", "kills")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--people", type=int, default=50, help="load: how many ask at once")
    parser.add_argument("--cuts", type=int, help="release, cuts: how many random cuts")
    parser.add_argument("--data", type=Path, help="ingest: folder of documents (default: the sample company's)")
    parser.add_argument("--passages", type=int, default=10_000, help="search: how many there are to search")
    parser.add_argument("--kills", type=int, default=100, help="kills: how often the process is killed")
    parser.add_argument("--seed", type=int, default=1, help="kills: of the moments")
    parser.add_argument("--base-url", default="", help="stream: the model server's OpenAI API, ending in /v1")
    parser.add_argument("--model", default="", help="stream: the model's name on that server")
    parser.add_argument("--api-key-file", type=Path, help="stream: file with the server's key, if it asks for one")
    return parser.parse_args()


def progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total}", end="", file=sys.stderr, flush=True)


def policies_for(args: argparse.Namespace) -> policy.Policies | None:
    """The configured policies, every tier on the server named on the command line, if one is."""
    if not args.base_url:
        return None
    policies = policy.load(settings.load().policies_dir)
    tier = policy.Tier(
        name="light",
        backend="vllm",
        model=args.model,
        base_url=args.base_url,
        api_key_file=args.api_key_file,
        context_tokens=4096,
    )
    routes = dict.fromkeys(policies.tiers.routes, "light")
    return policies.model_copy(update={"tiers": policy.Tiers(tiers=[tier], routes=routes)})


async def measure(args: argparse.Namespace, chosen: Settings) -> Timings:
    if args.name == "start":
        return await start.bench(chosen, progress)
    if args.name == "load":
        return await load.bench(chosen, progress, args.people)
    if args.name == "cuts":
        return await cuts.bench(chosen, progress, args.cuts or cuts.CUTS)
    if args.name == "page":
        return await page.bench(chosen, progress)
    if args.name == "documents":
        return await documents.bench(chosen, progress)
    if args.name == "kills":
        return await kills.bench(chosen.data_dir.parent, args.kills, args.seed, progress)
    samples = {} if args.name != "ingest" else {"samples": False}
    kit = await build(chosen.model_copy(update=samples), policies=policies_for(args))
    questions = chosen.knowledge_dir / "samples" / "questions.yaml"
    try:
        if args.name == "release":
            return await release.bench(kit, progress, args.cuts or release.CUTS)
        if args.name == "ingest":
            return await ingest.bench(kit, args.data or chosen.knowledge_dir / "samples", progress)
        if args.name == "search":
            return await search.bench(kit, questions, args.passages, chosen.data_dir.parent, progress)
        bench = turn.bench if args.name == "turn" else stream.bench
        return await bench(kit, questions, progress)
    finally:
        await kit.close()


async def run() -> int:
    args = arguments()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="steward-bench-") as folder:
        given = {
            "data_dir": Path(folder) / "var",
            "audit_db": Path(folder) / "audit.db",
            "turns_per_minute": 1_000_000,
            "port": port,
        }
        found = await measure(args, settings.load().model_copy(update=given))
    print(f"\r{args.name}")
    print(found.table())
    if args.json:
        args.json.write_text(
            json.dumps({"series": found.summary(), "figures": found.figures}, indent=1), encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    _start.main(run)
