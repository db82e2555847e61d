"""`crossgate policy replay`: run recorded queries with two policies, and report what one shows and the other hides.

The report has counts and names of types, fields and viewer shapes, and never a value, a variable or an ID.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.policy.formats import Format


def replay(
    file: Annotated[
        Path, typer.Argument(help="A file that CROSSGATE_RECORD_OPERATIONS recorded.", exists=True, dir_okay=False)
    ],
    candidate: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|REV",
            help="The policy to compare with the checkout's. By default, the checkout is compared with its last commit.",
        ),
    ] = None,
    format: Annotated[Format, typer.Option(help="The output format.")] = Format.TEXT,  # noqa: A002 (the option's name)
) -> None:
    """Run recorded queries with the current policy and another one. Exits with 1 if any viewer sees more or less."""
    from commands.policy.work.replay import replay as replay_queries

    replay_queries(file, candidate, format)
