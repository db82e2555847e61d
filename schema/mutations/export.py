"""Mutations of exports."""

from __future__ import annotations

import strawberry

from models.export import ExportFormat
from resolvers.mutations import export
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.building.scalars import JSONObject
from schema.export import Export


@strawberry.input(description="Input for `startExport`.")
class StartExportInput:
    query: str = required(
        "A query that selects one connection with `nodes`, or with `edges` of `node`, and without `first` or `after`."
    )
    variables: JSONObject | None = optional("The variables of the query.")
    operation_name: str | None = optional("The operation to export, if the query has several.")
    format: ExportFormat = required("The format of the file.")


@strawberry.type(description="Result of `startExport`.")
class StartExportPayload(Payload):
    export: Export | None = strawberry.field(default=None, description="The new export, QUEUED.")


@strawberry.input(description="Input for `cancelExport`.")
class CancelExportInput:
    id: strawberry.ID = required("The export.")


@strawberry.type(description="Result of `cancelExport`.")
class CancelExportPayload(Payload):
    export: Export | None = strawberry.field(default=None, description="The export, CANCELLED.")


@strawberry.type
class ExportMutations:
    start_export: StartExportPayload = mutation_field(
        export.start_export,
        StartExportInput,
        "Starts an export of all rows of a connection, as the viewer can read each page when it's written.",
    )
    cancel_export: CancelExportPayload = mutation_field(
        export.cancel_export,
        CancelExportInput,
        "Cancels an export that is QUEUED or RUNNING, and deletes what is written of it.",
    )
