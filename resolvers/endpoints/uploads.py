"""Uploads: store an image for a company, if the viewer can save the company's Marketplace profile (R006, A9).

An image isn't shown before a profile uses it. Each upload deletes the company's oldest unused images beyond MAX_UNUSED_IMAGES, so
storage stays bounded. Permission is decided in the transaction that stores the image.
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
MAX_UNUSED_IMAGES: Final = 20  # of a company
AUDIT_NAME: Final = "uploadFile"
MAX_CONCURRENT_DECODES: Final = 2  # each may need 200 MiB of memory and one CPU
_unused, _oldest = (aliased(Image, name=name) for name in ("unused", "oldest"))
UNUSED: Final = (
    sa.select(_unused.id)
    .where(_unused.company_id == sa.bindparam("company"), ~sa.exists().where(MarketplaceProfile.logo_id == _unused.id))
    .order_by(_unused.id.desc())
    .offset(MAX_UNUSED_IMAGES)
)
# Skip images that are locked: a profile is starting to use them.
OLDEST: Final = sa.select(_oldest.id).where(_oldest.id.in_(UNUSED)).with_for_update(skip_locked=True)
DELETE_OLDEST: Final = sa.delete(Image).where(Image.id.in_(OLDEST))


class NoSuchCompany(PublicError):
    """The company doesn't exist or the viewer can't read it: the two look the same."""

    code = "NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("Company not found, or you don't have access to it.", argument=ARGUMENT)


class UploadForbidden(PublicError):
    """The viewer can read the company but can't save its Marketplace profile."""

    code = "FORBIDDEN"

    def __init__(self) -> None:
        super().__init__("You don't have permission to upload images for this company.")


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A stored image."""

    id: str
    url: str
    picture: Picture

    @property
    def is_recommended_size(self) -> bool:
        """True if the image has the recommended size (A2)."""
        return has_recommended_size(self.picture.width, self.picture.height)


class Uploads:
    """Accepts images, and decodes at most MAX_CONCURRENT_DECODES at once."""

    def __init__(self) -> None:
        self._decoders = ThreadPoolExecutor(MAX_CONCURRENT_DECODES, "picture")

    async def check(self, context: Context, name: str | None) -> None:
        """Check that the viewer can upload for the company with this global id, or for its own company.

        Raises InvalidId, NoSuchCompany or UploadForbidden.
        """
        key = _company_key(context, name)
        readable, saved = (context.decide("Company", action).rows for action in ("read", ACTION))
        source = Source("Company", readable, masks=(("may_upload", saved),), columns=("id",))
        parameters = {**context.parameters, KEYS: [key]}
        rows = await context.services.reader.fetch(select_rows_by(source, "id"), parameters)
        if not rows:
            await _record_denial(context, NoSuchCompany.code)
            raise NoSuchCompany
        if not rows[0].may_upload:
            await _record_denial(context, UploadForbidden.code)
            raise UploadForbidden

    async def take(self, context: Context, name: str | None, content: bytes) -> Uploaded:
        """Decode and store an image. The company is chosen as in `check`. If this raises, nothing is stored.

        Raises UnsupportedImage or ImageTooLarge, what `check` raises, and ViewerGone.
        """
        await self.check(context, name)
        picture = await asyncio.get_running_loop().run_in_executor(self._decoders, decode, content)
        try:
            key = await run_in_transaction(context, AUDIT_NAME, lambda work: _store(work, name, picture))
        except (NoSuchCompany, UploadForbidden) as refusal:
            await _record_denial(context, refusal.code)
            raise
        return Uploaded(str(Identifier("Image", key)), url_of("Image", key, context), picture)


def _company_key(context: Context, name: str | None) -> UUID | None:
    """Return the key of the given company, or of the viewer's own. Raises InvalidId."""
    return context.viewer.company_id if name is None else identifiers.parse(name, ARGUMENT, "Company").key


async def _lock_company(work: UnitOfWork, name: str | None) -> UUID:
    """Lock the company and return its key, if the viewer can upload for it. Raises NoSuchCompany or UploadForbidden."""
    key = _company_key(work.context, name)
    company, allowed = (None, False) if key is None else await work.lock_if_allowed("Company", key, ACTION)
    if company is None:
        raise NoSuchCompany
    if not allowed:
        raise UploadForbidden
    company_id: UUID = company.id
    return company_id


async def _record_denial(context: Context, code: str) -> None:
    """Record a refusal in the audit log."""
    context.audit_trail.note_denials({AuditSubject("Company", None, ACTION, code): 1})
    await record(context, AUDIT_NAME, None)


async def _store(work: UnitOfWork, name: str | None, picture: Picture) -> UUID:
    """Insert the image and delete the oldest unused ones. Uploads for one company run one after the other.

    Raises NoSuchCompany or UploadForbidden.
    """
    session, company = work.session, await _lock_company(work, name)
    columns = {"media_type": picture.media_type, "width": picture.width, "height": picture.height, "content": picture.content}
    session.add(image := Image(company_id=company, **columns))
    await session.flush()
    with suppress(sa.exc.IntegrityError):  # a profile just started to use one of them; the next upload tries again
        async with session.begin_nested():
            await session.execute(DELETE_OLDEST, {"company": company})
    return image.id
