"""`crossgate policy`: tools for policy authors. Each subcommand is in the module of the same name; `app` collects them."""

from __future__ import annotations

import typer

from commands.policy.check import check
from commands.policy.coverage import coverage
from commands.policy.diff import diff
from commands.policy.explain import explain
from commands.policy.kinds import kinds
from commands.policy.matrix import matrix
from commands.policy.prove import prove
from commands.policy.replay import replay
from commands.policy.sentences import sentences
from commands.policy.show import show

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def policy() -> None:
    """Check the policy and see what it allows."""


app.command()(check)
app.command()(coverage)
app.command()(diff)
app.command()(matrix)
app.command()(kinds)
app.command()(explain)
app.command()(show)
app.command()(replay)
app.command()(prove)
app.command()(sentences)
