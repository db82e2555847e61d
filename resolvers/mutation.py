"""How a mutation is carried out: one transaction, its trail, its idempotency, and then its answer, read as the viewer may read it.

Either all of it is done, recorded and remembered, or nothing is. What a client is told it has, is committed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from models.database import transaction
from models.lifecycle import IllegalStep
from resolvers.asked import Asked
from resolvers.idempotency import remember
from resolvers.identifiers import Identifier
from resolvers.problems import Code, Problem, Refused
from resolvers.record import Record
from resolvers.work import Requirements, Work

if TYPE_CHECKING:
    from resolvers.context import Context

Done: TypeAlias = Mapping[str, Identifier]
"""What a command has made or changed, by the payload's fields."""
Command: TypeAlias = Callable[[Work, Asked], Awaitable[Done]]

TRIES: Final = 5
UNIQUE: Final = "23505"
# Somebody did the same just now, could not serialize, deadlock: nothing was done, and another try finds things as they are now.
AGAIN: Final = {UNIQUE, "40001", "40P01"}
AT_ONCE: Final = "The same was just done by somebody else. Read it again."


class Outcome:
    """What a payload is made of: the problems, and by the payload's fields what was made or changed; None for all others."""

    def __init__(self, problems: list[Problem], found: Mapping[str, Record | None]) -> None:
        self.user_errors = problems
        self._found = found

    def __getattr__(self, name: str) -> Record | None:
        return self._found.get(name)


@dataclass(frozen=True, slots=True)
class Mutation:
    """A field of the mutation type: its command, and the name under which it is recorded."""

    name: str
    command: Command

    @property
    def requires(self) -> Requirements:
        """What policy has to allow before it can be carried out."""
        requires: Requirements = self.command.requires  # type: ignore[attr-defined]
        return requires

    async def __call__(self, context: Context, values: Mapping[str, Any], place: str) -> Outcome:
        """Carry it out for one input. `place` is the field's name in the answer."""
        try:
            done = await self._tried(context, values, place)
        except Refused as refused:
            context.forget()
            return Outcome(refused.problems, {})
        context.forget()
        return Outcome([], {name: await _read(context, each) for name, each in done.items()})

    async def _tried(self, context: Context, values: Mapping[str, Any], place: str) -> Done:
        """Do it, again where PostgreSQL asks for that. Raises Refused."""
        for _ in range(TRIES):
            try:
                return await self._once(context, values, place)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in AGAIN:
                    raise
        raise Refused([Problem(Code.CONFLICT.value, AT_ONCE)])

    async def _once(self, context: Context, values: Mapping[str, Any], place: str) -> Done:
        async with transaction(context.services.engine) as session:
            memory = await remember(session, context, self.name, values, place)
            if memory is not None and memory.done is not None:
                return {name: Identifier(kind, UUID(key)) for name, (kind, key) in memory.done.items()}
            work = Work(context, session, self.name)
            try:
                done = await self.command(work, Asked(values, work.problems))
                work.problems.stop()
            except IllegalStep as step:
                raise Refused([Problem(Code.ILLEGAL_STEP.value, str(step))]) from None
            except Refused:
                context.acts.refused(work.refusals)
                raise
            if memory is not None:
                memory.done = {name: [each.type, str(each.key)] for name, each in done.items()}
            return done


async def _read(context: Context, done: Identifier) -> Record | None:
    """What was made or changed, as the viewer may read it now."""
    key = context.policy.catalogue[done.type].key
    return (await context.loaders.rows(done.type, [done.key], by=key))[0]
