"""Traces: a real receiver gets the spans of requests, operations and statements, and no value of any of them."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from graphql import parse

from telemetry import tracing
from tests.client import HIDDEN, SHOWN, Client, open_client
from tests.otlp import Receiver, Span, receiving
from transport.documents import Document
from transport.traces import _without_values

ROOT: Final = Path(__file__).parents[2]
TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
PARENT: Final = "b7ad6b7169203331"
CALLER: Final = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
PORTS: Final = (
    "query Ports($metros: [String!]) { ports(first: 2, filter: {metros: $metros}) { nodes { name monthlyRate { amount } } } }"
)

RENAME: Final = """
    mutation ($id: ID!, $version: Int!) { updatePort(input: {id: $id, version: $version, name: "Other"}) { userErrors { code } } }
"""

Tracing = Callable[..., AbstractAsyncContextManager[tuple[Client, Receiver]]]
"""Opens a gateway that exports traces, over the sample market. On leaving, the receiver has all spans."""


@pytest.fixture
def traced(demo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tracing:
    @asynccontextmanager
    async def opened(database_url: str = demo_url, **settings: Any) -> AsyncIterator[tuple[Client, Receiver]]:
        with receiving() as receiver:
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
            tracing.start()
            try:
                async with open_client(database_url, tmp_path, cost_per_peer=10**12, **settings) as client:
                    yield client, receiver
            finally:
                tracing.stop()

    return opened


def children(spans: list[Span], parent: Span) -> list[Span]:
    """Return the spans whose parent is a span."""
    return [span for span in spans if span.parent == parent.id]


@pytest.mark.one_process
async def test_request_has_a_tree_of_spans(traced: Tracing) -> None:
    """A request is one span of the caller's trace; its operation is a child, and its statements are children of both."""
    async with traced() as (client, receiver):
        await client.send(SHOWN, PORTS, {"metros": ["swordfish"]}, **CALLER)

    [request] = receiver.named("POST /graphql")
    [operation] = receiver.named("query")
    statements = receiver.named("SELECT")
    assert ("SERVER", TRACE, PARENT, "crossgate") == (request.kind, request.trace, request.parent, request.service)
    assert {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
        "url.path": "/graphql",
        "url.scheme": "http",
    } == request.attributes
    assert ("INTERNAL", request.id) == (operation.kind, operation.parent)
    assert {"graphql.operation.type": "query", "graphql.operation.name": "Ports"} == {
        name: value for name, value in operation.attributes.items() if name != "graphql.document"
    }
    assert {TRACE} == {span.trace for span in receiver.spans}
    assert [1, 1] == [len(children(statements, parent)) for parent in (request, operation)]
    assert {("CLIENT", "postgresql", "SELECT")} == {
        (span.kind, span.attributes["db.system.name"], span.attributes["db.operation.name"]) for span in statements
    }
    assert all(span.attributes["db.query.text"].startswith("SELECT") for span in statements)
    assert all(0 < span.nanoseconds < operation.nanoseconds for span in children(statements, operation))


async def test_mutation_has_the_statements_that_write(traced: Tracing, demo_copy_url: str) -> None:
    """Statements of a mutation's transaction are spans too, with their text and without their values."""
    mutation = 'mutation { updateUser(input: {id: "swordfish", version: 1, name: "Swordfish"}) { userErrors { code } } }'
    async with traced(demo_copy_url) as (client, receiver):
        await client.send(SHOWN, "query { viewer { user { id } } }", {})
        await client.send(SHOWN, mutation, {})

    assert 1 == len(receiver.named("mutation"))
    assert b"swordfish" not in b"".join(receiver.raw).lower()


async def test_no_value_is_exported(traced: Tracing) -> None:
    """No variable, literal, header, query string or value of the response is in what the receiver gets."""
    async with traced() as (client, receiver):
        shown = await client.send(SHOWN, PORTS, {"metros": None})
        await client.send(HIDDEN, PORTS, {"metros": ["swordfish"]}, **{"User-Agent": "swordfish"})
        await client.send(
            HIDDEN, '{ node(id: "swordfish") { id } products(first: 1, filter: {search: "swordfish"}) { totalCount } }', {}
        )
        await client.send(HIDDEN, '{ swordfish(a: ["swordfish", 4711, {b: SWORDFISH}]) }', {})
        await client.get(HIDDEN, "/readyz?swordfish=swordfish")
    received = b"".join(receiver.raw)

    nodes = shown.data["ports"]["nodes"]
    assert nodes
    assert [] == [text for node in nodes for text in (node["name"], node["monthlyRate"]["amount"]) if text.encode() in received]
    assert b"swordfish" not in received.lower()
    assert b"4711" not in received
    assert b"$1" in received
    assert {True, False} == {"graphql.document" in span.attributes for span in receiver.named("query")}


