"""Uploads: store a file for what it's meant for (V71): the logo of a Marketplace profile, a user's photo, a certificate, or a
document of an offer.

Nobody else sees a file before something uses it (V64). Each upload deletes its owner's oldest unused files beyond a number, so
storage stays bounded. Permission is decided in the transaction that stores the file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from models import Company, Document, EmailToken, Image, MarketplaceProfile, PortalAppearance, User, document
from models.document import DocumentPurpose
from models.email_token import EmailTokenPurpose
from resolvers.auditing.audit_log import AuditSubject
from resolvers.auditing.recording import record
from resolvers.document import is_unused
from resolvers.files import image_decoding
from resolvers.files.agreement_decoding import CleanDocument, decode_agreement
from resolvers.files.certificate_decoding import Certificate, decode_certificate
from resolvers.files.image_decoding import Picture, decode
from resolvers.files.urls import url_of
from resolvers.identity.email_tokens import INVALID_TOKEN, lock_token
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
MAX_UNUSED_IMAGES: Final = 20  # of a company, and of a user
MAX_UNUSED_DOCUMENTS: Final = {DocumentPurpose.CERTIFICATE: 5, DocumentPurpose.AGREEMENT: 20}  # of a company, and of a user
AUDIT_NAME: Final = "uploadFile"
MAX_CONCURRENT_DECODES: Final = 2  # each may need 200 MiB of memory and one CPU
_unused, _oldest = (aliased(Image, name=name) for name in ("unused", "oldest"))
UNUSED: Final = (
    sa.select(_unused.id)
    .where(
        sa.or_(_unused.company_id == sa.bindparam("owner"), _unused.user_id == sa.bindparam("owner")),
        _unused.photo_of_id.is_(None),
        ~sa.exists().where(MarketplaceProfile.logo_id == _unused.id),
        ~sa.exists().where(PortalAppearance.logo_id == _unused.id),
    )
    .order_by(_unused.id.desc())
    .offset(MAX_UNUSED_IMAGES)
)
# Skip images that are locked: a profile or a portal is starting to use them.
OLDEST: Final = sa.select(_oldest.id).where(_oldest.id.in_(UNUSED)).with_for_update(skip_locked=True)
DELETE_OLDEST: Final = sa.delete(Image).where(Image.id.in_(OLDEST))
_unused_document, _oldest_document = (aliased(Document, name=f"{name}_document") for name in ("unused", "oldest"))
UNUSED_DOCUMENTS: Final = (
    sa.select(_unused_document.id)
    .where(
        sa.func.coalesce(_unused_document.company_id, _unused_document.user_id) == sa.bindparam("owner"),
        _unused_document.purpose == sa.bindparam("purpose", type_=Document.purpose.type),
        is_unused(_unused_document),
    )
    .order_by(_unused_document.id.desc())
    .offset(sa.bindparam("kept", type_=sa.Integer()))
)
OLDEST_DOCUMENTS: Final = (
    sa.select(_oldest_document.id).where(_oldest_document.id.in_(UNUSED_DOCUMENTS)).with_for_update(skip_locked=True)
)
DELETE_OLDEST_DOCUMENTS: Final = sa.delete(Document).where(Document.id.in_(OLDEST_DOCUMENTS))


class Purpose(StrEnum):  # V71
    """What an uploaded file is for."""

    LOGO = "LOGO"
    PHOTO = "PHOTO"
    CERTIFICATE = "CERTIFICATE"
    AGREEMENT = "AGREEMENT"

    @property
    def max_bytes(self) -> int:
        """The size limit of the file."""
        return document.MAX_BYTES if self in (Purpose.CERTIFICATE, Purpose.AGREEMENT) else image_decoding.MAX_BYTES


class NoSuchCompany(PublicError):
    """The company doesn't exist or the viewer can't read it: the two look the same."""

    code = "NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("Company not found, or you don't have access to it.", argument=ARGUMENT)


class UploadForbidden(PublicError):
    """The viewer can read the company but can't upload this for it."""

    code = "FORBIDDEN"

    def __init__(self) -> None:
        super().__init__("You don't have permission to upload files for this company.")


