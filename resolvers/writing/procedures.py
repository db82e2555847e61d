"""Procedures: mutations that open their transactions themselves and return plain values, such as tokens.

A password is compared between two transactions, so that it holds neither a connection nor a lock. Results are never stored: an
Idempotency-Key has no effect, because a stored token would be a stolen one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import MutationResult
from resolvers.writing.transactions import Contended, run_in_transaction
from resolvers.writing.unit_of_work import Requirements, UnitOfWork
from resolvers.writing.user_errors import ErrorCode, MutationRejected, UserError, UserErrors

if TYPE_CHECKING:
    from resolvers.context import Context

Result = TypeVar("Result")
Act: TypeAlias = Callable[[UnitOfWork, InputReader], Awaitable[Result]]
"""What a transaction does, with its own reader of the input, whose errors are the transaction's."""


class Steps:
    """The transactions of one procedure, and its errors so far."""

    def __init__(self, context: Context, name: str, values: Mapping[str, Any]) -> None:
        self.context = context
        self.errors = UserErrors()
        self._name = name
        self._values = values

    async def transact(self, act: Act[Result]) -> Result:
        """Run `act` in one transaction, which may run it again. Raises MutationRejected, ViewerGone and Contended."""
        return await run_in_transaction(
            self.context, self._name, lambda work: act(work, InputReader(self._values, work.errors))
        )

    def reject(self, code: ErrorCode, message: str, *path: str) -> MutationRejected:
        """Return the exception that ends the procedure with one error. What earlier transactions did stays done."""
        errors = UserErrors()
        errors.add(code, message, *path)
        return MutationRejected(errors.errors)


ProcedureCommand: TypeAlias = Callable[[Steps, InputReader], Awaitable[Mapping[str, Any]]]
"""Returns the values of the payload by field."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """A field of the Mutation type whose command is a procedure, its name in the audit log, and its values if it's rejected."""

    name: str
    command: ProcedureCommand
    rejected: Mapping[str, Any]

    @property
    def requires(self) -> Requirements:
        """The actions that policy must allow before the command can succeed."""
        requires: Requirements = self.command.requires  # type: ignore[attr-defined]
        return requires

    async def __call__(self, context: Context, values: Mapping[str, Any], _response_key: str) -> MutationResult:
        """Run the procedure with one input. Raises ViewerGone."""
        steps = Steps(context, self.name, values)
        try:
            returned = await self.command(steps, InputReader(values, steps.errors))
        except MutationRejected as rejected:
            return MutationResult(rejected.errors, self.rejected)
        except Contended as contended:
            return MutationResult([UserError(contended.code, contended.message)], self.rejected)
        finally:
            context.reset_caches()
        return MutationResult([], returned)
