"""Operations are limited in depth, width and cost, and measuring any document is cheap."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import httpx
import pytest
from graphql import build_schema

from settings import Settings
from tests.transport.conftest import GRAPHQL, PostQuery
from tests.transport.gateway import make_app
from transport.authentication.tokens import Tokens
from transport.documents import Documents, DocumentTooLong
from transport.limits.bounds import Bounds
from transport.limits.errors import (
    MAX_COUNT,
    MutationRepeated,
    OperationTooCostly,
    OperationTooDeep,
    OperationTooLarge,
    OperationTooRepetitive,
    OperationTooWide,
    TooManyVariableValues,
)

SCHEMA = build_schema("""
interface Node { id: ID! owner: Company }
type Company implements Node { id: ID! owner: Company name: String ports(first: Int, last: Int, after: String): Ports! }
type Port implements Node { id: ID! owner: Company name: String speeds: [Int!]! company: Company tags: [Tag!] }
type Tag { name: String port: Port }
type Ports { nodes: [Port!]! edges: [Edge!]! pageInfo: Info! totalCount: Int }
type Edge { cursor: String node: Port! }
type Info { hasNextPage: Boolean }
input Filter { id: ID }
type Query {
  name: String
  company: Company
  companies: [Company!]!
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  ports(first: Int, last: Int, filter: Filter): Ports!
}
type Mutation { send(to: ID): Company note(to: ID): Company }
""")
SIZES: Any = {
    "values": 10**9,
    "unplanned": 10**6,
    "introspection": 10**6,
    "default_page_size": 50,
    "max_page_size": 1000,
    "repeats": 10,
    "roots": 100,
    "variables": 10_000,
}


def bounds(depth: int = 25, fields: int = 1000, cost: int = 500_000) -> Bounds:
    return Bounds(schema=SCHEMA, depth=depth, fields=fields, cost=cost, **SIZES)


def cost(text: str, bounds: Bounds = bounds(), **variables: Any) -> int:  # noqa: B008 (a value)
    document = Documents(max_tokens=10_000, max_characters=100_000).parse(text)
    return document.size(document.operation(None), variables, bounds).cost


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ name }", 0),
        ("{ company { id name } }", 1),
        ("{ company { owner { name } ports(first: 0) { totalCount } } }", 3),
        ("{ companies { name } }", 10),
        ("{ companies { owner { name } } }", 20),
        ("{ ports(first: 100) { totalCount } }", 1),
        ("{ ports(first: 100) { nodes { id speeds } } }", 101),
        ("{ ports(last: 7) { nodes { company { name } } pageInfo { hasNextPage } } }", 16),
        ("{ ports { nodes { id } } }", 51),
        ("{ ports(first: null, last: 3) { nodes { id } } }", 4),
        ("{ ports(first: 2) { edges { cursor node { tags { name } } } } }", 25),
        ("{ ports(first: 100000) { nodes { id } } }", 1001),
        ("{ ports(first: -1) { nodes { id } } }", 1),
        ("{ ports(first: 10) { nodes { company { ports(first: 10) { nodes { id } } } } } }", 131),
        ('{ nodes(ids: ["a", "b", "c"]) { id owner { name } } }', 6),
        ('{ node(id: "a") { ... on Port { company { name } } ... on Company { name } owner { id } } }', 3),
        ("{ a: company { name } b: company { name } }", 2),
        (
            "{ ports(first: 4) { ...Page } } fragment Page on Ports { nodes { ...Port } } fragment Port on Port { company { id } }",
            9,
        ),
    ],
)
def test_cost_counts_objects_and_multiplies_lists(query: str, expected: int) -> None:
    """A scalar costs 0, an object costs 1, and the cost inside a list is multiplied by the list's length."""
    assert expected == cost(query)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, 1 + 2 * (3 + 5)),
        ({"n": 3}, 1 + 3 * (3 + 5)),
        ({"n": 3, "m": 10}, 1 + 3 * (3 + 10)),
        ({"n": None, "m": 10}, 1 + 50 * (3 + 10)),
        ({"n": 10**30, "m": -1}, 1 + 1000 * 3),
        ({"n": 3.0, "m": 1e1}, 1 + 3 * (3 + 10)),
        ({"n": "3", "m": 10}, 1 + 50 * (3 + 50)),
    ],
)
def test_variable_page_size_counts_by_its_value(variables: dict[str, Any], expected: int) -> None:
    """A variable page size counts by its value, else its default, else the page size; an invalid size counts as 0."""
    query = "query ($n: Int = 2, $m: Int = 5) { ports(first: $n) { nodes { ...P } } } fragment P on Port { company { ...C } }"
    fragment = "fragment C on Company { ports(last: $m) { nodes { id } } }"

    assert expected == cost(f"{query} {fragment}", **variables)


