"""`crossgate policy matrix`: a table of every field and action by class of viewers, for people to read and for reviews to show."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

import server
from commands.failure import Failure
from commands.policy.markdown import markdown
from commands.policy.page import page
from policies.matrix import Table
from policies.matrix import matrix as tables_of

DOCS: Final = Path(__file__).parents[2] / "docs"
NAME: Final = "policy-matrix"


class Format(StrEnum):
    """How the matrix is written."""

    MD = "md"
    HTML = "html"


WRITERS: Final[dict[Format, Callable[[Iterable[Table]], str]]] = {Format.MD: markdown, Format.HTML: page}


def matrix(
    format: Annotated[Format, typer.Option(help="What is printed.")] = Format.MD,  # noqa: A002 (the option's name)
    output: Annotated[Path | None, typer.Option(help="A directory to write both formats to, instead.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if docs/ does not have what policy says.")
    ] = False,
) -> None:
    """Print the policy matrix, write it to a directory, or check that docs/ has it as policy says it."""
    tables = tables_of(server.load_policy())
    if check:
        _check(tables)
    elif output is not None:
        output.mkdir(parents=True, exist_ok=True)
        for each, write in WRITERS.items():
            (output / f"{NAME}.{each}").write_text(write(tables), "utf-8")
    else:
        typer.echo(WRITERS[format](tables), nl=False)


def _check(tables: Iterable[Table]) -> None:
    """Raise Failure where a file is not there, or not what policy says now."""
    files = {DOCS / f"{NAME}.{each}": write(tables) for each, write in WRITERS.items()}
    old = [path.name for path, text in files.items() if not path.is_file() or path.read_text("utf-8") != text]
    if old:
        raise Failure(
            f"The matrix is not what policy says: {', '.join(old)}. If that is meant: crossgate policy matrix --output docs"
        )
