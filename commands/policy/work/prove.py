"""Proofs of the policy's invariants for every viewer and every row, or refutations.

A refuted invariant is shown with a viewer, a row, and the verdicts of Oso, compiled Python and PostgreSQL on them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

import server
from commands.failure import Failure
from commands.store import open_database, running_database
from models.embedded import EmbeddedFailed
from models.scratch import create, fill
from policies.analysis.verdicts import World, oso_and_python_verdicts
from policies.catalogue import CATALOGUE
from policies.errors import PolicyError
from policies.evaluation.policy import Policy
from policies.evaluation.shapes import format_shape
from policies.language.source import NEVER_KIND
from policies.prove.embed_sessions import EmbedProof, compare_embed_sessions
from policies.prove.fields import FieldProof, decide_fields
from policies.prove.invariants import ALWAYS, FOLDER, Invariant, Invariants
from policies.prove.verification import Counterexample, Verification
from policies.prove.witness import Witness
from schema.kinds import sites
from settings import InvalidSettings, Settings

REFUTED: Final = 1
UNDECIDED: Final = 2
FIELDS: Final = "fields are visible only in readable rows"
EMBED_SESSIONS: Final = "embed sessions never widen what a member of their company with the same or more roles can do (V52)"
NOT_QUERIED: Final = "PostgreSQL wasn't queried"


def prove(files: frozenset[str]) -> None:
    """Prove the invariants of these files, or of all, and print the results. Exits with the command's code unless all hold."""
    try:
        holds = run(server.POLICIES, files)
    except PolicyError as error:
        typer.echo(f"crossgate: can't decide: {error}", err=True)
        raise typer.Exit(UNDECIDED) from None
    if not holds:
        raise typer.Exit(REFUTED)


def run(directory: Path, files: frozenset[str]) -> bool:
    """Decide the invariants of a directory's policy and print a line for each. An empty `files` means all files."""
    started = time.monotonic()
    policy = Policy.load(directory, CATALOGUE)
    invariants = Invariants(directory, policy)
    existing = {Path(invariant.rule.file).name for invariant in invariants}
    if unknown := sorted(files - existing):
        raise PolicyError(f"{FOLDER}/ has no file {unknown[0]}; it has {', '.join(sorted(existing))}")
    verification = Verification(policy, invariants, sites())
    selected = [invariant for invariant in invariants if not files or Path(invariant.rule.file).name in files]
    proven = [_report(verification, invariant) for invariant in selected]
    if not files:
        proven.append(_report_fields(decide_fields(policy, invariants)))
        proven.append(report_embed_sessions(compare_embed_sessions(policy)))
    typer.echo(f"{sum(proven)} of {len(proven)} proven in {time.monotonic() - started:.0f} s.")
    return all(proven)


def _report(verification: Verification, invariant: Invariant) -> bool:
    """Decide an invariant and print the result. Returns True if it's proven."""
    verdict, rule = verification.decide(invariant), invariant.rule
    if verdict.counterexample is not None:
        typer.echo(f"REFUTED {rule.place}: {rule.comment}")
        typer.echo("\n".join(f"  {line}" for line in _describe(verification.policy, verdict.counterexample)))
    elif verdict.is_void:
        typer.echo(f"VOID    {rule.place}: no viewer and row match its condition. {rule.comment}")
    else:
        fields = f", {len(verification.fields_of_kind(rule))} fields" if invariant.kind == NEVER_KIND else ""
        typer.echo(f"PROVEN  {rule.place} ({verdict.shapes} shapes{fields}): {rule.comment}")
    return verdict.is_proven


def _report_fields(held: FieldProof) -> bool:
    if held.mismatch is None:
        typer.echo(f"PROVEN  {FIELDS} ({held.shapes} shapes, {held.fields} fields)")
        return True
    what = held.mismatch.entity if held.mismatch.field is None else f"{held.mismatch.entity}.{held.mismatch.field}"
    typer.echo(
        f"REFUTED {FIELDS}: the enforced condition of {what} differs from its rules, for {format_shape(held.mismatch.shape)}"
    )
    if held.mismatch.witness is not None:
        typer.echo("\n".join(f"  {line}" for line in str(held.mismatch.witness).splitlines()))
    return False


def report_embed_sessions(found: EmbedProof) -> bool:
    """Print whether embed sessions never widen what a member can do. Returns True if it's proven."""
    excess = found.excess
    if excess is None:
        typer.echo(f"PROVEN  {EMBED_SESSIONS} ({found.conditions} conditions)")
        return True
    what = " ".join(filter(None, (excess.action, excess.entity, excess.field)))
    who = format_shape(excess.shape)
    embedded = "an embed session" if excess.narrower == excess.shape else format_shape(excess.narrower)
    typer.echo(f"REFUTED {EMBED_SESSIONS}: {embedded} can {what}, and a member {who} can't")
    typer.echo("\n".join(f"  {line}" for line in str(excess.witness or "").splitlines()))
    return False


def _describe(policy: Policy, found: Counterexample) -> Iterator[str]:
    """Yield a counterexample as text: what is wrong, the viewer and the row, the rules, and the three verdicts."""
    wrong = "denied" if found.invariant.kind == ALWAYS else "allowed"
    what = found.action if found.field is None else f"{found.action} {found.field}"
    yield f"{what} is {wrong}, for {format_shape(found.shape)}"
    if found.witness is not None:
        yield from str(found.witness).splitlines()
    yield f"{wrong} by {', '.join(rule.place for rule in found.rules) or 'no rule, because none allows it'}"
    if found.witness is not None:
        yield from _verdicts(policy, found, found.witness)


def _verdicts(policy: Policy, found: Counterexample, witness: Witness) -> Iterator[str]:
    entity = witness.rows[0].entity
    decision = policy.decide(found.shape, entity.name, found.action)
    verdicts = oso_and_python_verdicts(policy, witness.viewer, found.action, witness.row, decision, found.field)
    yield from (f"{name}: {_verdict_text(verdict)}" for name, verdict in zip(("Oso", "Python"), verdicts, strict=True))
    try:
        with running_database(Settings.load()) as settings:
            yield f"PostgreSQL: {_verdict_text(asyncio.run(_query_database(settings, policy, found, witness)))}"
    except (Failure, EmbeddedFailed, InvalidSettings, OSError) as error:
        yield f"{NOT_QUERIED}: {error}"


async def _query_database(settings: Settings, policy: Policy, found: Counterexample, witness: Witness) -> bool:
    async with open_database(settings) as engine, engine.connect() as connection:  # never committed, so that nothing is stored
        return await ask_database(connection, policy, found, witness)


def _verdict_text(verdict: bool) -> str:
    return "allowed" if verdict else "denied"


async def ask_database(connection: AsyncConnection, policy: Policy, found: Counterexample, witness: Witness) -> bool:
    """Return PostgreSQL's verdict on a witness, using temporary tables of the connection."""
    world = World(policy.catalogue)
    entity = witness.rows[0].entity
    decision = policy.decide(found.shape, entity.name, found.action)
    predicate = decision.rows if found.field is None else decision.fields[found.field].visible
    await create(connection, world.metadata)
    await fill(connection, world.rows[entity.name], [{**witness.rows[0].values, "case_": 0}])
    for name, rows in witness.linked.items():
        await fill(connection, world.linked[name], rows)
    statement, parameters = world.build_query(entity, [predicate], witness.viewer)
    return bool((await connection.execute(statement, parameters)).one()[1])
