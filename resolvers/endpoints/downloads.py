"""Downloads: which objects have files, and how a viewer gets one. A missing file and a hidden one look the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from models.image import SIDES
from models.kinds import Kind
from resolvers.document import document_file
from resolvers.files.letter import render_letter
from resolvers.files.urls import File
from resolvers.image import image_of, rendition_extension, rendition_of
from resolvers.invoice import invoice_csv, invoice_pdf
from resolvers.offer_document import offer_document_file
from resolvers.reading.records import Record
from resolvers.values import identifiers
from resolvers.values.identifiers import InvalidId

if TYPE_CHECKING:
    from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class FileRenderer:
    """How an object's file is rendered, the field that links to it, and the kinds of sensitive values that it contains.

    A part has no row rules. `whole` is its column with the key of the object that it belongs to, which must be readable too.
    """

    render: Callable[[Record, Context], Awaitable[File | None]]
    field: str
    kinds: frozenset[Kind]
    whole: str | None = None


RENDERERS: Final[Mapping[tuple[str, str], FileRenderer]] = {
    ("Document", ""): FileRenderer(document_file, "url", frozenset()),
    ("Image", ""): FileRenderer(image_of, "url", frozenset()),
    **{
        ("Image", rendition_extension(side)): FileRenderer(partial(rendition_of, side=side), "url", frozenset())
        for side in SIDES.values()
    },
    ("Invoice", ""): FileRenderer(invoice_pdf, "pdf_url", frozenset({Kind.PRICE})),
    ("Invoice", "csv"): FileRenderer(invoice_csv, "csv_url", frozenset({Kind.PRICE})),
    ("OfferDocument", ""): FileRenderer(offer_document_file, "url", frozenset({Kind.PRICE}), whole="offer_id"),
    ("Port", ""): FileRenderer(render_letter, "letter_of_authorisation", frozenset()),
}
"""The files of each type, by the extension in their URLs."""


async def find_file(name: str, context: Context) -> File | None:
    """Return the file of a global id and an extension, or None if it doesn't exist or the viewer can't read the field with it."""
    name, _, extension = name.partition(".")
    try:
        identifier = identifiers.parse(name, "id")
    except InvalidId:
        return None
    renderer = RENDERERS.get((identifier.type, extension))
    if renderer is None:
        return None
    (record,) = await context.loaders.rows(identifier.type, [identifier.key])
    if record is None or renderer.field in record.hidden or not await _reads_whole(record, renderer, context):
        return None
    return await renderer.render(record, context)


async def _reads_whole(record: Record, renderer: FileRenderer, context: Context) -> bool:
    """Return True if the viewer can read what a part belongs to. Everything else has row rules of its own."""
    whole = context.policy.catalogue[record.entity].part_of
    if whole is None:
        return True
    if renderer.whole is None:
        return False
    (row,) = await context.loaders.rows(whole, [getattr(record, renderer.whole)])
    return row is not None
