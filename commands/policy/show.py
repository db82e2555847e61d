"""`crossgate policy show`: what the policy allows a viewer: the rows of a type, also as SQL, and its fields."""

from __future__ import annotations

from typing import Annotated

import typer


def show(
    name: Annotated[str, typer.Argument(metavar="TYPE", help="A policy type, such as `Port`.")],
    viewer: Annotated[
        str, typer.Option("--as", metavar="SHAPE_OR_EMAIL", help="The viewer: a shape such as `MANAGED+FINANCE`, or a user.")
    ],
) -> None:
    """Print which rows of a type a viewer can read, and which fields: always, never with the reason, or under a condition."""
    from commands.policy.work.show import show as effect_of

    typer.echo(effect_of(name, viewer))
