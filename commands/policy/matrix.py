"""`crossgate policy matrix`: a table of every field and action by class of viewers, for reading and for code reviews."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.policy.formats import PageFormat


def matrix(
    format: Annotated[PageFormat, typer.Option(help="The output format.")] = PageFormat.MD,  # noqa: A002 (the option's name)
    output: Annotated[Path | None, typer.Option(help="Write all pages to this directory instead of printing.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing. Fail if docs/policy/ is out of date.")] = False,
) -> None:
    """Print the policy matrix, write it and the page on sensitive data to a directory, or check both pages in docs/policy/."""
    from commands.policy.work.matrix import matrix as write_matrix

    write_matrix(format, output, check=check)
