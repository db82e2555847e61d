"""`crossgate policy coverage`: which rules the tests saw hold and fail, and which they didn't."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Final

import typer

import server
from policies.analysis.coverage import Coverage, countable_rules, read_coverage
from policies.catalogue import CATALOGUE
from policies.evaluation.policy import Policy
from policies.language.source import Rule

RECORD: Final = Path(__file__).parents[2] / ".data" / "policy-coverage.json"
NO_RECORD: Final = 2


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
    policy = Policy.load(server.POLICIES, CATALOGUE)
    seen = read_coverage(record)
    if seen is None or seen.version != policy.version:
        problem = "No test run is recorded" if seen is None else "The recorded test run used a different policy"
        typer.echo(f"crossgate: {problem}: run `make test`, or part of it (ARGS=tests/rules).", err=True)
        raise typer.Exit(NO_RECORD)
    rules = countable_rules(policy.rules)
    typer.echo("\n".join([*_table(seen, rules), *_missing(seen, rules, branches_too=missing)]))
    raise typer.Exit(0 if seen.count_held_and_failed(rules) == len(rules) else 1)


def _table(seen: Coverage, rules: Sequence[Rule]) -> Iterator[str]:
    """Yield a summary per file and one for the whole policy."""
    for file, file_rules in groupby(rules, key=lambda rule: rule.file):
        yield f"{file:28} {seen.summary(list(file_rules))}"
    yield f"{'policy':28} {seen.summary(rules)}"


def _missing(seen: Coverage, rules: Sequence[Rule], *, branches_too: bool) -> Iterator[str]:
    """Yield what was not seen, with its place in the policy."""
    for rule in rules:
        unseen = [outcome for outcome, was_seen in (("held", seen.held(rule)), ("failed", seen.failed(rule))) if not was_seen]
        if unseen:
            yield f"{rule.place}: never {' nor '.join(unseen)}: {rule.text}"
        elif branches_too:
            yield from (f"{rule.place}: never the first to fail: {text}" for text in seen.missing(rule).values())
