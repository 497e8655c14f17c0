"""Prove the record, or show one turn of it.

``verify`` needs neither keys nor a running app and changes nothing; a copy of audit.db will do. It exits 0 only when
the record is intact (no row changed, missing or out of order) and complete (every turn has its closing row). While
Steward runs on its own record, turns younger than the turn time-out may still be open. ``show`` opens texts and
needs the keys. What a chain of hashes cannot show stands in assistant/store/chain.py.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assistant import egress

egress.silence()

from assistant import settings
from assistant.errors import StewardError
from assistant.store.chain import turn_rows, unclosed_turns, verify_file
from assistant.store.keys import KeyStore
from assistant.store.lock import owner


def verify(db: Path | None) -> int:
    """Print both findings; 0 when both are good, else 1."""
    config = settings.load()
    path = db or config.audit_db
    running: set[str] = set()
    if path.resolve() == config.audit_db.resolve() and owner(config.data_dir) is not None:
        young = datetime.now(UTC) - timedelta(seconds=config.turn_timeout_s)
        running = {turn for turn, opened in unclosed_turns(path) if opened > young}
    found = verify_file(path, running)
    print(f"record       {path}")
    print(f"rows         {found.rows:,}")
    print(f"integrity    {'intact' if found.ok else 'BROKEN: ' + found.problem}")
    if found.ok:
        print(f"completeness {'complete' if found.complete else 'INCOMPLETE: ' + found.problem}")
        for turn in found.open_turns[:20]:
            print(f"             no closing row: {turn}")
        print(f"head         {found.head}")
    else:
        print("completeness not known: the rows cannot be trusted")
    if running:
        print(f"running      {len(running)} turns are being answered now")
    return 0 if found.ok and found.complete else 1


def show(turn_id: str, db: Path | None) -> int:
    """Print the rows of a turn as JSON, their texts opened; 1 when there are none."""
    config = settings.load()
    folder = config.data_dir / "keys"
    keys = KeyStore.open(folder) if folder.is_dir() else None
    try:
        rows = turn_rows(db or config.audit_db, turn_id, keys)
    finally:
        if keys is not None:
            keys.close()
    if not rows:
        print(
            f"The record holds no turn {turn_id!r}. Turn ids stand under 'How this answer was made'.", file=sys.stderr
        )
        return 1
    print(json.dumps(rows, indent=2, ensure_ascii=False))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    proof = commands.add_parser("verify", help="prove that the record is intact and complete")
    proof.add_argument("--db", type=Path, help="a record or a copy of one (default: the record of this installation)")
    one = commands.add_parser("show", help="print the rows of one turn, texts opened")
    one.add_argument("turn_id", metavar="TURN_ID", help="id of the turn")
    one.add_argument("--db", type=Path, help="a record or a copy of one (default: the record of this installation)")
    given = parser.parse_args()
    try:
        return verify(given.db) if given.command == "verify" else show(given.turn_id, given.db)
    except StewardError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
