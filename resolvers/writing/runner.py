"""How a mutation is carried out: one transaction, its trail, its idempotency, and then its answer, read as the viewer may read it.

Either all of it is done, recorded and remembered, or nothing is. What a client is told it has, is committed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from models.lifecycle import IllegalStep
from resolvers.reading.records import Record
from resolvers.values.identifiers import Identifier
from resolvers.writing.idempotency import claim_idempotency_key
from resolvers.writing.input_reader import InputReader
from resolvers.writing.transactions import Contended, run_in_transaction
from resolvers.writing.unit_of_work import Requirements, UnitOfWork
from resolvers.writing.user_errors import ErrorCode, MutationRejected, UserError

if TYPE_CHECKING:
    from resolvers.context import Context

ChangedIds: TypeAlias = Mapping[str, Identifier]
"""What a command has made or changed, by the payload's fields."""
Command: TypeAlias = Callable[[UnitOfWork, InputReader], Awaitable[ChangedIds]]


class MutationResult:
    """What a payload is made of: the problems, and by the payload's fields what was made or changed; None for all others."""

    def __init__(self, problems: list[UserError], found: Mapping[str, Record | None]) -> None:
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

    async def __call__(self, context: Context, values: Mapping[str, Any], place: str) -> MutationResult:
        """Carry it out for one input. `place` is the field's name in the answer. Raises ViewerGone."""
        try:
            done = await run_in_transaction(context, self.name, lambda work: self._done(work, values, place))
        except MutationRejected as refused:
            return MutationResult(refused.errors, {})
        except Contended as contended:
            return MutationResult([UserError(contended.code, contended.message)], {})
        finally:
            context.reset_caches()
        return MutationResult([], {name: await _load(context, each) for name, each in done.items()})

    async def _done(self, work: UnitOfWork, values: Mapping[str, Any], place: str) -> ChangedIds:
        """Do it, or find that it was done under the same key. Raises Refused."""
        memory = await claim_idempotency_key(work.session, work.context, self.name, values, place)
        if memory is not None and memory.done is not None:
            return {name: Identifier(kind, UUID(key)) for name, (kind, key) in memory.done.items()}
        try:
            done = await self.command(work, InputReader(values, work.errors))
            work.errors.raise_if_any()
        except IllegalStep as step:
            raise MutationRejected([UserError(ErrorCode.ILLEGAL_STEP.value, str(step))]) from None
        if memory is not None:
            memory.done = {name: [each.type, str(each.key)] for name, each in done.items()}
        return done


async def _load(context: Context, done: Identifier) -> Record | None:
    """What was made or changed, as the viewer may read it now."""
    key = context.policy.catalogue[done.type].key
    return (await context.loaders.rows(done.type, [done.key], by=key))[0]
