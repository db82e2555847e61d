"""A third-party client: it fetches the schema from a running gateway, validates documents against it, and runs them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from gql import Client, gql
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from graphql import GraphQLError, GraphQLSchema, print_schema

import server
from policies.viewer import ANONYMOUS
from schema.introspection.viewer_schemas import ViewerSchemas
from tests import plain_http
from tests.client import DEMO_VIEWERS, HIDDEN, PARTNER, SHOWN
from tests.conftest import Gateway
from tests.schema.outline import SCHEMA

DIRECTORY: Final = Path(__file__).parents[2] / "portal" / "src" / "examples"
EXAMPLES: Final = {path.stem: path.read_text("utf-8") for path in sorted(DIRECTORY.glob("*.graphql"))}
PORTS: Final = """
query Ports($first: Int!, $order: PortOrder) {
  viewer { pricingVisible }
  ports(first: $first, orderBy: $order) { nodes { id name monthlyRate { amount currency } createdAt } pageInfo { endCursor } }
}
"""


async def token(gateway: Gateway, email: str) -> str:
    """Get a token as the portal does in development."""
    async with plain_http.client(base_url=gateway.url) as client:
        answer = await client.post("/portal/sign-in", json={"email": email}, headers={"Origin": gateway.url})
        return str(answer.json()["token"])


@asynccontextmanager
async def connected(
    gateway: Gateway, email: str | None, schema: GraphQLSchema | None = None
) -> AsyncIterator[AsyncClientSession]:
    """Open a client session with the viewer's fetched schema, or with the given schema."""
    headers = {} if email is None else {"Authorization": f"Bearer {await token(gateway, email)}"}
    transport = HTTPXAsyncTransport(f"{gateway.url}/graphql", headers=headers, trust_env=False)
    whole = {
        "specified_by_url": True,
        "directive_is_repeatable": True,
        "schema_description": True,
        "input_value_deprecation": True,
    }
    client = Client(transport=transport, schema=schema, fetch_schema_from_transport=schema is None, introspection_args=whole)
    async with client as session:
        yield session


async def test_client_fetches_the_schema(gateway: Gateway) -> None:
    """Introspection returns the viewer's own schema, also for an anonymous visitor."""
    async with connected(gateway, None) as session:
        fetched = session.client.schema

    assert isinstance(fetched, GraphQLSchema)
    assert print_schema(ViewerSchemas().of(SCHEMA, server.load_policy(), ANONYMOUS.shape)) == print_schema(fetched)


@pytest.mark.parametrize(("email", "visible"), [(SHOWN, True), (HIDDEN, False)])
async def test_client_queries_as_a_viewer(gateway: Gateway, email: str, visible: bool) -> None:
    """Variables and inputs work. A viewer who can't see prices gets null and no error."""
    query = gql(PORTS)
    query.variable_values = {"first": 3, "order": {"field": "NAME"}}
    async with connected(gateway, email) as session:
        data = await session.execute(query)

    rates = [port["monthlyRate"] for port in data["ports"]["nodes"]]
    assert ({"pricingVisible": visible}, [visible] * 3) == (data["viewer"], [rate is not None for rate in rates])


async def test_client_finds_an_invalid_field_before_sending(gateway: Gateway) -> None:
    """The client itself rejects a document that doesn't match the fetched schema."""
    async with connected(gateway, HIDDEN) as session:
        with pytest.raises(GraphQLError, match="Cannot query field 'price' on type 'Port'"):
            await session.execute(gql("{ ports { nodes { price } } }"))


async def test_client_reads_the_code_of_an_error(gateway: Gateway) -> None:
    """The client raises an error with the gateway's extensions."""
    async with connected(gateway, HIDDEN) as session:
        with pytest.raises(TransportQueryError) as raised:
            await session.execute(gql("{ ports(orderBy: {field: MONTHLY_RATE}) { totalCount } }"))

    errors: list[dict[str, Any]] = raised.value.errors or []
    assert ["FORBIDDEN_ORDER"] == [error["extensions"]["code"] for error in errors]


async def test_client_walks_pages(gateway: Gateway) -> None:
    """The end cursor of one page is the start of the next."""
    query = gql(
        "query ($after: String) { ports(first: 40, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }"
    )
    found: list[str] = []
    more, after = True, None
    async with connected(gateway, PARTNER) as session:
        total = (await session.execute(gql("{ ports { totalCount } }")))["ports"]["totalCount"]
        while more:
            query.variable_values = {"after": after}
            page = (await session.execute(query))["ports"]
            found += [node["id"] for node in page["nodes"]]
            more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]

    assert (total, total) == (len(found), len(set(found)))


@pytest.mark.parametrize("email", DEMO_VIEWERS)
@pytest.mark.parametrize("example", EXAMPLES)
async def test_example_runs_without_errors(gateway: Gateway, example: str, email: str | None) -> None:
    """Each of the portal's examples matches the full schema, and every viewer can run it, even for fields they never see."""
    async with connected(gateway, email, SCHEMA) as session:
        data = await session.execute(gql(EXAMPLES[example]))

    assert {} != data
