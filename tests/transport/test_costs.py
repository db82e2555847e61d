"""The cost of an operation is that of what would run: its variables count as they are coerced, whichever way they come in."""

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
    """What the one operation of a document costs."""
    document = Documents(max_tokens=10_000, max_characters=100_000).parse(text)
    return document.cost(document.operation(None), variables, BOUNDS)


def literal(value: Any) -> str:
    """A coerced value as it is written in a document."""
    return json.dumps(value, ensure_ascii=False)


@settings(max_examples=400, deadline=None)
@given(kind=st.sampled_from(list(FIELDS)), value=VALUES, given_as=st.sampled_from(["variable", "default"]))
def test_a_variable_costs_what_its_literal_costs(kind: str, value: Any, given_as: str) -> None:
    """For each value that graphql-core coerces, the cost by variable, by default and by literal is the same."""
    default = f" = {literal(value)}" if given_as == "default" else ""
    by_variable = f"query ($v: {kind}{default}) {{ {FIELDS[kind] % '$v'} }}"
    raw = {} if given_as == "default" else {"v": value}
    definitions = (
        Documents(max_tokens=10_000, max_characters=100_000).parse(by_variable).operation(None).node.variable_definitions
    )

    counted = cost(by_variable, raw)

    read = get_variable_values(SCHEMA, definitions or (), raw)
    if isinstance(read, VariableValues) and read.coerced.get("v") is not None:
        assert cost(f"{{ {FIELDS[kind] % literal(read.coerced['v'])} }}", {}) == counted


@pytest.mark.parametrize("written", ['"a"', "7", "E", "{a: 1}"])
def test_a_single_id_is_a_list_of_one(written: str) -> None:
    """A literal that is no list counts as the list of one that coercion makes of it."""
    assert (1, 1) == (cost(f"{{ nodes(ids: {written}) {{ id }} }}", {}), cost('{ nodes(ids: ["a"]) { id } }', {}))


@pytest.fixture(scope="module")
async def bounded(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """The gateway over the small sample market, where an operation may cost 100."""
    async with open_client(demo_url, tmp_path_factory.mktemp("bounded"), max_operation_cost=100) as ask:
        yield ask


async def posted(ask: Client, query: str, variables: dict[str, Any]) -> Any:
    """The error codes of an operation that is sent by POST."""
    return (await ask.send(None, query, variables)).codes


async def got(ask: Client, query: str, variables: dict[str, Any]) -> Any:
    """The same by GET."""
    response = await ask.client.get("/graphql", params={"query": query, "variables": json.dumps(variables)})
    return codes(response.json())


async def streamed(ask: Client, query: str, variables: dict[str, Any]) -> Any:
    """The same as a stream of events."""
    headers = {"Accept": "text/event-stream"}
    response = await ask.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    return codes(next(json.loads(line.removeprefix("data: ")) for line in response.text.splitlines() if "errors" in line))


async def by_socket(ask: Client, query: str, variables: dict[str, Any]) -> Any:
    """The same by WebSocket."""
    async with opened(ask.app) as socket:
        await socket.send({"type": "connection_init"})
        await socket.receive()
        await socket.send({"type": "subscribe", "id": "1", "payload": {"query": query, "variables": variables}})
        return codes((await socket.receive())["payload"])


async def compared(ask: Client, query: str, variables: dict[str, Any]) -> Any:
    """The same as a comparison of two viewers."""
    body = {"query": query, "variables": variables, "left": None, "right": None}
    return codes((await ask.post(PARTNER, "/diff", body)).json())


def codes(answer: Any) -> Any:
    """The codes of an answer's errors, or of the errors themselves."""
    return [error["extensions"]["code"] for error in (answer if isinstance(answer, list) else answer["errors"])]


@pytest.mark.parametrize("way", [posted, got, streamed, by_socket, compared])
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
async def test_no_way_in_takes_a_page_that_is_too_large(
    bounded: Client, way: Any, query: str, variables: dict[str, Any]
) -> None:
    """A size written as a float, as a default or in a preview is refused as a plain one is."""
    assert ["OPERATION_TOO_COSTLY"] == await way(bounded, query, variables)


async def test_what_coercion_refuses_is_refused_as_such(bounded: Client) -> None:
    """A size that is no whole number is an error of its variable, not of its cost."""
    assert ["BAD_USER_INPUT"] == await posted(bounded, QUERY, {"first": "1000"})
    assert ["BAD_USER_INPUT"] == await posted(bounded, QUERY, {"first": 1000.5})
