"""Introspection counts as much as it returns, tools' queries are within the limits, and results are cached per schema."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from graphql import GraphQLSchema, execute_sync, get_introspection_query, introspection_types, is_object_type, parse
from hypothesis import given, settings
from hypothesis import strategies as st

import schema.extensions.viewer_introspection
from schema.schema import make_schema
from settings import Settings
from tests.client import ANONYMOUS, DIRECT, HIDDEN, PARTNER, Client, open_client
from transport.limits.bounds import Bounds, bounds_of
from transport.limits.errors import IntrospectionTooLarge

GATEWAY = make_schema()
FULL: GraphQLSchema = GATEWAY._schema
OPTIONS = ("descriptions", "specified_by_url", "directive_is_repeatable", "schema_description", "input_value_deprecation")
FULL_QUERY = get_introspection_query(**dict.fromkeys(OPTIONS, True))
DEEPEST = FULL_QUERY.replace("kind\n    name\n    ofType", "kind\n    name\n    isOneOf\n    ofType", 1)
BRIEF = """query IntrospectionQuery { __schema { queryType { name } mutationType { name } subscriptionType { name }
  types { ...T } directives { name locations args { ...V } } } }
fragment T on __Type { kind name fields(includeDeprecated: true) { name args { ...V } type { ...R } isDeprecated }
  inputFields { ...V } interfaces { ...R } enumValues(includeDeprecated: true) { name } possibleTypes { ...R } }
fragment V on __InputValue { name type { ...R } defaultValue }
fragment R on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }"""
TOOLS = [get_introspection_query(**dict(zip(OPTIONS, flags, strict=True))) for flags in product((True, False), repeat=5)]
WIDE = "{ __schema { types { fields { type { fields { @ } } } } } }".replace("@", " ".join(f"f{n}: name" for n in range(960)))
ALIASES = f"{{ {' '.join(f's{n}: __schema {{ types {{ name fields {{ name }} }} }}' for n in range(160))} }}"
POSSIBLE = "interfaces { possibleTypes {"
CYCLE = f"{{ __schema {{ types {{ {POSSIBLE} {POSSIBLE} {POSSIBLE} name kind description {'} } ' * 3} }} }} }}"
DEEP = "fields { type { ofType { fields { type { ofType { fields { name } } } } } } }"
TYPES = f"query ($n: String!) {{ {' '.join(f'a{n}: __type(name: $n) {{ {DEEP} }}' for n in range(99))} }}"
SPREAD = f"""{{ ...A }} fragment A on Query {{ {" ".join(f"s{n}: __schema {{ ...S }}" for n in range(99))} }}
fragment S on __Schema {{ types {{ fields {{ args {{ name type {{ name }} }} }} }} }}"""
BOUNDS = bounds_of(FULL, Settings(max_operation_cost=10**12, max_operation_values=10**12))
SMALL = replace(BOUNDS, introspection=5000)


def measure(text: str, bounds: Bounds = BOUNDS, **variables: Any) -> tuple[int, int]:
    """The objects and values that the limits count for a document's only operation."""
    cost, values = bounds.measure(parse(text))
    return cost.of(0, variables), values.of(0, variables)


def size_of(data: Any) -> tuple[int, int]:
    """The objects and values in a response."""
    if isinstance(data, list):
        parts = [size_of(item) for item in data]
        return sum(objects for objects, _ in parts), sum(values for _, values in parts)
    if not isinstance(data, dict):
        return 0, 0
    parts = [size_of(value) for value in data.values()]
    return 1 + sum(objects for objects, _ in parts), len(data) + sum(values for _, values in parts)


@st.composite
def selections(draw: st.DrawFn, kind: str, depth: int) -> str:
    """Fields of an introspection type, each with its own alias, some in fragments."""
    fields = introspection_types[kind].fields  # type: ignore[attr-defined]
    chosen = draw(st.lists(st.sampled_from(list(fields)), min_size=1, max_size=3))
    written = []
    for number, name in enumerate(chosen):
        named = str(fields[name].type).strip("[]!")
        arguments = "(includeDeprecated: true)" if fields[name].args else ""
        below = f" {{ {draw(selections(named, depth - 1))} }}" if is_object_type(introspection_types.get(named)) else ""
        written.append(f"a{number}: {name}{arguments}{below}" if depth or not below else f"a{number}: __typename")
    text = " ".join(written)
    return f"... on {kind} {{ {text} }}" if draw(st.booleans()) else text


@settings(max_examples=50, deadline=None)
@given(below=selections("__Schema", 3), named=st.sampled_from(["Port", "PortFilter", "Role", "Nothing"]), data=st.data())
def test_introspection_counts_exactly_what_it_returns(below: str, named: str, data: st.DataObject) -> None:
    """The counted objects and values are exactly those in the full schema's response."""
    of_type = data.draw(selections("__Type", 2))
    text = f'{{ __schema {{ {below} }} __type(name: "{named}") {{ {of_type} }} }}'
    try:
        objects, values = measure(text, SMALL)
    except IntrospectionTooLarge:
        return
    GATEWAY._extend_introspection()  # other schemas in this process overwrite it
    result = execute_sync(FULL, parse(text))

    assert result.errors is None, result.errors
    returned = size_of(result.data)
    missing = result.data is not None and result.data["__type"] is None
    assert (returned[0] - 1 + missing, returned[1]) == (objects, values)


