"""Downloads: which things have files, and how one is found for a viewer. What is absent and what is hidden look the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resolvers import identifiers
from resolvers.file import File
from resolvers.identifiers import InvalidId
from resolvers.image import picture
from resolvers.letter import letter

if TYPE_CHECKING:
    from resolvers.context import Context

MAKERS: Final = {"Image": (picture, "url"), "Port": (letter, "letter_of_authorisation")}


async def find_file(name: str, context: Context) -> File | None:
    """The file of a global id, None where there is none or the viewer may not read the field that leads to it."""
    try:
        named = identifiers.parse(name, "id")
    except InvalidId:
        return None
    if named.type not in MAKERS:
        return None
    make, field = MAKERS[named.type]
    (record,) = await context.loaders.rows(named.type, [named.key])
    if record is None or field in record.hidden:
        return None
    return await make(record, context)
