"""Which operation runs, what each method may run, and the status of the response."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import strawberry

from settings import Settings
from tests.transport.conftest import GRAPHQL, JSON, PostQuery
from tests.transport.gateway import Query, load_ada
from transport.app import create_app, make_operations
from transport.authentication.bearer import Identity
from transport.authentication.tokens import Tokens
from transport.documents import Documents

TWO = 'query A { hello } query B { hello(name: "B") }'


def error(message: str, code: str, *places: tuple[int, int]) -> dict[str, Any]:
    located = {"locations": [{"line": line, "column": column} for line, column in places]} if places else {}
    return {"errors": [{"message": message, **located, "extensions": {"code": code}}]}


REQUEST_ERRORS = [
    ({"query": "{"}, error("Syntax Error: Expected Name, found <EOF>.", "GRAPHQL_PARSE_FAILED", (1, 2))),
    ({"query": ""}, error("Syntax Error: Unexpected <EOF>.", "GRAPHQL_PARSE_FAILED", (1, 1))),
    (
        {"query": "{ nope }"},
        error("Cannot query field 'nope' on type 'Query'.", "GRAPHQL_VALIDATION_FAILED", (1, 3)),
    ),
    (
        {"query": "query ($n: String!) { hello(name: $n) }", "variables": {"n": 7}},
        error("Variable '$n' has invalid value: String cannot represent a non string value: 7", "BAD_USER_INPUT", (1, 8)),
    ),
    (
        {"query": TWO},
        error("The document contains several operations. Choose one with operationName.", "OPERATION_NAME_REQUIRED"),
    ),
    (
        {"query": TWO, "operationName": "C"},
        error('The document contains no operation named "C".', "OPERATION_NOT_FOUND"),
    ),
    (
        {"query": "fragment F on Query { hello }"},
        error("The document contains no operation.", "OPERATION_NOT_FOUND"),
    ),
]


@pytest.mark.parametrize(("body", "expected"), REQUEST_ERRORS)
@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), (JSON, 200)])
async def test_request_errors_have_a_code_and_no_data(
    post: PostQuery, body: dict[str, Any], expected: dict[str, Any], accept: str, status: int
) -> None:
    """A request that fails before it runs has a code and no data: 400 in GraphQL's own media type, 200 as plain JSON."""
    response = await post(**body, accept=accept)

    assert (status, expected) == (response.status_code, response.json())


async def test_named_operation_runs(post: PostQuery) -> None:
    """`operationName` chooses which operation runs."""
    response = await post(TWO, operationName="B")

    assert (response.status_code, response.json()) == (200, {"data": {"hello": "Hello, B!"}})


@pytest.mark.parametrize(
    "query",
    [
        "{" * 400,
        "{ hello " * 400,
        "{ hello(name: " + "[" * 400,
        "query (" + "$a: Int " * 400 + ") { hello }",
        "{" + " hello" * 600 + " }",
        "# comment\n" * 600 + "{ hello }",
    ],
)
async def test_oversized_document_is_refused(post: PostQuery, query: str) -> None:
    """A document with too many tokens or too much nesting is refused before it costs anything."""
    response = await post(query)

    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (400, "GRAPHQL_PARSE_FAILED")


async def test_mutation_runs_by_post(post: PostQuery) -> None:
    """A mutation runs by POST."""
    assert (await post("mutation { bump }")).json() == {"data": {"bump": 1}}


@pytest.mark.parametrize("query", ["mutation { bump }", "query A { hello } mutation B { bump }"])
async def test_mutation_does_not_run_by_get(client: httpx.AsyncClient, query: str) -> None:
    """A mutation never runs by GET, whatever else the document contains."""
    response = await client.get("/graphql", params={"query": query, "operationName": "B" if "B" in query else ""})

    [refused] = response.json()["errors"]
    assert (
        response.status_code,
        response.headers["Allow"],
        refused["extensions"]["code"],
    ) == (405, "POST", "METHOD_NOT_ALLOWED")


async def test_subscription_needs_a_streaming_transport(post: PostQuery) -> None:
    """A subscription isn't run as if it were a query."""
    response = await post("subscription { ticks }")

    [refused] = response.json()["errors"]
    assert (
        response.status_code,
        refused["message"],
        refused["extensions"]["code"],
    ) == (400, "Subscriptions need a streaming transport. Use a WebSocket, or send Accept: text/event-stream.", "BAD_REQUEST")


async def test_incremental_delivery_is_not_supported(post: PostQuery) -> None:
    """The directives of incremental delivery are unknown."""
    response = await post("{ ... @defer { hello } }")

    assert (
        response.status_code,
        response.json()["errors"][0]["extensions"]["code"],
    ) == (400, "GRAPHQL_VALIDATION_FAILED")


async def test_operation_that_takes_too_long_gets_504(post: PostQuery) -> None:
    """An operation that runs longer than the timeout is stopped (504)."""
    response = await post("{ slow(seconds: 30) }")

    [refused] = response.json()["errors"]
    assert (
        response.status_code,
        refused["message"],
        refused["extensions"]["code"],
    ) == (504, "The request was not answered within 1 seconds. Try a smaller request.", "TIMEOUT")


async def test_responses_are_not_cached(post: PostQuery) -> None:
    """A cache never returns one viewer's response to another."""
    headers = (await post("{ hello }")).headers

    assert headers["Cache-Control"] == "no-store"
    assert "Authorization" in headers["Vary"]


class Context:
    """A context that says how its operation ran."""

    def __init__(self, execution: str | None) -> None:
        self.execution = execution


@pytest.mark.parametrize(
    ("execution", "header"),
    [
        ("planned", "planned"),
        ("graphql-core; introspection", "graphql-core; introspection"),
        ("two\r\nX-Forged: lines\tand \N{SNOWMAN}", "two X-Forged: lines and"),
        ("a" * 300, "a" * 200),
        ("\r\n", None),
        ("", None),
        (None, None),
    ],
)
async def test_execution_header_says_how_the_operation_ran(
    settings: Settings, tokens: Tokens, execution: str | None, header: str | None
) -> None:
    """The header has what the context says, reduced to characters that a header allows."""
    documents = Documents(settings.max_document_tokens, settings.max_document_characters)
    app = create_app(
        operations=make_operations(strawberry.Schema(Query, extensions=[documents.extension]), settings, documents),
        settings=settings,
        identity=Identity(tokens, load_ada),
        make_context=lambda _viewer, _request_id, _key: Context(execution),
        ready={},
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        response = await client.post("/graphql", json={"query": "{ hello }"})

    assert (200, header) == (response.status_code, response.headers.get("X-Crossgate-Execution"))


@pytest.mark.parametrize("name", ["x" * 1000, "a b " * 1000, "' \" " * 1000, "\n" * 1000])
async def test_operation_name_is_shortened_in_messages(client: httpx.AsyncClient, name: str) -> None:
    """Whatever name a client sends, even quotes and white space, the message stays short."""
    response = await client.post("/graphql", json={"query": "{ hello }", "operationName": name})

    message = response.json()["errors"][0]["message"]
    assert message.startswith(f'The document contains no operation named "{name[:190]}')
    assert len(message) < 250
