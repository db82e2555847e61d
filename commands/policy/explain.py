"""`crossgate policy explain`: which rules decide for a viewer, part by part, and their result for one row."""

from __future__ import annotations

from typing import Annotated

import typer


def explain(
    name: Annotated[str, typer.Argument(metavar="TYPE", help="A policy type, such as `Port`.")],
    field: Annotated[str | None, typer.Argument(help="One of its fields, by its schema or policy name.")] = None,
    shape: Annotated[str | None, typer.Option("--as", metavar="SHAPE", help="The viewer, such as `MANAGED+FINANCE`.")] = None,
    action: Annotated[str, typer.Option(help="The action to explain.")] = "read",
    row: Annotated[str | None, typer.Option("--id", metavar="GLOBAL_ID", help="The ID of a row in the database.")] = None,
    email: Annotated[str | None, typer.Option("--viewer", metavar="EMAIL", help="The user who views that row.")] = None,
) -> None:
    """List the rules that decide for a viewer, with their places and parts. With --id and --viewer, evaluate them for a row."""
    from commands.policy.work.explain import explain as explanation

    typer.echo(explanation(name, field, shape, action, row, email))
