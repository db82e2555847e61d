"""`crossgate policy diff REV`: which cells of the matrix a change of policy flips, and for whom."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Annotated, Final

import typer

import server
from commands.policy.wording import worded
from policies.catalogue import CATALOGUE
from policies.changes import Change, changes
from policies.errors import PolicyError
from policies.matrix import Cell
from policies.policy import Policy
from policies.predicate import show
from policies.who import label

EQUIVALENT: Final = "The policies are equivalent: no viewer is treated otherwise."
HEAD: Final = "| | viewers | before | after |\n| --- | --- | --- | --- |"
ROOT: Final = Path(__file__).parents[2]


class Format(StrEnum):
    """How changes are written: as plain text, or as Markdown for a review."""

    TEXT = "text"
    MD = "md"


def diff(
    revision: Annotated[str, typer.Argument(metavar="REV", help="A git revision, or a directory with a policy.")],
    format: Annotated[Format, typer.Option(help="How changes are written.")] = Format.TEXT,  # noqa: A002 (the option's name)
) -> None:
    """Compare another policy with that of the checkout, for all viewers: 0 if they are equivalent, 1 if not, 2 in trouble."""
    with _directory(revision) as directory:
        before = _loaded(directory, revision)
        found = list(changes(before, server.load_policy()))
    typer.echo("\n".join(_text(found) if format == Format.TEXT else _markdown(found)) if found else EQUIVALENT)
    raise typer.Exit(1 if found else 0)


def _loaded(directory: Path, revision: str) -> Policy:
    try:
        return Policy.load(directory, CATALOGUE)
    except PolicyError as error:
        raise typer.BadParameter(f"the policy of {revision} cannot be loaded against today's catalogue: {error}") from None


@contextmanager
def _directory(revision: str) -> Iterator[Path]:
    """A directory with the policy files of a revision."""
    if Path(revision).is_dir():
        yield Path(revision)
        return
    with tempfile.TemporaryDirectory() as made:
        folder = server.POLICIES.name
        names = _git("ls-tree", "--name-only", "--end-of-options", revision, f"{folder}/").splitlines()
        for name in names:
            if name.endswith(".polar"):
                (Path(made) / Path(name).name).write_text(_git("show", "--end-of-options", f"{revision}:{name}"), "utf-8")
        yield Path(made)


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], check=False, cwd=ROOT, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise typer.BadParameter(f"neither a directory nor a revision: {done.stderr.strip()}")
    return done.stdout


def _text(found: Sequence[Change]) -> Iterator[str]:
    for title, of_title in groupby(found, key=lambda change: change.title):
        yield title
        for names, each in groupby(of_title, key=lambda change: change.names):
            yield f"  {', '.join(names)}"
            for change in each:
                yield f"    {label(change.viewers)}: {_cell(change.before)} -> {_cell(change.after)}"
                yield from ([] if change.shown_by is None else [f"      {change.shown_by}"])


def _markdown(found: Sequence[Change]) -> Iterator[str]:
    for title, of_title in groupby(found, key=lambda change: change.title):
        yield f"### {title}\n\n{HEAD}"
        for change in of_title:
            shown = "" if change.shown_by is None else f" ({change.shown_by})"
            cells = (", ".join(change.names), label(change.viewers), _cell(change.before), f"{_cell(change.after)}{shown}")
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""


def _cell(cell: Cell | None) -> str:
    return worded(cell, lambda condition: f"`{show(condition)}`")
