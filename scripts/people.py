#!/usr/bin/env python3
"""The people who may sign in: list, add, change, suspend, reset a password.

  scripts/people.py list
  scripts/people.py add jane.lim --display-name "Jane Lim" --groups staff,claims --roles employee
  scripts/people.py access jane.lim --groups staff,finance
  scripts/people.py suspend jane.lim        (and: restore jane.lim)
  scripts/people.py reset jane.lim

Passwords are asked for, or read from the first line of standard input when that is not a terminal; they have at least
ten characters. Every change is on record. Works through the running app, or alone when none runs.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

import _start

from assistant import settings
from assistant.web.control import Caller


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="a header and a line per person, the sign-in name first")
    for name, text in (
        ("add", "add a person"),
        ("access", "replace groups or roles; acts on the next question"),
        ("suspend", "out at the next request, in open sessions too"),
        ("restore", "let a suspended person in again"),
        ("reset", "set a new password and end open sessions"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("name", help="sign-in name")
        if name in ("add", "access"):
            command.add_argument("--groups", type=_words, default=[], help="comma separated, from policies/access.yaml")
            command.add_argument(
                "--roles", type=_words, default=[], help="comma separated, for example employee,expert"
            )
        if name == "add":
            command.add_argument("--display-name", required=True)
            command.add_argument("--title", default="")
    return parser.parse_args()


def _words(text: str) -> list[str]:
    return [w.strip() for w in text.split(",") if w.strip()]


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise SystemExit("The two passwords differ. Nothing was changed.")
    return first


def _print(people: list[dict[str, Any]]) -> None:
    rows = [("name", "display name", "roles", "groups", "state")]
    rows += [
        (
            p["name"],
            p["display_name"],
            ",".join(p["roles"]),
            ",".join(p["groups"]),
            "suspended" if p["suspended"] else "sample" if p["sample"] else "active",
        )
        for p in people
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


async def run() -> int:
    args = arguments()
    given: dict[str, Any] = {}
    if args.command != "list":
        given["name"] = args.name
    if args.command in ("add", "access"):
        given |= {"groups": args.groups, "roles": args.roles}
    if args.command == "add":
        given |= {"display_name": args.display_name, "title": args.title}
        given["groups"] = args.groups or ["staff"]
        given["roles"] = args.roles or ["employee"]
    if args.command in ("add", "reset"):
        given["password"] = _password()
    if args.command in ("suspend", "restore"):
        given["suspended"] = args.command == "suspend"
    command = "suspend" if args.command == "restore" else args.command
    async with Caller(settings.load()) as steward:
        result = await steward.call(f"people.{command}", **given)
    _print(result["people"] if command == "list" else [result["person"]])
    return 0


if __name__ == "__main__":
    _start.main(run)
