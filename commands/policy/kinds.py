"""`crossgate policy kinds`: the kinds of sensitive data, who can't see each, the fields of each kind, and the exemptions."""

from __future__ import annotations

import typer


def kinds() -> None:
    """Print the kinds of sensitive data: who can't see each, the fields of each kind, and the exemptions with their reasons."""
    import server
    from commands.policy.work.kinds import sensitive_data

    typer.echo(sensitive_data(server.load_policy()), nl=False)