class SignUpEnded(PublicError):
    """The code of a sign-up is wrong, was used, or has expired."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__(INVALID_TOKEN)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A stored file, with the other fields of its GraphQL type."""

    id: str
    url: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom a file will belong to, and the action that its upload needs."""

    entity: str
    key: UUID | None
    action: str


class Uploads:
    """Accepts files, and decodes at most MAX_CONCURRENT_DECODES at once."""

    def __init__(self) -> None:
        self._decoders = ThreadPoolExecutor(MAX_CONCURRENT_DECODES, "picture")

    async def check(self, context: Context, purpose: Purpose, name: str | None) -> None:
        """Check that the viewer can upload for the company with this global id; without one, for its own company or itself.

        Raises InvalidId, NoSuchCompany or UploadForbidden.
        """
        owner = _owner(context, purpose, name)
        readable, saved = (context.decide(owner.entity, action).rows for action in ("read", owner.action))
        source = Source(owner.entity, readable, masks=(("may_upload", saved),), columns=("id",))
        parameters = {**context.parameters, KEYS: [owner.key]}
        rows = await context.services.reader.fetch(select_rows_by(source, "id"), parameters)
        if not rows:
            await _record_denial(context, owner, NoSuchCompany.code)
            raise NoSuchCompany
        if not rows[0].may_upload:
            await _record_denial(context, owner, UploadForbidden.code)
            raise UploadForbidden

    async def take(self, context: Context, purpose: Purpose, name: str | None, content: bytes) -> Uploaded:
        """Decode and store a file. The owner is chosen as in `check`. If this raises, nothing is stored.

        Raises UnsupportedImage, UnsupportedDocument or ImageTooLarge, what `check` raises, and ViewerGone.
        """
        await self.check(context, purpose, name)
        read, store = STORED[purpose]
        decoded = await asyncio.get_running_loop().run_in_executor(self._decoders, read, content)

        async def act(work: UnitOfWork) -> Uploaded:
            return await store(work, await _lock_owner(work, purpose, name), decoded)

        try:
            return await run_in_transaction(context, AUDIT_NAME, act)
        except (NoSuchCompany, UploadForbidden) as refusal:
            await _record_denial(context, _owner(context, purpose, name), refusal.code)
            raise

    async def check_sign_up(self, context: Context, code: str) -> None:
        """Check that a code is the valid code of a sign-up. Raises SignUpEnded."""
        await run_in_transaction(context, AUDIT_NAME, lambda work: _lock_sign_up(work, code))

    async def take_for_sign_up(self, context: Context, code: str, content: bytes) -> Uploaded:
        """Decode and store the photo of a sign-up, instead of the one before (R407). If this raises, nothing is stored.

        Raises UnsupportedImage, ImageTooLarge and SignUpEnded.
        """
        await self.check_sign_up(context, code)
        picture = await asyncio.get_running_loop().run_in_executor(self._decoders, decode, content)

        async def act(work: UnitOfWork) -> Uploaded:
            sign_up = await _lock_sign_up(work, code)
            await work.session.execute(sa.delete(Image).where(Image.sign_up_id == sign_up.id))
            return await _add_image(work, picture, sign_up_id=sign_up.id)

        return await run_in_transaction(context, AUDIT_NAME, act)


async def _lock_sign_up(work: UnitOfWork, code: str) -> EmailToken:
    """Return the valid token of a sign-up, locked. Raises SignUpEnded."""
    token = await lock_token(work, code, EmailTokenPurpose.SIGN_UP)
    if token is None:
        raise SignUpEnded
    return token


def _owner(context: Context, purpose: Purpose, name: str | None) -> Owner:
    """Return who the file will belong to. A photo belongs to its user, and so does a certificate without a company (V64).

    Raises InvalidId.
    """
    company = context.viewer.company_id if name is None else identifiers.parse(name, ARGUMENT, "Company").key
    if purpose is Purpose.AGREEMENT:
        return Owner("Company", company, "create_product")
    if purpose is Purpose.LOGO:
        return Owner("Company", company, "save_marketplace_profile")
    if name is None or purpose is Purpose.PHOTO:
        return Owner("User", context.viewer.signed_in_id, "upload")
    return Owner("Company", company, "submit_verification")


async def _lock_owner(work: UnitOfWork, purpose: Purpose, name: str | None) -> Company | User:
    """Lock the owner and return it, if the viewer can upload for it. Raises NoSuchCompany or UploadForbidden."""
    owner = _owner(work.context, purpose, name)
    row, allowed = (None, False) if owner.key is None else await work.lock_if_allowed(owner.entity, owner.key, owner.action)
    if row is None:
        raise NoSuchCompany
    if not allowed:
        raise UploadForbidden
    locked: Company | User = row
    return locked


async def _record_denial(context: Context, owner: Owner, code: str) -> None:
    """Record a refusal in the audit log."""
    context.audit_trail.note_denials({AuditSubject(owner.entity, None, owner.action, code): 1})
    await record(context, AUDIT_NAME, None)


async def _store_image(work: UnitOfWork, owner: Any, picture: Picture) -> Uploaded:
    """Insert the image and delete the owner's oldest unused ones. Uploads for one owner run one after the other."""
    uploaded = await _add_image(work, picture, **_ownership(owner))
    with suppress(sa.exc.IntegrityError):  # a profile just started to use one of them; the next upload tries again
        async with work.session.begin_nested():
            await work.session.execute(DELETE_OLDEST, {"owner": owner.id})
    return uploaded