def test_variable_list_of_ids_counts_one_object_per_id() -> None:
    """`nodes` costs one object for each id in the variable."""
    query = 'query ($ids: [ID!]! = ["a", "b"]) { nodes(ids: $ids) { id } }'

    assert (cost(query), cost(query, ids=["a", "b", "c"])) == (2, 3)


def test_each_operation_has_its_own_cost() -> None:
    """Only the chosen operation counts, with the defaults of its own variables."""
    document = Documents(max_tokens=1000, max_characters=100_000).parse(
        "query A($n: Int = 1) { ...P } query B($n: Int = 9) { ...P } fragment P on Query { ports(first: $n) { nodes { id } } }"
    )

    assert [2, 10] == [document.size(document.operation(name), {}, bounds()).cost for name in ("A", "B")]


def test_operation_above_the_cost_limit_is_refused() -> None:
    """An operation at the limit runs. Above it, the error has the cost and the limit."""
    assert cost("{ ports(first: 9) { nodes { id } } }", bounds(cost=10)) == 10
    with pytest.raises(OperationTooCostly) as refused:
        cost("query ($n: Int) { ports(first: $n) { nodes { id } } }", bounds(cost=10), n=10)

    assert {"code": "OPERATION_TOO_COSTLY", "cost": 11, "limit": 10} == refused.value.extensions


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("{ name }", 1),
        ("{ company { id name owner { id } } }", 5),
        ("{ ports(first: 3) { totalCount nodes { id name } } }", 1 + 1 + 3 * 3),
        ("query ($n: Int!) { ports(first: $n) { nodes { a: id b: id } } }", 1 + 4 * 3),
        ('{ nodes(ids: ["a", "b"]) { id } }', 4),
    ],
)
def test_operation_above_the_value_limit_is_refused(query: str, values: int) -> None:
    """Every field of every object counts, once for each alias."""
    document = Documents(max_tokens=1000, max_characters=100_000).parse(query)
    limits = Bounds(schema=SCHEMA, depth=9, fields=99, cost=99, **SIZES | {"values": values})
    assert document.size(document.operation(None), {"n": 4}, limits).cost >= 0

    with pytest.raises(OperationTooLarge) as refused:
        document.size(document.operation(None), {"n": 4}, replace(limits, values=values - 1))

    assert {"code": "OPERATION_TOO_LARGE", "values": values, "limit": values - 1} == refused.value.extensions


@pytest.mark.parametrize(
    "query",
    [
        "{ company { owner { owner { name } } } }",
        "{ company { ...A } } fragment A on Company { owner { ...B } } fragment B on Company { owner { id } }",
        "{ ...A } fragment A on Query { company { owner { ... { owner { ... on Company { id } } } } } }",
        "{ __schema { types { fields { name } } } }",
    ],
)
def test_operation_above_the_depth_limit_is_refused(query: str) -> None:
    """Depth counts nested fields, also through fragments and in introspection."""
    assert cost(query, bounds(depth=4)) >= 0
    with pytest.raises(OperationTooDeep) as refused:
        cost(query, bounds(depth=3))

    assert {"code": "OPERATION_TOO_DEEP", "limit": 3} == refused.value.extensions


