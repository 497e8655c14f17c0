#!/usr/bin/env python3
"""Quality in figures: runs the shipped pipeline's own stages over a file of cases.

  scripts/measure.py answers      --data knowledge/samples/questions.yaml
  scripts/measure.py retrieval    --data FILE.jsonl | knowledge/samples/questions.yaml
  scripts/measure.py unanswerable --data FILE.jsonl
  scripts/measure.py grounding    --data FILE.jsonl
  scripts/measure.py pii          --data FILE.jsonl
  scripts/measure.py parsing      --data FILE.jsonl
  scripts/measure.py injection    --data FILE.jsonl

Works in a data folder of its own that is removed at the end: nothing of it reaches your record or index. Policies and
tiers are those configured. Prints a table; --json also writes figures, counts, 95 % intervals and every row.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import _start

from assistant import settings
from assistant.errors import StewardError
from assistant.pipeline.kit import build
from assistant.work.measures import answers, grounding, injection, parsing, pii, retrieval, unanswerable

AREAS = {
    "answers": answers.measure,
    "grounding": grounding.measure,
    "parsing": parsing.measure,
    "pii": pii.measure,
    "injection": injection.measure,
    "retrieval": retrieval.measure,
    "unanswerable": unanswerable.measure,
}
ON_SAMPLES = (".yaml", ".yml")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("area", choices=sorted(AREAS))
    parser.add_argument("--data", type=Path, required=True, help="the cases")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total}", end="", file=sys.stderr, flush=True)


async def run() -> int:
    args = arguments()
    if not args.data.is_file():
        raise StewardError(f"{args.data} is not a file. Name the cases with --data.")
    with tempfile.TemporaryDirectory(prefix="steward-measure-") as folder:
        chosen = settings.load().model_copy(
            update={
                "data_dir": Path(folder) / "var",
                "audit_db": Path(folder) / "audit.db",
                "samples": args.data.suffix in ON_SAMPLES,
                "turns_per_minute": 1_000_000,
            }
        )
        kit = await build(chosen)
        try:
            found = await AREAS[args.area](kit, args.data, progress)
        except ValueError as error:
            raise StewardError(str(error)) from None
        finally:
            await kit.close()
    print(f"\r{args.area}  {args.data.name}  policy {kit.policies.version}", flush=True)
    print(found.table())
    if args.json:
        found.write(args.json)
    return 0


if __name__ == "__main__":
    _start.main(run)
