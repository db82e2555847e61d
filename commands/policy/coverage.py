"""`crossgate policy coverage`: which rules the tests have seen hold and fail, and which not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Final

import typer

import server
from policies.catalogue import CATALOGUE
from policies.coverage import Coverage, countable_rules, read_coverage
from policies.policy import Policy
from policies.source import Rule

RECORD: Final = Path(__file__).parents[2] / ".data" / "policy-coverage.json"
NO_RECORD: Final = 2


def coverage(
    missing: Annotated[bool, typer.Option("--missing", help="Name each branch that was not seen, too.")] = False,
    record: Annotated[Path, typer.Option(help="What the tests have written.", show_default=False)] = RECORD,
) -> None:
    """Say which rules the tests exercise; exit with 1 where one was never seen to hold or to fail, with 2 without a record.

    A rule counts as seen when a request of a test asks policy something that the rule has a say in. It held, or it failed, if it was
    true, or not true, for that viewer and any row that was stored when the test ended; of field rules, any row that the viewer reads.
    A branch is a part of a rule that is the first to fail, or the whole of it that holds. A part that only lists fields cannot fail.

    Counted are requests within the tests' own process, by the policy of the checkout, since `make test` began or since policy
    changed. Not counted are rules of a value alone, which have no viewer, and tests of scale. That a rule is seen does not say that a
    test would notice its absence.
    """
    policy = Policy.load(server.POLICIES, CATALOGUE)
    seen = read_coverage(record)
    if seen is None or seen.version != policy.version:
        said = "There is no record of a run" if seen is None else "The last run was of another policy"
        typer.echo(f"crossgate: {said}: run `make test`, or some of it (ARGS=tests/rules).", err=True)
        raise typer.Exit(NO_RECORD)
    rules = countable_rules(policy.rules)
    typer.echo("\n".join([*_table(seen, rules), *_missing(seen, rules, branches_too=missing)]))
    raise typer.Exit(0 if seen.count_held_and_failed(rules) == len(rules) else 1)


def _table(seen: Coverage, rules: Sequence[Rule]) -> Iterator[str]:
    """A line for each file, and one for all."""
    for file, of_file in groupby(rules, key=lambda rule: rule.file):
        yield f"{file:28} {seen.summary(list(of_file))}"
    yield f"{'policy':28} {seen.summary(rules)}"


def _missing(seen: Coverage, rules: Sequence[Rule], *, branches_too: bool) -> Iterator[str]:
    """What was not seen, with its place."""
    for rule in rules:
        ways = [way for way, was in (("held", seen.held(rule)), ("failed", seen.failed(rule))) if not was]
        if ways:
            yield f"{rule.place}: never {' nor '.join(ways)}: {rule.text}"
        elif branches_too:
            yield from (f"{rule.place}: never the first to fail: {text}" for text in seen.missing(rule).values())
