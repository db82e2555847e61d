"""`GET /schema.graphql`: the schema for tools, without a checkout."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from graphql import GraphQLEnumType, build_schema

from commands.schema import SNAPSHOT
from commands.work.schema import shaped_sdl
from tests import plain_http
from tests.client import HIDDEN, Client, open_client
from tests.conftest import Gateway
from tests.node import run
from transport.http.schema import has_tag

PATH: Final = "/schema.graphql"
CLIENTS: Final = Path(__file__).parents[1] / "schema" / "clients"
PORTS: Final = "query Port { ports(first: 1) { nodes { createdAt monthlyRate { amount } } } }"
SCALARS: Final = {
    "DateTime": "string",
    "Date": "string",
    "Decimal": "string",
    "URL": "string",
    "EmailAddress": "string",
    "JSONObject": "Record<string, unknown>",
}


@pytest.fixture
async def strict(demo_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    async with open_client(demo_url, tmp_path, shaped_schema="strict") as client:
        yield client


async def test_schema_is_that_of_the_snapshot(demo_client: Client) -> None:
    """Everyone gets the full schema, with all descriptions."""
    response = await demo_client.get(None, PATH)

    assert (200, "application/graphql; charset=utf-8") == (response.status_code, response.headers["Content-Type"])
    assert SNAPSHOT.read_text("utf-8") == response.text


async def test_schema_can_be_that_of_the_viewer_R116(demo_client: Client) -> None:
    """A managed account gets what introspection shows to it."""
    own = await demo_client.get(HIDDEN, f"{PATH}?as=viewer")
    visitors = await demo_client.get(None, f"{PATH}?as=viewer")

    assert shaped_sdl("MANAGED+ACCOUNT_ADMIN") == own.text
    assert shaped_sdl("ANONYMOUS") == visitors.text
    assert "billingMarkets" not in own.text


async def test_strict_gateway_shows_no_other_schema(strict: Client) -> None:
    """A gateway that rejects what a viewer never sees doesn't print it either."""
    full, own = await strict.get(HIDDEN, PATH), await strict.get(HIDDEN, f"{PATH}?as=viewer")

    assert own.text == full.text
    assert "billingMarkets" not in full.text


async def test_unchanged_schema_is_not_sent_again(demo_client: Client) -> None:
    """The tag stands for the text, so it differs between viewers, and a response without a body has it too."""
    first, own = await demo_client.get(None, PATH), await demo_client.get(HIDDEN, f"{PATH}?as=viewer")
    again = await demo_client.http.get(PATH, headers={"If-None-Match": first.headers["ETag"]})
    other = await demo_client.http.get(PATH, headers={"If-None-Match": own.headers["ETag"]})

    assert first.headers["ETag"] != own.headers["ETag"]
    assert (304, b"", first.headers["ETag"]) == (again.status_code, again.content, again.headers["ETag"])
    assert "Authorization" in again.headers["Vary"]
    assert 200 == other.status_code


@pytest.mark.parametrize("query", ["as=", "as=MANAGED", "as=viewer&as=viewer"])
async def test_unknown_parameter_is_refused(demo_client: Client, query: str) -> None:
    """The message says which value is allowed."""
    response = await demo_client.get(None, f"{PATH}?{query}")

    assert (400, "BAD_REQUEST") == (response.status_code, response.json()["errors"][0]["extensions"]["code"])


async def test_invalid_token_is_refused(demo_client: Client) -> None:
    """A tool with an expired token learns it, rather than build against another viewer's schema."""
    response = await demo_client.http.get(f"{PATH}?as=viewer", headers={"Authorization": "Bearer x"})

    assert 401 == response.status_code


def test_code_generator_reads_the_served_schema(gateway: Gateway, tmp_path: Path) -> None:
    """GraphQL Code Generator, with the recipe of docs/api/schema.md, knows what each scalar is."""
    (tmp_path / "documents.graphql").write_text(PORTS, "utf-8")
    config = {
        "schema": f"{gateway.url}{PATH}",
        "documents": str(tmp_path / "documents.graphql"),
        "generates": {str(tmp_path / "types.ts"): {"plugins": ["typescript", "typescript-operations"]}},
        "config": {"scalars": SCALARS, "strictScalars": True, "enumsAsTypes": True},
    }
    (tmp_path / "codegen.json").write_text(json.dumps(config), "utf-8")
    run(CLIENTS, "node", "node_modules/.bin/graphql-codegen", "--config", str(tmp_path / "codegen.json"))

    types = (tmp_path / "types.ts").read_text("utf-8")
    assert "createdAt: string" in types
    assert "amount: string" in types


async def test_response_is_compressed(gateway: Gateway) -> None:
    """The schema has 250 kB, which take a quarter of the time compressed."""
    async with plain_http.client(base_url=gateway.url) as client:
        response = await client.get(PATH, headers={"Accept-Encoding": "gzip"})

    assert "gzip" == response.headers["Content-Encoding"]
    assert int(response.headers["Content-Length"]) < len(response.content) / 4


def test_every_enum_value_is_described() -> None:
    """What a value means is in the schema, where clients look."""
    kinds = [kind for kind in build_schema(SNAPSHOT.read_text("utf-8")).type_map.values() if isinstance(kind, GraphQLEnumType)]
    own = [kind for kind in kinds if not kind.name.startswith("__")]

    assert [] == [f"{kind.name}.{name}" for kind in own for name, value in kind.values.items() if not value.description]


@pytest.mark.parametrize(
    ("if_none_match", "is_there"),
    [('W/"a"', True), ('"a"', True), ('"b", W/"a"', True), ("*", True), ('"b"', False), ("", False), ("a", False)],
)
def test_tags_are_compared_weakly(if_none_match: str, is_there: bool) -> None:
    """As RFC 9110 §13.1.2 says."""
    assert is_there == has_tag(if_none_match, 'W/"a"')