async def test_error_is_named_by_its_status(traced: Tracing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that fails in the gateway is an error with its status; the exception's text isn't exported."""

    async def broken(*_: Any) -> Any:
        raise RuntimeError("swordfish")

    async with traced() as (client, receiver):
        monkeypatch.setattr("transport.operations.OperationRunner.run_planned", broken)
        await client.send(SHOWN, "{ viewer { __typename } }", {})

    [request], [operation] = receiver.named("POST /graphql"), receiver.named("query")
    assert (True, "500") == (request.is_error, request.attributes["error.type"])
    assert (True, "RuntimeError") == (operation.is_error, operation.attributes["error.type"])
    assert b"swordfish" not in b"".join(receiver.raw)


@pytest.mark.parametrize("sent", ["swordfish", f"00-{'0' * 32}-{PARENT}-01", f"ff-{TRACE}-{PARENT}-01", ""])
async def test_invalid_caller_starts_a_trace(traced: Tracing, sent: str) -> None:
    """A request with an invalid `traceparent` is the root of its own trace."""
    async with traced() as (client, receiver):
        await client.send(SHOWN, "{ viewer { __typename } }", {}, traceparent=sent)

    [request] = receiver.named("POST /graphql")
    assert "" == request.parent
    assert request.trace not in (TRACE, "0" * 32)


async def test_unsampled_trace_is_not_exported(traced: Tracing) -> None:
    """A caller that doesn't record its trace spares the gateway from doing so: it exports nothing."""
    async with traced() as (client, receiver):
        await client.send(SHOWN, PORTS, {"metros": None}, traceparent=f"00-{TRACE}-{PARENT}-00")

    assert [] == receiver.spans


async def test_event_of_a_subscription_is_a_span(traced: Tracing, demo_copy_url: str) -> None:
    """Each event of a subscription has a span of its own with the statements that decide about it."""
    async with traced(demo_copy_url) as (client, receiver):
        ports = await client.send(SHOWN, "{ ports(first: 1) { nodes { id version } } }", {})
        port = ports.data["ports"]["nodes"][0]
        async with client.following(SHOWN, "subscription { portUpdated { id } }") as following:
            await client.send(SHOWN, RENAME, {"id": port["id"], "version": port["version"]})
            await following.event()

    events = receiver.named("subscription")
    assert events
    assert {"subscription"} == {span.attributes["graphql.operation.type"] for span in events}
    assert children(receiver.named("SELECT"), events[0])


async def test_log_line_has_the_trace(traced: Tracing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log line of a request has the ID of its trace next to its own."""
    written = io.StringIO()
    async with traced(log_level="INFO") as (client, _):
        monkeypatch.setattr(sys, "stderr", written)
        await client.send(SHOWN, "{ viewer { __typename } }", {}, **CALLER)

    [line] = [line for line in map(orjson.loads, written.getvalue().splitlines()) if line["event"] == "request"]
    assert TRACE == line["trace_id"]


@pytest.mark.parametrize(
    ("document", "stripped"),
    [
        ('{ port(id: "a") { name } }', "{\n  port(id: $_) {\n    name\n  }\n}"),
        ("{ a(b: [1, $c], d: {e: $c}, f: true, g: H, i: null) }", "{\n  a(b: $_, d: $_, f: $_, g: $_, i: $_)\n}"),
        ("query Q($c: Int = 5) { a(b: $c) @include(if: true) }", "query Q($c: Int) {\n  a(b: $c) @include(if: $_)\n}"),
        ("fragment F on A { b(c: 1.5) } # secret", "fragment F on A {\n  b(c: $_)\n}"),
    ],
)
def test_document_loses_its_values(document: str, stripped: str) -> None:
    """Each literal, default and comment is gone; names, variables and the shape stay."""
    assert stripped == _without_values(Document(parse(document)))


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({"OTEL_SERVICE_NAME": "x"}, False),
    ],
)
def test_standard_variables_turn_traces_on(environment: dict[str, str], wanted: bool) -> None:
    """Traces are exported if a variable names a receiver, unless another turns them off."""
    assert wanted == tracing._is_wanted(environment)


def test_other_protocol_is_refused() -> None:
    """A protocol that the gateway doesn't have stops the start, and the message names the variable."""
    with pytest.raises(tracing.UnsupportedProtocol, match=r"OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf"):
        tracing.start({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
    assert tracing.exporting is None


def test_nothing_of_opentelemetry_is_imported_without_a_receiver() -> None:
    """A gateway without traces pays nothing for them, not even their import."""
    code = "import server, sys; print([name for name in sys.modules if name.startswith('opentelemetry')])"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "[]" == found.stdout.strip()
