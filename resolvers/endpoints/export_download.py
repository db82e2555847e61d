"""Downloads of exports: who can have the file of an export, and its bytes, part by part, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import Export, ExportPart
from models.base import now
from models.export import ExportFormat
from policies.viewer import Viewer
from resolvers.auditing.audit_log import AuditSubject
from resolvers.auditing.recording import record
from resolvers.export import can_be_downloaded
from resolvers.exporting.encoding import EXTENSIONS
from resolvers.exporting.links import is_signed
from resolvers.exporting.writer import find_asker
from resolvers.values import identifiers
from resolvers.values.identifiers import InvalidId

if TYPE_CHECKING:
    from resolvers.context import Context

KEY: Final = sa.bindparam("key", type_=sa.Uuid())
START: Final = sa.bindparam("start", type_=sa.Integer())
ASKER: Final[Any] = sa.select(Export.user_id, Export.company_id, Export.api_key_id).where(Export.id == KEY)
PART: Final[Any] = (
    sa.select(ExportPart.start, ExportPart.content)
    .where(ExportPart.export_id == KEY, ExportPart.start <= START)
    .order_by(ExportPart.start.desc())
    .limit(1)
)


class FileGone(Exception):
    """The file was deleted while it was sent."""


@dataclass(frozen=True, slots=True)
class ExportFile:
    """The file of an export, for its asker."""

    name: str
    size: int
    asker: Viewer
    _key: UUID
    _context: Context

    @property
    def etag(self) -> str:
        """What identifies the file's bytes, which never change."""
        return f'"{self._key.hex}-{self.size}"'

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` to `end`, without `end`, in parts. Raises FileGone."""
        while start < end:
            rows = await self._context.reader.fetch(PART, {"key": self._key, "start": start})
            offset = start - rows[0].start if rows else 0
            content = rows[0].content[offset : offset + end - start] if rows else b""
            if not content:
                raise FileGone
            yield content
            start += len(content)

    async def note_download(self) -> None:
        """Record in the audit log that the file is downloaded."""
        await record(self._context, "downloadExport", None, read={AuditSubject("Export", "url"): 1})


async def find_export(text: str, until: str, signature: str, visitor: Context) -> ExportFile | None:
    """Return the file of a signed link, or None if it's not for its sender, or gone. A sender with a token must be the asker."""
    try:
        key = identifiers.parse(text, "id", "Export").key
    except InvalidId:
        return None
    if not is_signed(key, until, signature, visitor.services, now()):
        return None
    asker = await _asker(key, visitor)
    if asker is None:
        return None
    context = type(visitor)(visitor.services, asker, visitor.origin)
    (record,) = await context.loaders.rows("Export", [key])
    if record is None or not can_be_downloaded(record) or not await _is_for(key, visitor):
        return None
    name = f"{record.connection}.{EXTENSIONS[ExportFormat(record.format)]}"
    return ExportFile(name, record.byte_size, asker, key, context)


async def _asker(key: UUID, visitor: Context) -> Viewer | None:
    rows: Any = await visitor.reader.fetch(ASKER, {"key": key})
    return await find_asker(visitor.services, rows[0]) if rows else None


async def _is_for(key: UUID, visitor: Context) -> bool:
    """Return whether a link's sender sent no token, or one of somebody who can read the export."""
    if visitor.viewer.user_id is None:
        return True
    (readable,) = await visitor.loaders.rows("Export", [key])
    return readable is not None
