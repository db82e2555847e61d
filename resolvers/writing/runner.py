"""Runs a mutation: one transaction with its audit events and its idempotency key, then the result as the viewer can read it.

Either everything is done, recorded and stored, or nothing is. A change is committed before the client gets its result.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

from models.lifecycle import IllegalStep
from resolvers.reading.records import Record
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import with_params
from resolvers.writing.idempotency import claim_idempotency_key, has_key
from resolvers.writing.input_reader import InputReader
from resolvers.writing.transactions import Contended, run_in_transaction
from resolvers.writing.unit_of_work import Requirements, UnitOfWork
from resolvers.writing.user_errors import ErrorCode, MutationRejected, UserError

if TYPE_CHECKING:
    from resolvers.context import Context

ChangedIds: TypeAlias = Mapping[str, Identifier | str]
"""The ids of the objects that a command created or changed, by field of the payload. The field of a deleted object ends in `_id`.

Text is a value of the payload that's shown only once, such as a secret. It's never stored: a retry doesn't return it.
"""
Command: TypeAlias = Callable[[UnitOfWork, InputReader], Awaitable[ChangedIds]]

DELETED: Final = "_id"  # how the field of a deleted object ends


class MutationResult:
    """The values of a payload: user errors, and for each field an object, a deleted one's id or a plain value; or None."""

    def __init__(self, errors: list[UserError], values: Mapping[str, Any]) -> None:
        self.user_errors = errors
        self._values = values

    @property
    def succeeded(self) -> bool:
        """True if nothing prevented the mutation."""
        return not self.user_errors

    def part(self, prefix: str) -> MutationResult:
        """Return the values whose names begin with a prefix, without it."""
        values = {name.removeprefix(prefix): value for name, value in self._values.items() if name.startswith(prefix)}
        return MutationResult(self.user_errors, values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # graphql-core looks for __await__ in an item of a list
            raise AttributeError(name)
        return self._values.get(name)


@dataclass(frozen=True, slots=True)
class Mutation:
    """A field of the Mutation type: its command, and its name in the audit log."""

    name: str
    command: Command

    @property
    def requires(self) -> Requirements:
        """The actions that policy must allow before the command can succeed."""
        requires: Requirements = self.command.requires  # type: ignore[attr-defined]
        return requires

    async def __call__(self, context: Context, values: Mapping[str, Any], response_key: str) -> MutationResult:
        """Run the mutation with one input. `response_key` is the field's name or alias in the response. Raises ViewerGone."""
        try:
            changed = await run_in_transaction(
                context, self.name, lambda work: self._run_once(work, values, response_key), runs_once=has_key(context)
            )
        except MutationRejected as rejected:
            return MutationResult(rejected.errors, rejected.values)
        except Contended as contended:
            return MutationResult([UserError(contended.code, contended.message)], {})
        finally:
            context.reset_caches()
        return MutationResult([], {name: await _value(context, name, identifier) for name, identifier in changed.items()})

    async def _run_once(self, work: UnitOfWork, values: Mapping[str, Any], response_key: str) -> ChangedIds:
        """Run the command, unless it already ran under the same idempotency key. Raises MutationRejected."""
        request = await claim_idempotency_key(work.session, work.context, self.name, values, response_key)
        if request is not None and request.done is not None:
            return {name: Identifier(kind, UUID(key)) for name, (kind, key) in request.done.items()}
        changed = await run_command(self.command, work, InputReader(values, work.errors))
        if request is not None:
            ids = {name: value for name, value in changed.items() if isinstance(value, Identifier)}
            request.done = {name: [identifier.type, str(identifier.key)] for name, identifier in ids.items()}
        return changed


async def run_command(command: Command, work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Run a command with its input. Raises MutationRejected."""
    try:
        changed = await command(work, fields)
    except IllegalStep as step:
        message = with_params(str(step), state=step.state, to=step.to, allowed=", ".join(sorted(step.steps.values())))
        raise MutationRejected([UserError(ErrorCode.ILLEGAL_STEP.value, message, fields.place)]) from None
    work.errors.raise_if_any()
    return changed


async def _value(context: Context, name: str, identifier: Identifier | str) -> Record | str | None:
    """Return text, the id of a deleted object, or a created or changed object as the viewer can read it now."""
    if isinstance(identifier, str) or name.endswith(DELETED):
        return str(identifier)
    key = context.policy.catalogue[identifier.type].key
    return (await context.loaders.rows(identifier.type, [identifier.key], by=key))[0]
