"""Recording: writes each executed query as a line of JSON, so that it can be replayed under another policy.

A recording contains variables, which the log never does. So it is off unless a setting names its file, and only the file's owner
can read it. Mutations and results are never recorded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from resolvers.context import Context

OWNER_ONLY: Final = 0o600

log = structlog.stdlib.get_logger("crossgate.recording")


class Recording:
    """Appends queries to a file. Processes can share one file; after it is moved away, a new one is created."""

    def __init__(self, path: Path) -> None:
        """Check that the file is writable. Raises OSError."""
        self._path = path
        self._append(b"")

    def extension(self) -> SchemaExtension:
        """Return a schema extension that records executed queries."""
        return _RecordingExtension(self)

    def write(self, query: dict[str, Any]) -> None:
        """Record a query. A failure is logged and doesn't affect the query."""
        try:
            self._append(orjson.dumps(query, default=str, option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            log.error("recording.failed", error=str(error))

    def _append(self, line: bytes) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
        try:
            os.fchmod(file, OWNER_ONLY)  # an existing file keeps its old mode
            os.write(file, line)  # in one call, so that lines of several processes don't mix
        finally:
            os.close(file)


class _RecordingExtension(SchemaExtension):
    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._query: str | None = None

    def on_operation(self) -> Iterator[None]:
        """Store the original query, because previews are removed from what is executed."""
        self._query = self.execution_context.query
        yield

    def on_execute(self) -> Iterator[None]:
        """Record a valid query that is about to run. A preview is recorded with the query that contains it."""
        execution = self.execution_context
        if execution.operation_type is OperationType.QUERY and not execution.context.is_preview:
            self._recording.write(
                {
                    **_viewers(execution.context),
                    "operationName": execution.operation_name,
                    "query": self._query,
                    "variables": execution.variables or {},
                }
            )
        yield


def _viewers(context: Context) -> dict[str, Any]:
    """Return the viewer, and the requester if it is someone else."""
    viewer, requester = context.viewer, context.requester
    fields = {"userId": viewer.user_id, "companyId": viewer.company_id}
    return (
        fields if requester is viewer else fields | {"askerUserId": requester.user_id, "askerCompanyId": requester.company_id}
    )
