"""Uploads: a picture becomes an image of a company, for whoever may save that company's Marketplace profile (R006, A9).

An image is not shown before a profile names it. A company has few that none names: the next upload deletes the oldest of them, so
that what is stored stays bounded. Whether the viewer may upload is known before its picture is read.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from models import Company, Image, MarketplaceProfile
from models.database import transaction
from resolvers import identifiers
from resolvers.acts import record
from resolvers.audit import Counted
from resolvers.errors import PublicError
from resolvers.file import url_of
from resolvers.identifiers import Identifier
from resolvers.image import has_recommended_size
from resolvers.picture import Picture, decoded
from resolvers.statements import KEYS, Source, rows_by
from resolvers.trail import record_changes

if TYPE_CHECKING:
    from resolvers.context import Context

ARGUMENT: Final = "companyId"
ACTION: Final = "save_marketplace_profile"
MOST_UNUSED: Final = 20  # images of a company that no profile names
RECORDED: Final = "uploadFile"
AT_ONCE: Final = 2  # pictures that are decoded; each may take some 200 MiB and a processor
COMPANY: Final = sa.select(Company.id).where(Company.id == sa.bindparam("company")).with_for_update(key_share=True)
_unused, _oldest = (aliased(Image, name=name) for name in ("unused", "oldest"))
UNUSED: Final = (
    sa.select(_unused.id)
    .where(_unused.company_id == sa.bindparam("company"), ~sa.exists().where(MarketplaceProfile.logo_id == _unused.id))
    .order_by(_unused.id.desc())
    .offset(MOST_UNUSED)
)
# A profile that names one of them at this moment has locked it.
OLDEST: Final = sa.select(_oldest.id).where(_oldest.id.in_(UNUSED)).with_for_update(skip_locked=True)
FORGET: Final = sa.delete(Image).where(Image.id.in_(OLDEST))


class NoSuchCompany(PublicError):
    """There is no such company, or the viewer may not know of it: the two look the same."""

    code = "NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such company.", argument=ARGUMENT)


class MayNotUpload(PublicError):
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
        self._decoders = ThreadPoolExecutor(AT_ONCE, "picture")

    async def company(self, context: Context, name: str | None) -> UUID:
        """The company of a global id, or the viewer's own. Raises InvalidId, NoSuchCompany or MayNotUpload."""
        key = identifiers.parse(name, ARGUMENT, "Company").key if name is not None else context.viewer.company_id
        readable, saved = (context.decide("Company", action).rows for action in ("read", ACTION))
        source = Source("Company", readable, masks=(("may_upload", saved),), columns=("id",))
        parameters = {**context.parameters, KEYS: [key]}
        found = await context.services.reader.fetch(rows_by(source, "id"), parameters)
        if not found:
            await _denied(context, NoSuchCompany.code)
            raise NoSuchCompany
        if not found[0].may_upload:
            await _denied(context, MayNotUpload.code)
            raise MayNotUpload
        company: UUID = found[0].id
        return company

    async def take(self, context: Context, company: UUID, content: bytes) -> Uploaded:
        """Store the picture in a file as an image of the company. Raises UnsupportedImage or ImageTooLarge, and stores nothing."""
        picture = await asyncio.get_running_loop().run_in_executor(self._decoders, decoded, content)
        async with transaction(context.services.engine) as session:
            record_changes(session, RECORDED, context)
            key = await _stored(session, company, picture)
        return Uploaded(str(Identifier("Image", key)), url_of("Image", key, context), picture)


async def _denied(context: Context, code: str) -> None:
    """Tell the audit log of a refusal."""
    context.acts.refused({Counted("Company", None, ACTION, code): 1})
    await record(context, RECORDED, None)


async def _stored(session: AsyncSession, company: UUID, picture: Picture) -> UUID:
    """Insert the image and delete the oldest of those that no profile names. Uploads of one company take turns."""
    await session.execute(COMPANY, {"company": company})
    facts = {"media_type": picture.media_type, "width": picture.width, "height": picture.height, "content": picture.content}
    session.add(image := Image(company_id=company, **facts))
    await session.flush()
    with suppress(sa.exc.IntegrityError):  # a profile has just named one of them; the next upload looks again
        async with session.begin_nested():
            await session.execute(FORGET, {"company": company})
    return image.id