@pytest.mark.parametrize(
    "query",
    ["{ a: name b: name c: name company { id } }", "{ ...A ...A company { id } name } fragment A on Query { name }"],
)
def test_operation_above_the_field_limit_is_refused(query: str) -> None:
    """Every alias counts as a field, and a fragment's fields count each time it is spread."""
    assert cost(query, bounds(fields=5)) == 1
    with pytest.raises(OperationTooWide) as refused:
        cost(query, bounds(fields=4))

    assert {"code": "OPERATION_TOO_WIDE", "fields": 5, "limit": 4} == refused.value.extensions


def test_unused_fragments_are_limited() -> None:
    """Fragments that no operation spreads are limited too, because they are validated."""
    with pytest.raises(OperationTooDeep):
        cost("{ name } fragment A on Company { owner { owner { owner { id } } } }", bounds(depth=3))
    with pytest.raises(OperationTooDeep):
        cost("{ name }" + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(1000)))


@pytest.mark.parametrize(
    "query",
    [
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A name }",
        "{ ...Nowhere nope { name { nope } } company }",
        "{ ... on Nothing { name } ... on Filter { id { id } } }",
        "subscription { ticks { name } }",
        "query ($n: Nope) { ports(first: $n, first: true, ids: {a: 1}) { nodes } nodes(ids: 1.5) { id } }",
        '{ ports(first: "7", last: 99999999999999999999999999999999) { nodes { id } } }',
    ],
)
def test_invalid_document_can_be_measured(query: str) -> None:
    """Measuring doesn't fail on a document that validation refuses later."""
    assert cost(query) >= 0


def test_measuring_takes_linear_time() -> None:
    """Measuring takes linear time in the document's length, even where spreads or pages multiply."""
    spreads = "{ ...F0 }" + " ".join(f"fragment F{n} on Company {{ ...F{n + 1} ...F{n + 1} }}" for n in range(70))
    pages = "query ($n: Int) { company { ...F0 } }" + " ".join(
        f"fragment F{n} on Company {{ ports(first: $n) {{ nodes {{ a: company {{ ...F{n + 1} }} b: company {{ ...F{n + 1} }} }} }} }}"
        for n in range(15)
    )
    last = " fragment F{} on Company {{ name }}"
    generous = Bounds(schema=SCHEMA, depth=50, fields=2**100, cost=2**2000, **SIZES | {"values": 2**2000, "roots": 2**100})

    began = time.process_time()
    assert cost(spreads + last.format(70), generous) == 0
    assert cost(pages + last.format(15), generous, n=1000) > 10**45
    with pytest.raises(OperationTooWide) as refused:
        cost(spreads + last.format(70))

    assert time.process_time() - began < 1
    assert refused.value.extensions is not None
    assert refused.value.extensions["fields"] == MAX_COUNT


