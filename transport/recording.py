"""Recording: the queries that are executed, a line of JSON each, so that they can be asked again under another policy.

It holds variables, which the log never does: it is off unless a setting names its file, which only its owner may read. Mutations and
answers are never recorded.
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

ONLY_OURS: Final = 0o600

log = structlog.stdlib.get_logger("crossgate.recording")


class Recording:
    """Appends to a file. Several processes may append to one; whoever moves it away gets a new one begun."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where the file cannot be written, so that it is known at the start."""
        self._path = path
        self._append(b"")

    def extension(self) -> SchemaExtension:
        """For the schema's extensions: records what is executed."""
        return _Recorded(self)

    def note(self, asked: dict[str, Any]) -> None:
        """Record a query. Where that fails the query goes on."""
        try:
            self._append(orjson.dumps(asked, default=str, option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            log.error("recording.failed", error=str(error))

    def _append(self, line: bytes) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, ONLY_OURS)
        try:
            os.fchmod(file, ONLY_OURS)  # it may have been there before
            os.write(file, line)  # at once, so that the lines of several processes do not mix
        finally:
            os.close(file)


class _Recorded(SchemaExtension):
    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._query: str | None = None

    def on_operation(self) -> Iterator[None]:
        """Keep what was asked: previews are taken out of what is executed."""
        self._query = self.execution_context.query
        yield

    def on_execute(self) -> Iterator[None]:
        """Record a query that is valid and is about to run. A preview is recorded with the query that it is part of."""
        asked = self.execution_context
        if asked.operation_type is OperationType.QUERY and not asked.context.is_preview:
            self._recording.note(
                {
                    **_who(asked.context),
                    "operationName": asked.operation_name,
                    "query": self._query,
                    "variables": asked.variables or {},
                }
            )
        yield


def _who(context: Context) -> dict[str, Any]:
    """The viewer, and who asks in its place, if somebody else does."""
    viewer, asker = context.viewer, context.requester
    known = {"userId": viewer.user_id, "companyId": viewer.company_id}
    return known if asker is viewer else known | {"askerUserId": asker.user_id, "askerCompanyId": asker.company_id}
