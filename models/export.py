"""Exports: all rows of a connection in a file, which the worker writes page by page and its asker downloads.

An export belongs to the member or the API key that asked for it, and ends with it. Its file is stored in parts, so that any gateway
can serve any range of it. Each part is a gzip member, so that all of them together are one gzip file.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Owned, enum_column, now, private
from models.concept import Concept, steps_of
from models.lifecycle import Deadline, Lifecycle, Staged, Step, partition

LIFETIME: Final = timedelta(days=1)  # of a file, after which it's deleted
RETENTION: Final = timedelta(days=30)  # of what is known of an export
MAX_DAILY_EXPORTS: Final = 100  # that one asker starts in a day
MAX_ATTEMPTS: Final = 5  # to write a page


class ExportFormat(DescribedEnum):
    """The format of an export."""

    JSON_LINES = "JSON_LINES", "One JSON object a line, as in the response to a query."
    CSV = "CSV", "A header, and one row for each object, by RFC 4180."


class ExportStatus(DescribedEnum):
    """The status of an export."""

    QUEUED = "QUEUED", "It waits for a worker."
    RUNNING = "RUNNING", "A worker writes it."
    COMPLETED = "COMPLETED", "It can be downloaded."
    FAILED = "FAILED", "It can't be written; `errorCode` says why."
    CANCELLED = "CANCELLED", "It was cancelled."
    EXPIRED = "EXPIRED", "Its file is deleted."


LIFECYCLE: Final = Lifecycle(
    {
        "start": Step({ExportStatus.QUEUED}, ExportStatus.RUNNING),
        "complete": Step({ExportStatus.RUNNING}, ExportStatus.COMPLETED),
        "fail": Step({ExportStatus.QUEUED, ExportStatus.RUNNING}, ExportStatus.FAILED),
        "cancel": Step({ExportStatus.QUEUED, ExportStatus.RUNNING}, ExportStatus.CANCELLED),
        "expire": Step({ExportStatus.COMPLETED}, ExportStatus.EXPIRED),
    },
    deadline=Deadline("expire", "expires_at"),
)
UNFINISHED, FINISHED = partition(
    ExportStatus,
    {ExportStatus.QUEUED, ExportStatus.RUNNING},
    {ExportStatus.COMPLETED, ExportStatus.FAILED, ExportStatus.CANCELLED, ExportStatus.EXPIRED},
)


class Export(Owned, Staged, Base):
    """An export. `cursor` is where the next page starts, and `page_size` the rows of a page.

    `membership_id` and `api_key_id` say whose rights it has: exactly one is set. `attempts` counts those since the last page.
    """

    __tablename__ = "export"
    LIFECYCLE = LIFECYCLE

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("app_user.id"))
    membership_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("membership.id", ondelete="CASCADE"))
    api_key_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    connection: Mapped[str] = mapped_column(sa.String(64))
    format: Mapped[ExportFormat] = mapped_column(enum_column(ExportFormat))
    query: Mapped[str] = mapped_column(info=private(read=False, log=False))
    operation_name: Mapped[str | None] = mapped_column(info=private(read=False, log=False))
    variables: Mapped[dict[str, Any]] = mapped_column(info=private(read=False, log=False))
    page_size: Mapped[int] = mapped_column(info=private(read=False, log=False))
    cursor: Mapped[str | None] = mapped_column(info=private(read=False, log=False))
    attempts: Mapped[int] = mapped_column(default=0, info=private(read=False, log=False))
    status: Mapped[ExportStatus] = mapped_column(enum_column(ExportStatus), default=ExportStatus.QUEUED)
    row_count: Mapped[int] = mapped_column(default=0)
    byte_size: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str | None] = mapped_column(sa.String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    completed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("(membership_id IS NULL) <> (api_key_id IS NULL)", name="one_asker"),
        sa.CheckConstraint("(status = 'FAILED') = (error_code IS NOT NULL)", name="failed_has_error_code"),
        sa.CheckConstraint(
            "(status IN ('COMPLETED', 'EXPIRED')) = (completed_at IS NOT NULL AND expires_at IS NOT NULL)", name="completed"
        ),
        sa.Index("export_user_id_page", "user_id", "company_id", "id"),
        sa.Index("export_api_key_id_page", "api_key_id", "id"),
        sa.Index("export_membership_id_ix", "membership_id"),
        sa.Index("export_unfinished", "company_id", postgresql_where=sa.text("status IN ('QUEUED', 'RUNNING')")),
        sa.Index("export_due", "expires_at", postgresql_where=sa.text("status = 'COMPLETED'")),
        sa.Index("export_created_at_ix", "created_at"),
    )


class ExportPart(Base):
    """A part of an export's file, from the byte `start` on: the gzip member of one page."""

    __tablename__ = "export_part"
    IS_LOGGED = False

    export_id: Mapped[UUID] = mapped_column(sa.ForeignKey("export.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(info=private(read=False, log=False))


CONCEPTS: Final = (
    Concept(
        "Export",
        Export,
        tag=b"ex",
        newest_first=True,
        actions=steps_of(LIFECYCLE, "cancel"),
    ),
)
