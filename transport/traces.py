"""Traces of requests and operations, if they are exported: see `telemetry.tracing`. The log lines of a request get its trace's ID."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from graphql import NameNode, Node, ValueNode, VariableDefinitionNode, VariableNode, Visitor, print_ast, visit
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry import tracing
from transport.documents import Document
from transport.headers import header
from transport.logs import CLOSED_EARLY, bind_facts

if TYPE_CHECKING:
    from telemetry.exporting import Exporting

PROPAGATED: Final = ("traceparent", "tracestate")
HIDDEN: Final = VariableNode(name=NameNode(value="_"))  # in place of each literal
MAX_DOCUMENT_LENGTH: Final = 10_000  # characters
MAX_NAME_LENGTH: Final = 100  # characters of an operation's name, as in the log

_STRIPPED: Final[WeakKeyDictionary[Document, str]] = WeakKeyDictionary()


class Traces:
    """Middleware that makes a span of each HTTP request. Operations of a WebSocket get spans of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exporting = tracing.exporting
        if exporting is None or scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name: value for name in PROPAGATED if (value := header(scope, name.encode())) is not None}
        if scope["type"] == "websocket":
            with exporting.caller(headers):
                await self.app(scope, receive, send)
            return
        status = CLOSED_EARLY

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        path = scope["raw_path"].decode("ascii", "replace")
        with exporting.request(scope["method"], path, scope["scheme"], headers) as span:
            bind_facts(trace_id=exporting.trace_id(span))
            try:
                await self.app(scope, receive, answer)
            finally:
                exporting.answered(span, scope["method"], getattr(scope.get("route"), "path", None), status)


@contextmanager
def operation_span(exporting: Exporting, kind: str, name: str | None, document: Document) -> Iterator[None]:
    """Make a span of an operation."""
    with exporting.operation(kind, name and name[:MAX_NAME_LENGTH]) as span:
        bind_facts(trace_id=exporting.trace_id(span))
        try:
            yield
        finally:
            if document.is_valid and span.is_recording():  # an invalid one can have any text as a name
                exporting.set_document(span, _without_values(document))


def _without_values(document: Document) -> str:
    """Return a document's text in which `$_` replaces each literal."""
    stripped = _STRIPPED.get(document)
    if stripped is None:
        stripped = _STRIPPED[document] = print_ast(visit(document.ast, _Strip()))[:MAX_DOCUMENT_LENGTH]
    return stripped


class _Strip(Visitor):
    """Replaces each literal by a variable, and drops the defaults of variables."""

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> VariableDefinitionNode:
        """Drop the default."""
        return replace(node, default_value=None)

    def enter(self, node: Node, *_: Any) -> Node | None:
        """Replace a literal, also a list or an object that contains variables."""
        return HIDDEN if isinstance(node, ValueNode) and not isinstance(node, VariableNode) else None
