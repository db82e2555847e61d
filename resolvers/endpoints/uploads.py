"""Uploads: a picture becomes an image of a company, for whoever may save that company's Marketplace profile (R006, A9).

An image is not shown before a profile names it. A company has few that none names: the next upload deletes the oldest of them, so
that what is stored stays bounded. Whether the viewer may upload is decided in the transaction that stores its picture.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from models import Image, MarketplaceProfile
from resolvers.auditing.audit_log import AuditSubject
from resolvers.auditing.recording import record
from resolvers.files.image_decoding import Picture, decode
from resolvers.files.urls import url_of
from resolvers.image import has_recommended_size
from resolvers.reading.statements import KEYS, Source, select_rows_by
from resolvers.values import identifiers
from resolvers.values.errors import PublicError
from resolvers.values.identifiers import Identifier
from resolvers.writing.transactions import run_in_transaction
from resolvers.writing.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from resolvers.context import Context

ARGUMENT: Final = "companyId"
ACTION: Final = "save_marketplace_profile"
MAX_UNUSED_IMAGES: Final = 20  # images of a company that no profile names
AUDIT_NAME: Final = "uploadFile"
MAX_CONCURRENT_DECODES: Final = 2  # pictures that are decoded; each may take some 200 MiB and a processor
_unused, _oldest = (aliased(Image, name=name) for name in ("unused", "oldest"))
UNUSED: Final = (
    sa.select(_unused.id)
    .where(_unused.company_id == sa.bindparam("company"), ~sa.exists().where(MarketplaceProfile.logo_id == _unused.id))
    .order_by(_unused.id.desc())
    .offset(MAX_UNUSED_IMAGES)
)
# A profile that names one of them at this moment has locked it.
OLDEST: Final = sa.select(_oldest.id).where(_oldest.id.in_(UNUSED)).with_for_update(skip_locked=True)
DELETE_OLDEST: Final = sa.delete(Image).where(Image.id.in_(OLDEST))


class NoSuchCompany(PublicError):
    """There is no such company, or the viewer may not know of it: the two look the same."""

    code = "NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such company.", argument=ARGUMENT)


class UploadForbidden(PublicError):
    """The viewer reads the company but may not save its Marketplace profile."""

    code = "FORBIDDEN"

    def __init__(self) -> None:
        super().__init__("You may not upload pictures for this company.")


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An image as it was stored."""

    id: str
    url: str
    picture: Picture

    @property
    def is_recommended_size(self) -> bool:
        """Whether it has the size that is recommended (A2)."""
        return has_recommended_size(self.picture.width, self.picture.height)


class Uploads:
    """Takes pictures, of which few are decoded at once."""

    def __init__(self) -> None:
        self._decoders = ThreadPoolExecutor(MAX_CONCURRENT_DECODES, "picture")

    async def check(self, context: Context, name: str | None) -> None:
        """Refuse an upload for the company of a global id, or for the viewer's own, if it is not allowed now.

        Raises InvalidId, NoSuchCompany or MayNotUpload.
        """
        key = _company(context, name)
        readable, saved = (context.decide("Company", action).rows for action in ("read", ACTION))
        source = Source("Company", readable, masks=(("may_upload", saved),), columns=("id",))
        parameters = {**context.parameters, KEYS: [key]}
        found = await context.services.reader.fetch(select_rows_by(source, "id"), parameters)
        if not found:
            await _denied(context, NoSuchCompany.code)
            raise NoSuchCompany
        if not found[0].may_upload:
            await _denied(context, UploadForbidden.code)
            raise UploadForbidden

    async def take(self, context: Context, name: str | None, content: bytes) -> Uploaded:
        """Store the picture in a file as an image of a company, as `check`. If this raises, nothing is stored.

        Raises UnsupportedImage or ImageTooLarge, what `check` raises, and ViewerGone.
        """
        await self.check(context, name)
        picture = await asyncio.get_running_loop().run_in_executor(self._decoders, decode, content)
        try:
            key = await run_in_transaction(context, AUDIT_NAME, lambda work: _stored(work, name, picture))
        except (NoSuchCompany, UploadForbidden) as refusal:
            await _denied(context, refusal.code)
            raise
        return Uploaded(str(Identifier("Image", key)), url_of("Image", key, context), picture)


def _company(context: Context, name: str | None) -> UUID | None:
    """The key of the company that is named, or of the viewer's own. Raises InvalidId."""
    return context.viewer.company_id if name is None else identifiers.parse(name, ARGUMENT, "Company").key


async def _reached(work: UnitOfWork, name: str | None) -> UUID:
    """The company, locked, if the viewer may upload for it. Raises NoSuchCompany or MayNotUpload."""
    key = _company(work.context, name)
    company, may = (None, False) if key is None else await work.lock_if_allowed("Company", key, ACTION)
    if company is None:
        raise NoSuchCompany
    if not may:
        raise UploadForbidden
    found: UUID = company.id
    return found


async def _denied(context: Context, code: str) -> None:
    """Tell the audit log of a refusal."""
    context.audit_trail.note_denials({AuditSubject("Company", None, ACTION, code): 1})
    await record(context, AUDIT_NAME, None)


async def _stored(work: UnitOfWork, name: str | None, picture: Picture) -> UUID:
    """Insert the image and delete the oldest of those that no profile names. Uploads of one company take turns.

    Raises NoSuchCompany or MayNotUpload.
    """
    session, company = work.session, await _reached(work, name)
    facts = {"media_type": picture.media_type, "width": picture.width, "height": picture.height, "content": picture.content}
    session.add(image := Image(company_id=company, **facts))
    await session.flush()
    with suppress(sa.exc.IntegrityError):  # a profile has just named one of them; the next upload looks again
        async with session.begin_nested():
            await session.execute(DELETE_OLDEST, {"company": company})
    return image.id
