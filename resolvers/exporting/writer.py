"""Writes exports, for the worker: a page after the other, each as its asker can read it at that moment.

A page and the place where the next one starts are stored in one transaction, so a worker that is killed loses and repeats no row.
Of two workers that write the same page, one stores it. A job ends after some seconds, and the worker queues the next one, so that
exports take turns.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
import structlog

from models import Export, ExportPart
from models.base import now
from models.database import transaction
from models.export import LIFETIME, MAX_ATTEMPTS, UNFINISHED, ExportFormat, ExportStatus
from policies.viewer import Viewer
from resolvers.context import Context, Origin, Services
from resolvers.exporting.encoding import encode_page
from resolvers.exporting.pages import ExportRequest, Page, PageFailed
from resolvers.reading.viewers import find_key_viewer, find_viewer
from telemetry import metrics

TURN: Final = 10.0  # seconds until another export gets its turn
ACCESS_ENDED: Final = "ACCESS_ENDED"
TOO_LARGE: Final = "EXPORT_TOO_LARGE"
INTERNAL: Final = "INTERNAL"
WRITTEN: Final = (
    Export.id,
    Export.user_id,
    Export.company_id,
    Export.api_key_id,
    Export.format,
    Export.query,
    Export.operation_name,
    Export.variables,
    Export.page_size,
    Export.cursor,
    Export.row_count,
    Export.byte_size,
)

log = structlog.stdlib.get_logger("crossgate.exports")


async def find_asker(services: Services, export: Any) -> Viewer | None:
    """Load the current viewer of who asked for an export, or None if its membership or API key has ended."""
    if export.api_key_id is not None:
        return await find_key_viewer(services.reader, export.api_key_id)
    return await find_viewer(services.reader, export.user_id, export.company_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportWriter:
    """Writes exports whose files have at most `max_bytes`."""

    services: Services
    max_bytes: int
    turn: float = TURN

    async def write(self, export_id: UUID) -> ExportStatus | None:
        """Write pages for a turn. Return the new status, or None if the export is no longer to be written.

        If the status is RUNNING, the caller queues another job. An unexpected error is raised, to be tried again.
        """
        end = time.monotonic() + self.turn
        while (export := await self._begin(export_id)) is not None:
            if export.attempts > MAX_ATTEMPTS:
                return await self._fail(export, INTERNAL)
            try:
                status = await self._write_page(export)
            except PageFailed as failed:
                return await self._fail(export, failed.code)
            if status is not ExportStatus.RUNNING:
                return status
            if time.monotonic() > end:
                return status
        return None

    async def _begin(self, export_id: UUID) -> Any:
        """Count an attempt to write the next page, and return the export. None if it isn't to be written."""
        unfinished = (Export.id == export_id, Export.status.in_(UNFINISHED))
        begun = {"status": ExportStatus.RUNNING, "attempts": Export.attempts + 1}
        statement = sa.update(Export).where(*unfinished).values(**begun).returning(*WRITTEN, Export.attempts)
        async with self.services.engine.connect() as connection:
            return (await connection.execute(statement)).one_or_none()

    async def _write_page(self, export: Any) -> ExportStatus | None:
        """Write the next page, and return the new status. None if somebody else has written it. Raises PageFailed."""
        viewer = await find_asker(self.services, export)
        if viewer is None:
            raise PageFailed(ACCESS_ENDED)
        context = Context(self.services, viewer, Origin())
        request = ExportRequest(export.query, export.operation_name, export.variables)
        page = await self.services.exports.read(context, request, export.page_size, export.cursor)
        is_first = export.byte_size == 0
        content = await asyncio.to_thread(encode_page, page, ExportFormat(export.format), is_first=is_first)
        if export.byte_size + len(content) > self.max_bytes:
            raise PageFailed(TOO_LARGE)
        return await self._store(export, page, content)

    async def _store(self, export: Any, page: Page, content: bytes) -> ExportStatus | None:
        """Store a page, unless somebody else has stored it or the export has ended. Return the new status."""
        here = (Export.id == export.id, Export.status == ExportStatus.RUNNING, Export.byte_size == export.byte_size)
        values: dict[str, Any] = {
            "cursor": page.end_cursor,
            "row_count": export.row_count + len(page.rows),
            "byte_size": export.byte_size + len(content),
            "attempts": 0,
        }
        status = ExportStatus.RUNNING
        if not page.has_next_page:
            status, at = ExportStatus.COMPLETED, now()
            values |= {"status": status, "completed_at": at, "expires_at": at + LIFETIME}
        async with transaction(self.services.engine) as session:
            stored = await session.scalar(sa.update(Export).where(*here).values(**values).returning(Export.id))
            if stored is None:
                return None
            part = {"export_id": export.id, "start": export.byte_size, "content": content}
            await session.execute(sa.insert(ExportPart).values(**part))
        metrics.EXPORT_ROWS.child().value += len(page.rows)
        metrics.EXPORT_BYTES.child().value += len(content)
        return status

    async def _fail(self, export: Any, code: str) -> ExportStatus:
        """End an export that can't be written, and delete what is written."""
        unfinished = (Export.id == export.id, Export.status.in_(UNFINISHED))
        failed = {"status": ExportStatus.FAILED, "error_code": code}
        async with transaction(self.services.engine) as session:
            await session.execute(sa.update(Export).where(*unfinished).values(**failed))
            await session.execute(sa.delete(ExportPart).where(ExportPart.export_id == export.id))
        log.warning("export.failed", export_id=str(export.id), reason=code)
        return ExportStatus.FAILED
