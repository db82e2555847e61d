"""Commands that take one step of a lifecycle, as the model declares it.

Entry point: `step_command`, for steps that change nothing else. Other commands call `take_step` and then do the rest.
"""

from __future__ import annotations

from typing import Any

from models.concept import snake
from resolvers.values.identifiers import Identifier
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds, Command
from resolvers.writing.unit_of_work import UnitOfWork, requires


def step_command(entity: str, action: str) -> Command:
    """Return the command that takes a step of the object whose id is in the input. It's named `<action>_<entity>`."""

    async def command(work: UnitOfWork, fields: InputReader) -> ChangedIds:
        row = await take_step(work, fields, entity, action)
        return {snake(entity): Identifier(entity, row.id)}

    command.__name__ = f"{action}_{snake(entity)}"
    return requires(**{entity: action})(command)


async def take_step(work: UnitOfWork, fields: InputReader, entity: str, action: str) -> Any:
    """Lock the row whose id is in the input, take a step of its lifecycle and return it. Raises MutationRejected or IllegalStep."""
    row = await work.lock_for_update(fields, "id", entity, action)
    work.errors.raise_if_any()
    row.take_step(action)
    return row
