"""Reads lists of ids: of rows that the viewer can read, or of other known rows, none twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Container, Sequence
from typing import Final, TypeAlias
from uuid import UUID

from resolvers.writing.input_reader import InputReader
from resolvers.writing.unit_of_work import NOT_FOUND, UnitOfWork
from resolvers.writing.user_errors import ErrorCode

REPEATED: Final = "This is listed more than once."
FindKnown: TypeAlias = Callable[[Collection[UUID]], Awaitable[set[UUID]]]
"""Returns those of some keys that can be used though the viewer can't read their rows."""


async def read_rows(
    work: UnitOfWork,
    fields: InputReader,
    name: str,
    entity: str,
    max_items: int,
    refused: tuple[UUID | None, str],
    find_known: FindKnown | None = None,
) -> list[UUID]:
    """Read the ids of rows that the viewer can read, or that `find_known` finds among them, none twice.

    `refused` is a key that isn't possible, and the reason.
    """
    items = fields.keys(name, entity, max_items)
    keys = [key for _, key in items]
    known = await work.find_readable_keys(entity, keys) | (await find_known(keys) if find_known else set())
    pick(fields, name, items, known, refused)
    return keys


def pick(
    fields: InputReader,
    name: str,
    items: Sequence[tuple[str, UUID]],
    known: Container[UUID],
    refused: tuple[UUID | None, str] = (None, ""),
) -> list[UUID]:
    """Return the keys of the items of a list, by place, that are known and not refused, none twice. The others are errors."""
    picked: list[UUID] = []
    for place, key in items:
        if key not in known:
            fields.add_error(ErrorCode.NOT_FOUND, NOT_FOUND, name, place)
        elif key in picked:
            fields.add_error(ErrorCode.DUPLICATE, REPEATED, name, place)
        elif key == refused[0]:
            fields.add_error(ErrorCode.INVALID_VALUE, refused[1], name, place)
        else:
            picked.append(key)
    return picked
