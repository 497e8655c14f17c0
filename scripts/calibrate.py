#!/usr/bin/env python3
"""Compute how sure an answer has to be, from a stated maximum error, into policies/confidence.yaml.

  scripts/calibrate.py --data knowledge/samples/questions.yaml FILE.jsonl ... [--max-error 0.1] [--out FILE]

Answers every question of the files with the configured tiers, compares with the known answers, fits the weights of the
signals on half of the groups, and reports on the other half: AUC of right against wrong, reliability by tenths, risk
at 50, 80 and 100 % coverage per tier, and what the thresholds do. --html draws the reliability diagram and the
risk-coverage curves. Restart Steward to use the new file.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import _start
import yaml

from assistant import settings
from assistant.errors import StewardError
from assistant.pipeline.kit import build
from assistant.work import calibration
from assistant.work.cards import curves

ON_SAMPLES = (".yaml", ".yml")
HEAD = (
    "# How sure an answer has to be. Written by scripts/calibrate.py; only the two stated errors are set by people.\n"
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="questions with known answers")
    parser.add_argument("--max-error", type=float, default=0.10, help="wrong answers among those without a warning")
    parser.add_argument("--max-error-warned", type=float, default=0.40, help="wrong answers among those with a warning")
    parser.add_argument("--rows", type=int, default=800, help="most rows of a .jsonl file that are used")
    parser.add_argument("--out", type=Path, help="the policy file; default: confidence.yaml of the policies folder")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    parser.add_argument("--html", type=Path, help="also draw the curves into this file")
    return parser.parse_args()


def progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total}", end="", file=sys.stderr, flush=True)


async def run() -> int:
    args = arguments()
    shipped = settings.load()
    found: list[calibration.Answered] = []
    for path in args.data:
        if not path.is_file():
            raise StewardError(f"{path} is not a file. Name the questions with --data.")
        on_samples = path.suffix in ON_SAMPLES
        with tempfile.TemporaryDirectory(prefix="steward-calibrate-") as folder:
            own = {"data_dir": Path(folder) / "var", "audit_db": Path(folder) / "audit.db", "samples": on_samples}
            kit = await build(shipped.model_copy(update={**own, "turns_per_minute": 1_000_000}))
            try:
                if on_samples:
                    found += await calibration.of_turns(kit, path, progress)
                else:
                    found += await calibration.of_passages(kit, path, progress, args.rows)
            except ValueError as error:
                raise StewardError(str(error)) from None
            finally:
                await kit.close()
    try:
        policy, report = calibration.calibrate(found, args.max_error, args.max_error_warned)
    except ValueError as error:
        raise StewardError(str(error)) from None
    out = args.out or shipped.policies_dir / "confidence.yaml"
    out.write_text(HEAD + yaml.safe_dump(policy.model_dump(), sort_keys=False), encoding="utf-8")
    for name, part in report.items():
        print(f"\r{name}: " + json.dumps({k: v for k, v in part.items() if k != "risk_curve"}))
    print(f"Written: {out}. answer from {policy.answer}, warn from {policy.warn}")
    if args.json:
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if args.html:
        args.html.write_text(curves.document(report), encoding="utf-8")
    return 0


if __name__ == "__main__":
    _start.main(run)
