"""`crossgate policy coverage`: which rules the tests saw hold and fail, and which they didn't."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

RECORD: Final = Path(__file__).parents[2] / ".data" / "policy-coverage.json"


def coverage(
    missing: Annotated[bool, typer.Option("--missing", help="Also list each branch that wasn't seen.")] = False,
    record: Annotated[Path, typer.Option(help="The record that the tests wrote.", show_default=False)] = RECORD,
) -> None:
    """Print which rules the tests exercise. Exits with 1 if a rule never held or never failed, and with 2 if there is no record.

    A rule counts as seen when a test's request makes a decision that it affects. It held (or failed) if it was true (or not) for that
    viewer and any row stored when the test ended. For a field rule, only rows that the viewer can read count. A branch is the first
    part of a rule to fail, or the whole rule if it holds. A part that only lists fields can't fail.

    Only requests in the tests' own process count, made with the checkout's policy, since `make test` started or the policy changed.
    Rules about values alone, which have no viewer, and the scale tests don't count. A rule that was seen may still be one whose
    removal no test would notice.
    """
    from commands.policy.work.coverage import coverage as print_coverage

    print_coverage(record, missing=missing)
