"""An operation costs what its coerced variables make it cost, however it reaches the gateway."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import build_schema
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client import PARTNER, Client, open_client
from tests.event_streams import opened
from tests.transport.test_bounds import SIZES
from transport.documents import Documents
from transport.limits.bounds import Bounds

SCHEMA = build_schema("""
type Query { ports(first: Int, last: Int): Ports! nodes(ids: [ID!]!): [Thing]! }
type Ports { nodes: [Thing!]! }
type Thing { id: ID! owner: Thing }
""")
BOUNDS = Bounds(schema=SCHEMA, depth=25, fields=1000, cost=10**9, **SIZES)
FIELDS = {
    "Int": "ports(first: %s) { nodes { id owner { id } } }",
    "Int!": "ports(last: %s) { nodes { id } }",
    "[ID!]": "nodes(ids: %s) { id }",
    "[ID!]!": "nodes(ids: %s) { id owner { id } }",
}
NUMBERS = st.one_of(st.integers(-2, 2000), st.integers(-2, 2000).map(float), st.sampled_from([1e3, 1.5, 10.0**12, 10**12]))
SINGLE = st.one_of(NUMBERS, st.text("ab", max_size=2), st.booleans(), st.none())
VALUES = st.one_of(SINGLE, st.lists(SINGLE, max_size=5), st.lists(st.text("ab", max_size=2), max_size=60))
QUERY = "query ($first: Int!) { ports(first: $first) { nodes { id } } }"
DEFAULT = "query ($first: Int = 1000) { ports(first: $first) { nodes { id } } }"
IDS = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
PREVIEW = """query ($id: ID!, $first: Int!) {
  previewSettings(managedAccountId: $id) { ports(first: $first) { nodes { id } } }
}"""


def cost(text: str, variables: dict[str, Any]) -> int:
    """The cost of the only operation in a document."""
    document = Documents(max_tokens=10_000, max_characters=100_000).parse(text)
    return document.size(document.operation(None), variables, BOUNDS).cost


def literal(value: Any) -> str:
    """A coerced value as a GraphQL literal."""
    return json.dumps(value, ensure_ascii=False)


@settings(max_examples=400, deadline=None)
@given(kind=st.sampled_from(list(FIELDS)), value=VALUES, passed_as=st.sampled_from(["variable", "default"]))
def test_variable_costs_the_same_as_its_literal(kind: str, value: Any, passed_as: str) -> None:
    """For each value that graphql-core coerces, a variable, a default and a literal have the same cost."""
    default = f" = {literal(value)}" if passed_as == "default" else ""
    by_variable = f"query ($v: {kind}{default}) {{ {FIELDS[kind] % '$v'} }}"
    raw = {} if passed_as == "default" else {"v": value}
    definitions = (
        Documents(max_tokens=10_000, max_characters=100_000).parse(by_variable).operation(None).node.variable_definitions
    )

    actual = cost(by_variable, raw)

    variables = get_variable_values(SCHEMA, definitions or (), raw)
    if isinstance(variables, VariableValues) and variables.coerced.get("v") is not None:
        assert cost(f"{{ {FIELDS[kind] % literal(variables.coerced['v'])} }}", {}) == actual


@pytest.mark.parametrize("single", ['"a"', "7", "E", "{a: 1}"])
def test_single_id_counts_as_a_list_of_one(single: str) -> None:
    """A literal that isn't a list costs the same as the one-item list it is coerced to."""
    assert (1, 1) == (cost(f"{{ nodes(ids: {single}) {{ id }} }}", {}), cost('{ nodes(ids: ["a"]) { id } }', {}))


@pytest.fixture(scope="module")
async def limited(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """The gateway with the small demo data, and a cost limit of 100."""
    async with open_client(demo_url, tmp_path_factory.mktemp("limited"), max_operation_cost=100) as client:
        yield client


async def post(client: Client, query: str, variables: dict[str, Any]) -> Any:
    """Send an operation by POST and return its error codes."""
    return (await client.send(None, query, variables)).codes


async def get(client: Client, query: str, variables: dict[str, Any]) -> Any:
    """Send an operation by GET and return its error codes."""
    response = await client.http.get("/graphql", params={"query": query, "variables": json.dumps(variables)})
    return codes(response.json())


async def stream(client: Client, query: str, variables: dict[str, Any]) -> Any:
    """Send an operation as an event stream and return its error codes."""
    headers = {"Accept": "text/event-stream"}
    response = await client.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    return codes(next(json.loads(line.removeprefix("data: ")) for line in response.text.splitlines() if "errors" in line))


async def send_over_socket(client: Client, query: str, variables: dict[str, Any]) -> Any:
    """Send an operation over a WebSocket and return its error codes."""
    async with opened(client.app) as socket:
        await socket.send({"type": "connection_init"})
        await socket.receive()
        await socket.send({"type": "subscribe", "id": "1", "payload": {"query": query, "variables": variables}})
        return codes((await socket.receive())["payload"])


async def compare(client: Client, query: str, variables: dict[str, Any]) -> Any:
    """Send an operation to /diff and return its error codes."""
    body = {"query": query, "variables": variables, "left": None, "right": None}
    return codes((await client.post(PARTNER, "/diff", body)).json())


def codes(answer: Any) -> Any:
    """The codes in a response or in a list of errors."""
    return [error["extensions"]["code"] for error in (answer if isinstance(answer, list) else answer["errors"])]


@pytest.mark.parametrize("send", [post, get, stream, send_over_socket, compare])
@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (QUERY, {"first": 1000}),
        (QUERY, {"first": 1000.0}),
        (DEFAULT, {}),
        (IDS, {"ids": ["a"] * 101}),
        (IDS, {"ids": [1] * 101}),
        (PREVIEW, {"id": "x", "first": 1e3}),
    ],
)
async def test_every_transport_refuses_a_page_that_is_too_large(
    limited: Client, send: Any, query: str, variables: dict[str, Any]
) -> None:
    """A size passed as a float, as a default or in a preview is refused like a plain one."""
    assert ["OPERATION_TOO_COSTLY"] == await send(limited, query, variables)


async def test_invalid_page_size_is_an_input_error(limited: Client) -> None:
    """A size that isn't an integer is an error of the variable, not of the cost."""
    assert ["BAD_USER_INPUT"] == await post(limited, QUERY, {"first": "1000"})
    assert ["BAD_USER_INPUT"] == await post(limited, QUERY, {"first": 1000.5})
