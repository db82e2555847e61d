"""Exports."""

from __future__ import annotations

from datetime import datetime

import strawberry

from models.export import ExportFormat, ExportStatus
from resolvers import export
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.building.scalars import URL


@strawberry.type(description="A file with all rows of a connection. Only who asked for it can see and download it.")
class Export(Node):
    is_type_of = of("Export")

    connection: str = column("The connection that is exported, such as `ports`.")
    format: ExportFormat = column("The format of the file, which is compressed with gzip.")
    status: ExportStatus = resolved(export.status, "The status. From `expiresAt` on, a COMPLETED export is EXPIRED.")
    row_count: int = column("The number of rows that are written so far.")
    byte_size: int = column("The size of the file so far, compressed, in bytes.")
    error_code: str | None = column("Why the export has FAILED. Null if it hasn't.")
    url: URL | None = resolved(
        export.url, "A link to the file that works for 10 minutes, without a token. Null unless the export is COMPLETED."
    )
    created_at: datetime = column("When the export was started.")
    completed_at: datetime | None = column("When the file was complete. Null if it isn't.")
    expires_at: datetime | None = column("When the file is deleted, a day after it was complete. Null if it isn't.")
    viewer_can: list[str] = viewer_can_field("Export")


@strawberry.type
class ExportQueries:
    exports: Connection[Export] = resolved(
        export.exports, "The viewer's own exports of the last 30 days, newest first.", page_arguments("Export", "exports")
    )
