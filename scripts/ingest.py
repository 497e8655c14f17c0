#!/usr/bin/env python3
"""Take documents into the knowledge base: a folder, an archive (zip, tar) or one file.

  scripts/ingest.py knowledge/policies --audience everyone --owner HR
  scripts/ingest.py policies.zip --dry-run
  scripts/ingest.py leave.pdf --audience everyone --expires 2027-12-31
  scripts/ingest.py --reindex

Works through the running app, or alone when it is down. Files that did not change cost a hash, so a run that was
stopped is simply run again. What front matter or a sidecar says goes before the options. Exit code 1 when a file was
refused or failed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import _start

from assistant import settings
from assistant.errors import StewardError
from assistant.web.control import Caller

EVERY_S = 0.3
ENDED = ("done", "cancelled", "failed")
TOLD = {
    "added": "added",
    "replaced": "new version of a document",
    "unchanged": "unchanged",
    "duplicate": "same file is there already",
    "refused": "refused",
    "failed": "failed",
    "cancelled": "not reached",
}
PLANNED = TOLD | {"added": "would be added", "replaced": "would be a new version", "refused": "would be refused"}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, nargs="?", help="folder, archive or file")
    parser.add_argument("--audience", default="", help="who may read files that do not say so themselves")
    parser.add_argument("--owner", default="", help="the team that keeps them")
    parser.add_argument("--language", default="", help="language of the text, such as en")
    parser.add_argument("--effective", default="", metavar="DATE", help="in force from, such as 2026-01-31")
    parser.add_argument("--review", default="", metavar="DATE", help="to be looked at again by")
    parser.add_argument("--expires", default="", metavar="DATE", help="no longer valid after")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would become of each file")
    parser.add_argument(
        "--remove-missing", action="store_true", help="remove documents of this folder that are no longer in it"
    )
    parser.add_argument("--reindex", action="store_true", help="make the whole index anew, beside the one in use")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    args = parser.parse_args()
    if bool(args.path) == args.reindex:
        parser.error("give a folder, an archive or a file, or --reindex")
    return args


def bar(told: dict[str, Any]) -> None:
    """One line that is written over, on a terminal only."""
    if not sys.stderr.isatty():
        return
    width = shutil.get_terminal_size().columns
    full = round(told["share"] * 24)
    left = "" if told["seconds_left"] is None else f", {told['seconds_left']:.0f} s left"
    counted = f"{told['done']} of {told['total']}" if told["total"] else f"{told['share']:.0%}"
    line = f"[{'#' * full}{'.' * (24 - full)}] {counted}{left}  {told['name']}"
    print(f"\r{line[: width - 1]:<{width - 1}}", end="", file=sys.stderr, flush=True)


async def follow(caller: Caller, job: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Show how far the job is until it has ended; ``items`` gets what became of each file."""
    while True:
        told = await caller.call("ingest.status", job=job, since=len(items))
        items += told["items"]
        bar(told)
        if told["state"] in ENDED and not told["items"]:
            return told
        if len(told["items"]) < 200:
            await asyncio.sleep(EVERY_S)


def report(told: dict[str, Any], items: list[dict[str, Any]], words: dict[str, str]) -> None:
    """What became of the files: counts, then every refused one with its reason and every likeness."""
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    for item in items:
        if item["state"] in ("refused", "failed", "duplicate"):
            print(f"{words[item['state']]}: {item['name']}  {item['reason']}")
        elif item["like"]:
            alike = ", ".join(f"{title} ({key}) {likeness:.0%}" for key, title, likeness in item["like"])
            print(f"{words[item['state']]}: {item['name']}  nearly the same as {alike}")
    for state, count in sorted(told["counts"].items()):
        print(f"{count:6d}  {words.get(state, state)}")
    if told["reason"]:
        print(told["reason"])
    elif not told["counts"] and told["state"] == "done":
        print("The index was made anew." if words is TOLD else "There is no document.")


async def run() -> int:
    args = arguments()
    async with Caller(settings.load()) as caller:
        if args.reindex:
            job = (await caller.call("ingest.reindex"))["job"]
        else:
            names = ("audience", "owner", "language", "effective", "review", "expires")
            job = (
                await caller.call(
                    "ingest.start",
                    path=str(args.path.resolve()),
                    given={name: getattr(args, name) for name in names},
                    remove_missing=args.remove_missing,
                    dry_run=args.dry_run,
                )
            )["job"]
        items: list[dict[str, Any]] = []
        try:
            told = await follow(caller, job, items)
        except asyncio.CancelledError:
            told = await asyncio.shield(stopped(caller, job, items))
        report(told, items, PLANNED if args.dry_run else TOLD)
        if args.json:
            args.json.write_text(json.dumps({**told, "items": items}, indent=1), encoding="utf-8")
    bad = told["counts"].get("refused", 0) + told["counts"].get("failed", 0)
    if told["state"] == "failed":
        raise StewardError(told["reason"])
    if told["state"] == "cancelled":
        print("Stopped. What was taken in stays; run the same command again to go on.")
        return 130
    return 1 if bad else 0


async def stopped(caller: Caller, job: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """After Ctrl-C: end the job after the file it is at, and say what became of the others."""
    await caller.call("ingest.cancel", job=job)
    return await follow(caller, job, items)


if __name__ == "__main__":
    _start.main(run)