@pytest.mark.parametrize("query", [*TOOLS, FULL_QUERY, DEEPEST, BRIEF])
def test_standard_introspection_queries_are_within_the_limits(query: str) -> None:
    """Each standard introspection query uses less than half of the limit, so the schema can grow."""
    objects, values = measure(query)

    assert 1000 < objects < values < BOUNDS.introspection / 2


@pytest.mark.parametrize("query", [WIDE, ALIASES, CYCLE, TYPES, SPREAD, f"query A {{ hello: __typename }} {WIDE}"])
def test_multiplied_introspection_is_refused(query: str) -> None:
    """An operation that multiplies the schema is refused before anything runs."""
    with pytest.raises(IntrospectionTooLarge) as refused:
        measure(query)

    assert {"code": "INTROSPECTION_TOO_LARGE", "limit": BOUNDS.introspection} == refused.value.extensions


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { ...A } } fragment A on __Schema { types { ...B } } fragment B on __Type { fields { type { ...B } } }",
        "{ __schema { nope types } __type { name } a: __type(name: 7) { fields { name { x } } } }",
        "{ viewer { __schema { types { name } } } }",
        "query ($n: String!) { __type(name: $n) { fields { name } } __schema }",
    ],
)
def test_invalid_introspection_can_be_measured(query: str) -> None:
    """Measuring doesn't fail on a document that is refused for another reason."""
    assert measure(query, n="Port")[0] >= 0


@pytest.fixture
async def client(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A client of a gateway with the small demo data and empty caches."""
    async with open_client(demo_url, tmp_path_factory.mktemp("introspected")) as client:
        yield client


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The introspection documents executed so far."""
    documents: list[Any] = []

    def record(schema_: GraphQLSchema, document: Any, **more: Any) -> Any:
        documents.append(document)
        return execute_sync(schema_, document, **more)

    monkeypatch.setattr(schema.extensions.viewer_introspection, "execute_sync", record)
    return documents


@pytest.mark.one_process
async def test_results_are_cached_per_schema(client: Client, executed: list[Any]) -> None:
    """Viewers of one schema share one execution, and never get the result of another schema. V13"""
    answers = {viewer: await client(viewer, FULL_QUERY) for viewer in (PARTNER, HIDDEN, ANONYMOUS)}
    repeated = {viewer: await client(viewer, FULL_QUERY) for viewer in answers}

    assert {viewer: answer.body for viewer, answer in answers.items()} == {
        viewer: answer.body for viewer, answer in repeated.items()
    }
    assert (3, 3) == (len(executed), len({answer.body for answer in answers.values()}))


@pytest.mark.one_process
async def test_results_are_cached_by_the_variables_they_use(client: Client, executed: list[Any]) -> None:
    """Only variables that the introspection fields use are part of the cache key."""
    query = """query ($name: String!, $first: Int, $deep: Boolean!) {
      __type(name: $name) { name fields @include(if: $deep) { name } } ports(first: $first) { nodes { id } }
    }"""
    inputs = [("Port", 1, True), ("Port", 2, True), ("Port", 2, False), ("Company", 2, False)]
    answers = [await client(DIRECT, query, name=name, first=first, deep=deep) for name, first, deep in inputs]

    assert ["Port", "Port", "Port", "Company"] == [answer.data["__type"]["name"] for answer in answers]
    assert [1, 2, 2, 2] == [len(answer.data["ports"]["nodes"]) for answer in answers]
    assert [True, True, False, False] == ["fields" in answer.data["__type"] for answer in answers]
    assert 3 == len(executed)


async def test_introspection_and_data_keep_the_order_of_the_query(client: Client) -> None:
    """Data, introspection and their errors form one response."""
    query = """query ($d: Boolean) { b: viewer { roles } s: __schema { queryType { name } } a: viewer { roles }
      t: __type(name: "Port") { name fields(includeDeprecated: $d) { name } } bad: node(id: "x") { id } }"""

    answer = await client(PARTNER, query, d=None)

    assert ["b", "s", "a", "t", "bad"] == list(answer.data)
    assert {"name": "Port", "fields": None} == answer.data["t"]
    assert [["t", "fields"], ["bad"]] == [error["path"] for error in answer.errors]


@pytest.mark.parametrize("query", [WIDE, ALIASES])
async def test_oversized_introspection_is_refused_with_a_code(client: Client, query: str) -> None:
    """The error has a code and a status of 400."""
    answer = await client(ANONYMOUS, query)

    assert (400, ["INTROSPECTION_TOO_LARGE"]) == (answer.status, answer.codes)
