"""OpenTelemetry spans by the semantic conventions, sent by OTLP over HTTP. Only `telemetry.tracing` imports this module.

A span never has a value: neither of a variable, a literal, a statement's parameter, nor the text of an exception.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.semconv._incubating.attributes import graphql_attributes as graphql
from opentelemetry.semconv.attributes import db_attributes as db
from opentelemetry.semconv.attributes import error_attributes as errors
from opentelemetry.semconv.attributes import http_attributes as http
from opentelemetry.semconv.attributes import url_attributes as url
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

SERVICE: Final = Resource({"service.name": "crossgate"})  # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override it
METHODS: Final = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})
OTHER_METHOD: Final = "_OTHER"
SERVER_ERROR: Final = 500  # the lowest HTTP status that means the gateway failed


class Exporting:
    """Makes spans and sends them in batches from a thread of its own. OTEL_* variables set the sampler and the receiver."""

    def __init__(self) -> None:
        self._provider = TracerProvider(resource=SERVICE.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("crossgate")
        self._propagator = TraceContextTextMapPropagator()

    def close(self) -> None:
        """Send the remaining spans."""
        self._provider.shutdown()

    @contextmanager
    def caller(self, headers: Mapping[str, str]) -> Iterator[None]:
        """Make spans of the block children of the caller's span, which the headers name."""
        token = context.attach(self._parent(headers))
        try:
            yield
        finally:
            context.detach(token)

    @contextmanager
    def request(self, method: str, path: str, scheme: str, headers: Mapping[str, str]) -> Iterator[Span]:
        """Make a span of an HTTP request, as a child of the caller's. `answered` ends it with the response's facts."""
        method = method if method in METHODS else OTHER_METHOD
        attributes = {http.HTTP_REQUEST_METHOD: method, url.URL_PATH: path, url.URL_SCHEME: scheme}
        with self.caller(headers), self._span(method, SpanKind.SERVER, attributes) as span:
            yield span

    def answered(self, span: Span, method: str, route: str | None, status: int) -> None:
        """Add what is known of a request once it has been answered."""
        span.set_attribute(http.HTTP_RESPONSE_STATUS_CODE, status)
        if route is not None:
            span.set_attribute(http.HTTP_ROUTE, route)
            span.update_name(f"{method if method in METHODS else OTHER_METHOD} {route}")
        if status >= SERVER_ERROR:
            span.set_attribute(errors.ERROR_TYPE, str(status))
            span.set_status(Status(StatusCode.ERROR))

    def trace_id(self, span: Span) -> str:
        """Return the ID of a span's trace, as logs have it."""
        return format(span.get_span_context().trace_id, "032x")

    @contextmanager
    def operation(self, kind: str, name: str | None = None) -> Iterator[Span]:
        """Make a span of a GraphQL operation, or of an event of a subscription. Its name is its type, as the conventions want."""
        attributes = {graphql.GRAPHQL_OPERATION_TYPE: kind}
        if name is not None:
            attributes[graphql.GRAPHQL_OPERATION_NAME] = name
        with self._span(kind, SpanKind.INTERNAL, attributes) as span:
            yield span

    def set_document(self, span: Span, document: str) -> None:
        """Add the text of an operation's document, which the caller has freed of values."""
        span.set_attribute(graphql.GRAPHQL_DOCUMENT, document)

    @contextmanager
    def job(self, name: str) -> Iterator[None]:
        """Make a span of a job of the worker."""
        with self._span(name, SpanKind.CONSUMER, {}):
            yield

    def statement(self, text: str, started: float) -> None:
        """Make a span of a statement that has ended; `started` is of `time.perf_counter`. Only inside of a recorded span."""
        if not trace.get_current_span().is_recording():
            return
        end = time.time_ns()
        begin = end - int((time.perf_counter() - started) * 1e9)
        command = text.split(maxsplit=1)[0].upper()
        attributes = {db.DB_SYSTEM_NAME: "postgresql", db.DB_OPERATION_NAME: command, db.DB_QUERY_TEXT: text}
        self._tracer.start_span(command, kind=SpanKind.CLIENT, attributes=attributes, start_time=begin).end(end)

    @contextmanager
    def _span(self, name: str, kind: SpanKind, attributes: Mapping[str, str]) -> Iterator[Span]:
        """Make the current span. An exception is named by its class only, because its message can have values."""
        with self._tracer.start_as_current_span(
            name, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_attribute(errors.ERROR_TYPE, type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    def _parent(self, headers: Mapping[str, str]) -> Context:
        """Return the context with the caller's span, or an empty one."""
        return self._propagator.extract(headers, Context())
