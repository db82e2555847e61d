"""`crossgate policy prove`: prove the policy's invariants for every viewer and every row, or refute them.

A refuted invariant is shown with a viewer, a row, and the verdicts of Oso, compiled Python and PostgreSQL on them.
"""

from __future__ import annotations

from typing import Annotated

import typer


def prove(
    file: Annotated[list[str] | None, typer.Option(help="Only check the invariants of this file. Can be repeated.")] = None,
) -> None:
    """Prove the policy's invariants, or refute them with an example. Exits with 1 if one is refuted, 2 if undecided."""
    from commands.policy.work.prove import prove as prove_invariants

    prove_invariants(frozenset(file or ()))
