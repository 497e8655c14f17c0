#!/usr/bin/env python3
"""Ask one question from the terminal: a governed turn like any other, on record.

  scripts/ask.py --person aisha "How many days of parental leave do I get, and from when?"
  scripts/ask.py --person aisha --conversation ID "And for fathers?"

Works through the running app, or alone when none runs. Exit code 0 when the turn ended as it should (answered,
abstained, refused or handed over), 1 when it failed or could not be asked.
"""

from __future__ import annotations

import argparse
import json
import sys

import _start

from assistant import settings
from assistant.web.control import Caller


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("question", help="the question; - reads it from standard input")
    parser.add_argument("--person", required=True, help="sign-in name of the person who asks")
    parser.add_argument("--conversation", default="", help="id of an earlier conversation of that person")
    parser.add_argument("--json", action="store_true", help="print outcome, answer, citations, tier, verdicts, times")
    return parser.parse_args()


async def run() -> int:
    args = arguments()
    if args.question == "-":
        question = sys.stdin.buffer.read().decode("utf-8", "replace")
    else:
        question = args.question
    async with Caller(settings.load()) as steward:
        result = await steward.call("ask", person=args.person, conversation=args.conversation, question=question)
    if args.json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        print(result["answer"])
        for c in result["citations"]:
            page = f", page {c['page']}" if c["page"] else ""
            stale = f" ({c['stale']})" if c["stale"] else ""
            print(f"  [{c['number']}] {' > '.join([c['title'], *c['heading']])}{page}{stale}")
        print(f"({result['outcome']}, {result['tier_reason'] or 'no tier'}; conversation {result['conversation']})")
    return 1 if result["outcome"] == "failed" else 0


if __name__ == "__main__":
    _start.main(run)
