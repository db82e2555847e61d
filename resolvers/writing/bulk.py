"""Bulk mutations: one command for several inputs, each for itself or all in one transaction. Each input has a result of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from described_enum import DescribedEnum
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.writing.input_reader import TOO_MANY_ITEMS, InputReader
from resolvers.writing.runner import ChangedIds, Command, Mutation, MutationResult, run_command
from resolvers.writing.unit_of_work import Requirements, UnitOfWork
from resolvers.writing.user_errors import ErrorCode, MutationRejected, UserError, UserErrors

if TYPE_CHECKING:
    from resolvers.context import Context

MAX_ITEMS: Final = 100
NO_ITEMS: Final = "Must have at least one item."


class BulkMode(DescribedEnum):
    """Whether the changes of a bulk mutation depend on one another."""

    EACH = "EACH", "Each change for itself: one that fails doesn't stop the others."
    ALL = "ALL", "All changes or none."


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One of the changes: its command, and the command's input with its path in the whole input."""

    command: Command
    values: Mapping[str, Any]
    path: tuple[str, ...]

    async def run(self, work: UnitOfWork) -> ChangedIds:
        """Run the command. Raises MutationRejected."""
        return await run_command(self.command, work, InputReader(self.values, work.errors, self.path))


Items: TypeAlias = Callable[[Mapping[str, Any]], Sequence[BulkItem]]
"""Returns the changes that an input asks for."""


@dataclass(frozen=True, slots=True)
class BulkMutation:
    """A field of the Mutation type that makes several changes, its name in the audit log, and the input's field that lists them."""

    name: str
    items: Items
    listed: str

    @property
    def requires(self) -> Requirements:
        """The actions that policy must allow before a change can succeed."""
        requires: Requirements = self.items.requires  # type: ignore[attr-defined]
        return requires

    async def __call__(self, context: Context, values: Mapping[str, Any], response_key: str) -> MutationResult:
        """Make the changes, and return a result for each, in their order. Raises ViewerGone."""
        errors, number = UserErrors(), len(values[self.listed])
        if number == 0:
            errors.add(ErrorCode.REQUIRED, NO_ITEMS, self.listed)
        if number > MAX_ITEMS:
            errors.add(ErrorCode.TOO_MANY, worded(TOO_MANY_ITEMS, limit=MAX_ITEMS, count=number), self.listed)
        if errors.errors:
            return MutationResult(errors.errors, {"results": []})
        items = self.items(values)
        if values.get("mode") == BulkMode.ALL:
            return await self._together(context, items, values, response_key)
        return MutationResult([], {"results": [await self._alone(context, *each, response_key) for each in enumerate(items)]})

    async def _alone(self, context: Context, number: int, item: BulkItem, response_key: str) -> MutationResult:
        """Make one change in a transaction of its own, with a place of its own among the uses of an idempotency key."""
        mutation = Mutation(self.name, lambda work, _fields: item.run(work))
        return await mutation(context, item.values, f"{response_key}.{number}")

    async def _together(
        self, context: Context, items: Sequence[BulkItem], values: Mapping[str, Any], response_key: str
    ) -> MutationResult:
        """Make all changes in one transaction. If one of them fails, the errors of all are reported, and nothing is changed."""
        mutation = Mutation(self.name, lambda work, _fields: _run_all(work, items))
        result = await mutation(context, values, response_key)
        if not result.succeeded:
            return MutationResult(result.user_errors, {"results": result.results or []})
        return MutationResult([], {"results": [result.part(_prefix(number)) for number in range(len(items))]})


async def _run_all(work: UnitOfWork, items: Sequence[BulkItem]) -> ChangedIds:
    """Run each command, and go on after one that fails, to find the errors of all. Raises MutationRejected."""
    changed: dict[str, Identifier | str] = {}
    errors: list[list[UserError]] = []
    for number, item in enumerate(items):
        work.errors = UserErrors()
        try:
            async with work.session.begin_nested():
                changed |= {f"{_prefix(number)}{name}": value for name, value in (await item.run(work)).items()}
            errors.append([])
        except MutationRejected as rejected:
            errors.append(rejected.errors)
    if any(errors):
        results = [MutationResult(each, {}) for each in errors]
        raise MutationRejected([error for each in errors for error in each], {"results": results})
    return changed


def _prefix(number: int) -> str:
    """Return how the names of an item's values begin among those of all items."""
    return f"{number}."
