"""Downloads: which things have files, and how one is found for a viewer. What is absent and what is hidden look the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.kinds import Kind
from resolvers.files.letter import render_letter
from resolvers.files.urls import File
from resolvers.image import image_of
from resolvers.reading.records import Record
from resolvers.values import identifiers
from resolvers.values.identifiers import InvalidId

if TYPE_CHECKING:
    from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class FileRenderer:
    """How the file of a thing is made: the field that leads to it, and the kinds of sensitive values that the file holds."""

    make: Callable[[Record, Context], Awaitable[File | None]]
    field: str
    kinds: frozenset[Kind]


RENDERERS: Final[Mapping[str, FileRenderer]] = {
    "Image": FileRenderer(image_of, "url", frozenset()),
    "Port": FileRenderer(render_letter, "letter_of_authorisation", frozenset()),
}


async def find_file(name: str, context: Context) -> File | None:
    """The file of a global id, None where there is none or the viewer may not read the field that leads to it."""
    try:
        named = identifiers.parse(name, "id")
    except InvalidId:
        return None
    if named.type not in RENDERERS:
        return None
    maker = RENDERERS[named.type]
    (record,) = await context.loaders.rows(named.type, [named.key])
    if record is None or maker.field in record.hidden:
        return None
    return await maker.make(record, context)
