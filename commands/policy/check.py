"""`crossgate policy check`: check the policy against the catalogue of types and against the schema."""

from __future__ import annotations

import typer


def check() -> None:
    """Find rules that are invalid or never apply, fields without a rule, and sensitive fields that their kind doesn't hide."""
    from commands.policy.work.check import check as check_policy

    typer.echo(check_policy())
