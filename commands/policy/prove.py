"""`crossgate policy prove`: decide for every viewer and every row what policy may never, or must always, say.

What is refuted is shown with a viewer and a row, and the three verdicts of them: Oso's own, compiled Python, and PostgreSQL's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

import server
from commands.failure import Failure
from commands.store import open_database, running_database
from models.embedded import EmbeddedFailed
from models.scratch import create, fill
from policies.catalogue import CATALOGUE
from policies.errors import PolicyError
from policies.policy import Policy
from policies.prove.fields import Held, decide_fields
from policies.prove.invariants import ALWAYS, FOLDER, Invariant, Invariants
from policies.prove.verification import Counterexample, Verification
from policies.prove.witness import Witness
from policies.shapes import spell
from policies.source import NEVER_KIND
from policies.verdicts import World, of_oso_and_python
from schema.kinds import sites
from settings import InvalidSettings, Settings

REFUTED: Final = 1
UNDECIDED: Final = 2
FIELDS: Final = "no field without its row"
NOT_ASKED: Final = "PostgreSQL was not asked"


def prove(
    file: Annotated[list[str] | None, typer.Option(help="Only the invariants of this file; may be repeated.")] = None,
) -> None:
    """Prove, or refute with a viewer and a row, what policy may never or must always say. Exits with 1 if refuted, 2 if undecided."""
    try:
        holds = run(server.POLICIES, frozenset(file or ()))
    except PolicyError as error:
        typer.echo(f"crossgate: cannot decide: {error}", err=True)
        raise typer.Exit(UNDECIDED) from None
    if not holds:
        raise typer.Exit(REFUTED)


def run(directory: Path, files: frozenset[str]) -> bool:
    """Decide the invariants of a directory's policy, of all files if none is named, and print a line for each."""
    started = time.monotonic()
    policy = Policy.load(directory, CATALOGUE)
    invariants = Invariants(directory, policy)
    known = {Path(each.rule.file).name for each in invariants}
    if unknown := sorted(files - known):
        raise PolicyError(f"{FOLDER}/ has no file {unknown[0]}; it has {', '.join(sorted(known))}")
    verification = Verification(policy, invariants, sites())
    asked = [each for each in invariants if not files or Path(each.rule.file).name in files]
    proven = [_told(verification, each) for each in asked]
    if not files:
        proven.append(_told_fields(decide_fields(policy, invariants)))
    typer.echo(f"{sum(proven)} of {len(proven)} proven in {time.monotonic() - started:.0f} s.")
    return all(proven)


def _told(verification: Verification, invariant: Invariant) -> bool:
    """Print what became of an invariant."""
    verdict, rule = verification.decide(invariant), invariant.rule
    if verdict.counterexample is not None:
        typer.echo(f"REFUTED {rule.place}: {rule.comment}")
        typer.echo("\n".join(f"  {line}" for line in _shown(verification.policy, verdict.counterexample)))
    elif verdict.is_void:
        typer.echo(f"VOID    {rule.place}: its condition is true of no viewer and no row. {rule.comment}")
    else:
        fields = f", {len(verification.fields_of_kind(rule))} fields" if invariant.kind == NEVER_KIND else ""
        typer.echo(f"PROVEN  {rule.place} ({verdict.shapes} shapes{fields}): {rule.comment}")
    return verdict.is_proven


def _told_fields(held: Held) -> bool:
    if held.stray is None:
        typer.echo(f"PROVEN  {FIELDS} ({held.shapes} shapes, {held.fields} fields)")
        return True
    what = held.stray.entity if held.stray.field is None else f"{held.stray.entity}.{held.stray.field}"
    typer.echo(f"REFUTED {FIELDS}: of {what} something else is enforced than rules say, for {spell(held.stray.shape)}")
    if held.stray.witness is not None:
        typer.echo("\n".join(f"  {line}" for line in str(held.stray.witness).splitlines()))
    return False


def _shown(policy: Policy, found: Counterexample) -> Iterator[str]:
    """A counterexample: what is wrong, of whom and what, by which rules, and what the three verdicts are."""
    wrong = "denied" if found.invariant.kind == ALWAYS else "allowed"
    what = found.action if found.field is None else f"{found.action} {found.field}"
    yield f"{what} is {wrong}, for {spell(found.shape)}"
    if found.witness is not None:
        yield from str(found.witness).splitlines()
    yield f"{wrong} by {', '.join(rule.place for rule in found.rules) or 'no rule: none allows it'}"
    if found.witness is not None:
        yield from _verdicts(policy, found, found.witness)


def _verdicts(policy: Policy, found: Counterexample, witness: Witness) -> Iterator[str]:
    entity = witness.found[0].entity
    decision = policy.decide(found.shape, entity.name, found.action)
    said = of_oso_and_python(policy, witness.viewer, found.action, witness.row, decision, found.field)
    yield from (f"{name}: {_word(verdict)}" for name, verdict in zip(("Oso", "Python"), said, strict=True))
    try:
        with running_database(Settings.load()) as settings:
            yield f"PostgreSQL: {_word(asyncio.run(_asked(settings, policy, found, witness)))}"
    except (Failure, EmbeddedFailed, InvalidSettings, OSError) as error:
        yield f"{NOT_ASKED}: {error}"


async def _asked(settings: Settings, policy: Policy, found: Counterexample, witness: Witness) -> bool:
    async with open_database(settings) as engine, engine.connect() as connection:  # closed without a commit, so that nothing stays
        return await ask_database(connection, policy, found, witness)


def _word(verdict: bool) -> str:
    return "allowed" if verdict else "denied"


async def ask_database(connection: AsyncConnection, policy: Policy, found: Counterexample, witness: Witness) -> bool:
    """What PostgreSQL says of a witness, in temporary tables of the connection."""
    world = World(policy.catalogue)
    entity = witness.found[0].entity
    decision = policy.decide(found.shape, entity.name, found.action)
    predicate = decision.rows if found.field is None else decision.fields[found.field].visible
    await create(connection, world.metadata)
    await fill(connection, world.rows[entity.name], [{**witness.found[0].values, "case_": 0}])
    for name, rows in witness.linked.items():
        await fill(connection, world.linked[name], rows)
    statement, parameters = world.question(entity, [predicate], witness.viewer)
    return bool((await connection.execute(statement, parameters)).one()[1])
