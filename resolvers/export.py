"""Resolvers of exports, and the scheduled jobs that delete their files and, later, what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models import Export, ExportPart
from models.base import now
from models.export import LIFECYCLE, RETENTION, ExportStatus
from resolvers.exporting.links import link_of
from resolvers.reading import lifecycles
from resolvers.reading.batching import reads_columns
from resolvers.reading.field_sources import RootConnection
from resolvers.reading.records import Record
from resolvers.writing.due_rows import take_overdue_steps

if TYPE_CHECKING:
    from resolvers.context import Context

EXPIRE: Final = "expireExports"  # its action in the audit log, where it has no actor

exports: Final = RootConnection("Export")
status: Final = lifecycles.status(LIFECYCLE)


@reads_columns("id", "status", "expires_at")
async def url(exports: Sequence[Record], context: Context) -> list[str | None]:
    """Return a link to the file of each export that is COMPLETED now."""
    return [
        link_of(export.id, context.services) if can_be_downloaded(export) else None  # None, as it isn't there
        for export in exports
    ]


def can_be_downloaded(export: Record) -> bool:
    """Return whether an export has a file now."""
    return LIFECYCLE.standing(ExportStatus(export.status), export.expires_at, now()) is ExportStatus.COMPLETED


async def delete_file(session: AsyncSession, export: Export) -> None:
    """Delete the file of an export, or what is written of it."""
    await session.execute(sa.delete(ExportPart).where(ExportPart.export_id == export.id))


async def expire_exports(engine: AsyncEngine, _site_url: str) -> None:
    """Expire due exports and delete their files. A scheduled job of the worker."""
    await take_overdue_steps(engine, Export, EXPIRE, delete_file)


async def purge_exports(engine: AsyncEngine, _site_url: str) -> None:
    """Delete exports that are older than RETENTION. A scheduled job of the worker."""
    async with engine.connect() as connection:
        await connection.execute(sa.delete(Export).where(Export.created_at < now() - RETENTION))
