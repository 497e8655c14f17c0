#!/usr/bin/env python3
"""Draw the guards' report card: every registered guard over files you name, as a page and as JSON.

  scripts/report_card.py --data FILE.jsonl ... [--out FOLDER]

Without --out the card goes where the app shows it to auditors and administrators (page Guards). Draw it anew after a
change of policy or model. Rows are in the formats of ``scripts/measure.py``; each guard takes those it understands:
personal data (text, spans), injection (text, label), grounding (passages, answer, grounded), unanswerable (question,
passages, answerable).
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
from assistant.store import report_card
from assistant.work.cards import drawing, report


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="the cases")
    parser.add_argument("--out", type=Path, help="folder for report-card.html and report-card.json")
    return parser.parse_args()


def progress(what: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{what}  {done} of {total}      ", end="", file=sys.stderr, flush=True)


async def run() -> int:
    args = arguments()
    for file in args.data:
        if not file.is_file():
            raise StewardError(f"{file} is not a file. Name the cases with --data.")
    shipped = settings.load()
    with tempfile.TemporaryDirectory(prefix="steward-card-") as folder:
        own = {"data_dir": Path(folder) / "var", "audit_db": Path(folder) / "audit.db", "samples": False}
        kit = await build(shipped.model_copy(update=own))
        try:
            card = await report.draw(kit, args.data, progress)
        except ValueError as error:
            raise StewardError(str(error)) from None
        finally:
            await kit.close()
    written = report_card.write(args.out or report_card.folder(shipped.data_dir), card, drawing.document(card))
    for guard in card["guards"]:
        print(f"\r{guard['name']:14} {line(guard)}")
    print(f"Written: {', '.join(map(str, written))}")
    return 0


def line(guard: dict) -> str:  # type: ignore[type-arg]
    """One guard in one line."""
    parts = [f"{guard['bad']} bad, {guard['good']} good"]
    if guard["auc"] is not None:
        parts.append(f"AUC {guard['auc']:.3f}")
    parts += [f"caught at {name} {share['share']:.1%}" for name, share in guard["recall"].items() if share]
    shipped = (("caught as shipped", guard["recall_shipped"]), ("wrongly stopped", guard["wrong_shipped"]))
    parts += [f"{word} {share['share']:.1%}" for word, share in shipped if share]
    return ", ".join([*parts, f"median {guard['median_ms']:.1f} ms, p95 {guard['p95_ms']:.1f} ms"])


if __name__ == "__main__":
    _start.main(run)
