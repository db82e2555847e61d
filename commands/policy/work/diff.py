"""The cells of the policy matrix that change between two policies, and for which viewers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final, NoReturn

import typer

import server
from commands.failure import Failure
from commands.policy.formats import Format
from commands.policy.revisions import policies_of
from commands.policy.wording import worded
from policies.analysis.matrix import Cell
from policies.analysis.viewer_classes import label
from policies.catalogue import CATALOGUE
from policies.errors import PolicyError
from policies.evaluation.policy import Policy
from policies.predicates.predicate import show
from policies.prove.changes import Change, changes

EQUIVALENT: Final = "The policies are equivalent: every viewer gets the same decisions."
HEAD: Final = "| | viewers | before | after |\n| --- | --- | --- | --- |"


def diff(revision: str, format: Format) -> NoReturn:  # noqa: A002 (the option's name)
    """Print what differs from another policy, and exit with the command's code. Raises BadParameter if it can't be loaded."""
    try:
        with policies_of(revision) as directory:
            differences = list(changes(_loaded(directory, revision), server.load_policy()))
    except Failure as failure:
        raise typer.BadParameter(str(failure)) from None
    typer.echo(
        "\n".join(_text(differences) if format == Format.TEXT else _markdown(differences)) if differences else EQUIVALENT
    )
    raise typer.Exit(1 if differences else 0)


def _loaded(directory: Path, revision: str) -> Policy:
    try:
        return Policy.load(directory, CATALOGUE)
    except PolicyError as error:
        raise typer.BadParameter(f"the policy of {revision} can't be loaded with the current catalogue: {error}") from None


def _text(differences: Sequence[Change]) -> Iterator[str]:
    for title, of_title in groupby(differences, key=lambda change: change.title):
        yield title
        for names, named in groupby(of_title, key=lambda change: change.names):
            yield f"  {', '.join(names)}"
            for change in named:
                yield f"    {label(change.viewers)}: {_cell(change.before)} -> {_cell(change.after)}"
                yield from (f"      {line}" for line in str(change.witness or "").splitlines())


def _markdown(differences: Sequence[Change]) -> Iterator[str]:
    for title, of_title in groupby(differences, key=lambda change: change.title):
        yield f"### {title}\n\n{HEAD}"
        for change in of_title:
            shown = "" if change.witness is None else f" (as for {'; '.join(str(change.witness).splitlines())})"
            cells = (", ".join(change.names), label(change.viewers), _cell(change.before), f"{_cell(change.after)}{shown}")
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""


def _cell(cell: Cell | None) -> str:
    return worded(cell, lambda condition: f"`{show(condition)}`")
