"""A page of rows of an export, and the interface of what reads one. Documents are read in `transport/export_pages.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from resolvers.writing.user_errors import ErrorCode

if TYPE_CHECKING:
    from resolvers.context import Context

Path = tuple[str, ...]
"""The response keys that lead from a row to a value."""


class ExportRefused(Exception):
    """A document can't be exported. `field` is the input field that is wrong."""

    def __init__(self, code: ErrorCode, message: str, field: str = "query") -> None:
        super().__init__(message)
        self.code, self.message, self.field = code, message, field


class PageFailed(Exception):
    """A page can't be read, now or ever again. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What an export reads: a query that selects one connection."""

    query: str
    operation_name: str | None
    variables: Mapping[str, Any]


class Exportable(NamedTuple):
    """What is known of a request that can be exported: its connection, and the rows of a page."""

    connection: str
    page_size: int


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of an export. `hidden` has, for each row, the reasons of hidden values by their path, joined by dots.

    `columns` are the paths of all values that a row can have, in their order in the document.
    """

    rows: Sequence[Mapping[str, Any]]
    hidden: Sequence[Mapping[str, str]]
    columns: Sequence[Path]
    end_cursor: str | None
    has_next_page: bool


class ExportPages(Protocol):
    """Checks the documents of exports, and reads their pages."""

    async def check(self, context: Context, request: ExportRequest) -> Exportable:
        """Check a request as if it were a query of the context's viewer. Raises ExportRefused."""

    async def read(self, context: Context, request: ExportRequest, page_size: int, after: str | None) -> Page:
        """Read a page as the viewer of the context. Raises PageFailed."""


class NoExports:
    """The exports of a process that has no schema to read them by."""

    async def check(self, _context: Context, _request: ExportRequest) -> Exportable:
        """Refuse all."""
        raise ExportRefused(ErrorCode.NOT_EXPORTABLE, "Exports aren't available here.")

    async def read(self, _context: Context, _request: ExportRequest, _page_size: int, _after: str | None) -> Page:
        """Read nothing."""
        raise PageFailed(ErrorCode.NOT_EXPORTABLE.value)
