"""Checks the documents of exports as if they were queries, and reads their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import strawberry
from cachetools import LRUCache

from resolvers.context import Context
from resolvers.execution.worker_thread import run_in_worker
from resolvers.exporting.pages import Exportable, ExportRefused, ExportRequest, Page, PageFailed
from resolvers.values.errors import PublicError
from resolvers.writing.user_errors import ErrorCode
from transport.documents import Document, Documents, Operation
from transport.errors import BAD_USER_INPUT, INTERNAL, publish, readable
from transport.export_documents import PAGE_INFO, ExportDocument, export_document
from transport.limits.bounds import Bounds
from transport.limits.errors import OperationTooCostly, OperationTooLarge
from transport.operations import answer_of

CACHED: Final = 100  # documents of exports
MAX_PAGE_SIZE: Final = 1000  # rows, whatever the setting says: a page is in memory
NOT_TRUSTED: Final = "This gateway runs only trusted documents, and this isn't one of them."
EVERY_ROW: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaPages:
    """The pages of one schema. `bounds` returns the limits of its operations."""

    schema: strawberry.Schema
    documents: Documents
    bounds: Callable[[], Bounds]
    _prepared: LRUCache[tuple[str, str | None], ExportDocument]

    @classmethod
    def of(cls, schema: strawberry.Schema, documents: Documents, bounds: Callable[[], Bounds]) -> SchemaPages:
        """Return the pages of a schema."""
        return cls(schema=schema, documents=documents, bounds=bounds, _prepared=LRUCache(CACHED))

    async def check(self, context: Context, request: ExportRequest) -> Exportable:
        """Check a request as if it were a query of the context's viewer. Raises ExportRefused."""
        persisted, bounds = self.documents.persisted, self.bounds()
        if persisted.allowed is not None and request.query not in persisted.allowed:
            raise ExportRefused(ErrorCode.DOCUMENT_NOT_TRUSTED, NOT_TRUSTED)
        try:
            bounds.check_variables(request.variables)
            document = await self.documents.ready(request.query, bounds)
            operation = document.operation(request.operation_name)
            document.size(operation, dict(request.variables), bounds)
        except PublicError as error:
            raise ExportRefused(ErrorCode.INVALID_DOCUMENT, error.message) from None
        await self._validate(document, context)
        prepared = self._prepare(document, operation, request)
        size = await self._page_size(prepared, request, bounds)
        await self._try(context, prepared, request)
        return Exportable(prepared.connection, size)

    async def read(self, context: Context, request: ExportRequest, page_size: int, after: str | None) -> Page:
        """Read a page as the viewer of the context. Raises PageFailed."""
        try:
            document = self.documents.parse(request.query)
            prepared = self._prepare(document, document.operation(request.operation_name), request)
        except ExportRefused as refused:  # a new version of the schema has no such connection
            raise PageFailed(refused.code.value) from None
        answer = await self._execute(context, prepared, request, page_size, after)
        if "errors" in answer:
            raise PageFailed(_code_of(answer["errors"]))
        return _page(answer, prepared)

    async def _validate(self, document: Document, context: Context) -> None:
        """Validate a document against the viewer's schema. Raises ExportRefused."""
        schema = self.schema._schema
        if self.documents.schema_of is not None:
            schema = await run_in_worker(self.documents.schema_of, schema, context)
        errors = await run_in_worker(document.validate, schema, hides=self.documents.hides)
        if errors:
            raise ExportRefused(ErrorCode.INVALID_DOCUMENT, readable(errors[0].message))

    def _prepare(self, document: Document, operation: Operation, request: ExportRequest) -> ExportDocument:
        """Return what reads the pages of a request. Raises ExportRefused."""
        key = (request.query, request.operation_name)
        prepared = self._prepared.get(key)
        if prepared is None:
            prepared = export_document(document.ast, operation.node, self.schema._schema)
            self._prepared[key] = prepared
        return prepared

    async def _page_size(self, prepared: ExportDocument, request: ExportRequest, bounds: Bounds) -> int:
        """Return how many rows of a page are within the bounds of an operation. Raises ExportRefused."""
        size = min(MAX_PAGE_SIZE, bounds.max_page_size)
        document = await self.documents.ready(prepared.text, bounds)
        while True:
            try:
                document.size(document.operation(None), prepared.variables(request.variables, size, None), bounds)
            except (OperationTooCostly, OperationTooLarge) as error:
                size //= 2
                if size == 0:
                    raise ExportRefused(ErrorCode.INVALID_DOCUMENT, error.message) from None
            except PublicError as error:
                raise ExportRefused(ErrorCode.INVALID_DOCUMENT, error.message) from None
            else:
                return size

    async def _try(self, context: Context, prepared: ExportDocument, request: ExportRequest) -> None:
        """Read the first row, so that whatever a query reports about its arguments is reported now. Raises ExportRefused."""
        answer = await self._execute(context, prepared, request, 1, None)
        for error in answer.get("errors", ()):
            if error["extensions"]["code"] == INTERNAL:
                raise PageUnread
            field = "query" if "path" in error else "variables"
            raise ExportRefused(ErrorCode.INVALID_DOCUMENT, error["message"], field)

    async def _execute(
        self, context: Context, prepared: ExportDocument, request: ExportRequest, page_size: int, after: str | None
    ) -> dict[str, Any]:
        """Run the query of a page, and return the response."""
        try:
            await self.documents.validated(prepared.text, self.schema._schema, context)
            variables = prepared.variables(request.variables, page_size, after)
            result = await self.schema.execute(prepared.text, variable_values=variables, context_value=context)
        except PublicError as error:
            return {"errors": publish([error], "", BAD_USER_INPUT)}
        return answer_of(result, "")


def _code_of(errors: Sequence[Mapping[str, Any]]) -> str:
    """Return the code of the first error. Raises PageUnread for an internal one, which is logged: it's tried again."""
    code: str = errors[0]["extensions"]["code"]
    if code == INTERNAL:
        raise PageUnread
    return code


class PageUnread(Exception):
    """An unexpected error prevented a page from being read. The log has it."""


def _page(answer: Mapping[str, Any], prepared: ExportDocument) -> Page:
    """Return the page of a response."""
    connection = answer["data"][prepared.key]
    items, info = connection[prepared.items], connection[PAGE_INFO]
    rows = items if prepared.node is None else [edge[prepared.node] for edge in items]
    prefix = [prepared.key, prepared.items]
    hidden = _reasons(answer.get("extensions", {}).get("redactions", ()), prefix, prepared.node, len(rows))
    return Page(rows, hidden, prepared.columns, info["endCursor"], has_next_page=info["hasNextPage"])


def _reasons(
    redactions: Sequence[Mapping[str, Any]], prefix: Sequence[str], node: str | None, number: int
) -> list[dict[str, str]]:
    """Return the reasons of each row's hidden values, by their path in the row, joined by dots."""
    skipped = len(prefix) + 1 + (node is not None)
    shared: dict[str, str] = {}
    own: dict[int, dict[str, str]] = {}
    for entry in redactions:
        path, row = entry["path"], entry["path"][len(prefix)]
        of_row = shared if row == EVERY_ROW else own.setdefault(row, {})
        of_row[".".join(map(str, path[skipped:]))] = entry["reason"]
    return [shared | own[row] if row in own else shared for row in range(number)]
