"""`crossgate policy diff REV`: which cells of the policy matrix change between two policies, and for which viewers."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.policy.formats import Format


def diff(
    revision: Annotated[str, typer.Argument(metavar="REV", help="A git revision, or a directory with a policy.")],
    format: Annotated[Format, typer.Option(help="The output format.")] = Format.TEXT,  # noqa: A002 (the option's name)
) -> None:
    """Compare another policy with the checkout's, for all viewers. Exits with 0 if equivalent, 1 if not, 2 on errors."""
    from commands.policy.work.diff import diff as print_diff

    print_diff(revision, format)
