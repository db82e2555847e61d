"""Which rules the tests saw hold and fail, from the record that they wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final, NoReturn

import typer

import server
from policies.analysis.coverage import Coverage, countable_rules, read_coverage
from policies.catalogue import CATALOGUE
from policies.evaluation.policy import Policy
from policies.language.source import Rule

NO_RECORD: Final = 2


def coverage(record: Path, *, missing: bool) -> NoReturn:
    """Print the coverage in a record, and exit with the command's code. With `missing`, list each branch that wasn't seen."""
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