def test_document_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first request, only the variables are evaluated."""
    document = Documents(max_tokens=1000, max_characters=100_000).parse("query ($n: Int) { ports(first: $n) { nodes { id } } }")
    first = document.size(document.operation(None), {"n": 1}, bounds()).cost
    monkeypatch.setattr(Bounds, "measure", None)
    second = document.size(document.operation(None), {"n": 2}, bounds()).cost

    assert (first, second) == (2, 3)


async def test_cost_is_returned_in_a_header(post: PostQuery) -> None:
    """The response to an executed operation has the cost in a header and not in its body."""
    response = await post("{ hello }")

    assert ("0", {"data": {"hello": "Hello, world!"}}) == (response.headers["X-Crossgate-Cost"], response.json())


async def test_operation_out_of_bounds_is_refused_before_validation(settings: Settings, tokens: Tokens) -> None:
    """An operation out of bounds is refused before it is validated, with the status of an invalid one."""
    app = make_app(settings.model_copy(update={"max_operation_fields": 2}), tokens)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        response = await client.post("/graphql", json={"query": "{ hello nope me }"}, headers={"Accept": GRAPHQL})

    message = (
        "The operation selects 3 fields; at most 2 are allowed. "
        "Fields of a fragment count each time the fragment is spread. Select fewer fields."
    )
    extensions = {"code": "OPERATION_TOO_WIDE", "fields": 3, "limit": 2}
    assert (400, {"errors": [{"message": message, "extensions": extensions}]}) == (response.status_code, response.json())
    assert "X-Crossgate-Cost" not in response.headers


@pytest.mark.parametrize(
    ("document", "times"),
    [
        ("mutation { " + " ".join(f"a{n}: send {{ id }}" for n in range(11)) + " }", 11),
        ("mutation { " + " ".join(f"... on Mutation {{ a{n}: send {{ id }} }}" for n in range(12)) + " }", 12),
        (
            "mutation { ...F send { id } } fragment F on Mutation { "
            + " ".join(f"a{n}: send {{ id }}" for n in range(10))
            + " }",
            11,
        ),
        (
            "mutation { ...F } fragment F on Mutation { ...G ...F } fragment G on Mutation {"
            + " ".join(f"a{n}: send @skip(if: true) {{ id }}" for n in range(11))
            + " }",
            11,
        ),
    ],
    ids=["aliases", "inline fragments", "a fragment", "fragments that spread themselves"],
)
def test_operation_runs_one_mutation_at_most_ten_times(document: str, times: int) -> None:
    """An operation with more than 10 uses of a mutation is refused, and the error has their number."""
    with pytest.raises(MutationRepeated) as refused:
        cost(document)

    assert {"code": "MUTATION_REPEATED", "field": "send", "times": times, "limit": 10} == refused.value.extensions


@pytest.mark.parametrize(
    "document",
    [
        "mutation { " + " ".join(f"a{n}: send {{ id }} b{n}: note {{ id }}" for n in range(10)) + " }",
        "mutation { " + "send { id } " * 20 + "}",
        "mutation { " + " ".join(f"a{n}: __typename" for n in range(20)) + " }",
        "{ " + " ".join(f"a{n}: company {{ id }}" for n in range(20)) + " }",
    ],
    ids=["several", "the same answer", "names of types", "a query"],
)
def test_mutations_are_counted_separately(document: str) -> None:
    """Each mutation is counted separately. Fields with the same response key run once. Queries have other limits."""
    assert cost(document) >= 0


async def test_root_fields_are_limited(post: PostQuery) -> None:
    """Root fields in fragments count like the operation's own."""
    fields = " ".join(f"a{n}: hello" for n in range(60))

    response = await post(f"{{ {fields} ...F }} fragment F on Query {{ {fields.replace('a', 'b')} }}")

    (error,) = response.json()["errors"]
    assert ("TOO_MANY_ROOT_FIELDS", 120, 100) == tuple(error["extensions"][name] for name in ("code", "fields", "limit"))


async def test_repeated_fields_are_limited(post: PostQuery) -> None:
    """Repeated fields are limited, because validation compares each pair of them."""
    response = await post("query Q { request request " + "... on Query { hello hello } " * 2 + "me " * 90 + " }")
    assert 200 == response.status_code

    with pytest.raises(OperationTooRepetitive):
        cost("{ company { " + "name " * 300 + "} }")


@pytest.mark.parametrize("values", [[0] * 101, [[0] * 50, [0] * 50], {"a": {str(n): n for n in range(101)}}])
def test_variable_values_are_limited(values: Any) -> None:
    """Every list item and every object entry counts, at any depth."""
    limits = replace(bounds(), variables=101)

    limits.check_variables({"v": [0] * 100, "w": "text" * 1000})
    with pytest.raises(TooManyVariableValues):
        limits.check_variables({"v": values, "w": [0]})


def test_document_length_is_limited() -> None:
    """A document's characters are limited, however few tokens it has."""
    with pytest.raises(DocumentTooLong):
        Documents(max_tokens=100, max_characters=1000).parse("{ a }" + " " * 1000)