async def _add_image(work: UnitOfWork, picture: Picture, **owner: UUID) -> Uploaded:
    """Insert an image."""
    columns = {"media_type": picture.media_type, "width": picture.width, "height": picture.height, "content": picture.content}
    await work.add(image := Image(**owner, **columns))
    size = {"width": picture.width, "height": picture.height}
    fields = {**size, "mediaType": picture.media_type.name, "isRecommendedSize": has_recommended_size(**size)}
    return _uploaded(work, "Image", image.id, fields)


async def _store_document(
    purpose: DocumentPurpose, work: UnitOfWork, owner: Any, file: Certificate | CleanDocument
) -> Uploaded:
    """Insert the document and delete the owner's oldest unused ones. Uploads for one owner run one after the other."""
    columns = {"media_type": file.media_type, "bytes": len(file.content), "content": file.content}
    await work.add(stored := Document(**_ownership(owner), purpose=purpose, **columns))
    kept = {"owner": owner.id, "purpose": purpose, "kept": MAX_UNUSED_DOCUMENTS[purpose]}
    await work.session.execute(DELETE_OLDEST_DOCUMENTS, kept)
    fields = {"mediaType": stored.media_type, "bytes": stored.bytes, "uploadedAt": stored.uploaded_at.isoformat()}
    return _uploaded(work, "Document", stored.id, fields)


def _ownership(owner: Any) -> dict[str, UUID]:
    """Return the column that says whom a file belongs to."""
    return {"company_id" if isinstance(owner, Company) else "user_id": owner.id}


def _uploaded(work: UnitOfWork, entity: str, key: UUID, fields: Mapping[str, Any]) -> Uploaded:
    return Uploaded(str(Identifier(entity, key)), url_of(entity, key, work.context), fields)


Store = Callable[[UnitOfWork, Any, Any], Awaitable[Uploaded]]
STORED: Final[Mapping[Purpose, tuple[Callable[[bytes], Any], Store]]] = {
    Purpose.LOGO: (decode, _store_image),
    Purpose.PHOTO: (decode, _store_image),
    Purpose.CERTIFICATE: (decode_certificate, partial(_store_document, DocumentPurpose.CERTIFICATE)),
    Purpose.AGREEMENT: (decode_agreement, partial(_store_document, DocumentPurpose.AGREEMENT)),
}
