"""Introspection counts as much as it answers, what tools ask is within the bounds, and its answers are kept by schema."""

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
ALL_OF_IT = get_introspection_query(**dict.fromkeys(OPTIONS, True))
DEEPEST = ALL_OF_IT.replace("kind\n    name\n    ofType", "kind\n    name\n    isOneOf\n    ofType", 1)
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


def counted(text: str, bounds: Bounds = BOUNDS, **variables: Any) -> tuple[int, int]:
    """The objects and the values of the one operation of a document."""
    cost, values = bounds.measure(parse(text))
    return cost.of(0, variables), values.of(0, variables)


def answered(data: Any) -> tuple[int, int]:
    """The objects and the values of an answer."""
    if isinstance(data, list):
        parts = [answered(each) for each in data]
        return sum(objects for objects, _ in parts), sum(values for _, values in parts)
    if not isinstance(data, dict):
        return 0, 0
    parts = [answered(each) for each in data.values()]
    return 1 + sum(objects for objects, _ in parts), len(data) + sum(values for _, values in parts)


@st.composite
def selections(draw: st.DrawFn, kind: str, depth: int) -> str:
    """Fields of a type of introspection, all under names of their own, some in fragments."""
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
def test_introspection_counts_what_it_answers(below: str, named: str, data: st.DataObject) -> None:
    """Objects and values are exactly those of the answer of the full schema."""
    of_type = data.draw(selections("__Type", 2))
    text = f'{{ __schema {{ {below} }} __type(name: "{named}") {{ {of_type} }} }}'
    try:
        objects, values = counted(text, SMALL)
    except IntrospectionTooLarge:
        return
    GATEWAY._extend_introspection()  # other schemas of this process change it
    result = execute_sync(FULL, parse(text))

    assert result.errors is None, result.errors
    found = answered(result.data)
    missing = result.data is not None and result.data["__type"] is None
    assert (found[0] - 1 + missing, found[1]) == (objects, values)


@pytest.mark.parametrize("query", [*TOOLS, ALL_OF_IT, DEEPEST, BRIEF])
def test_what_tools_ask_is_within_the_bounds(query: str) -> None:
    """Each standard introspection query passes with room for the schema to grow, and costs as many objects as it answers."""
    objects, values = counted(query)

    assert 1000 < objects < values < BOUNDS.introspection / 2


@pytest.mark.parametrize("query", [WIDE, ALIASES, CYCLE, TYPES, SPREAD, f"query A {{ hello: __typename }} {WIDE}"])
def test_more_than_the_schema_is_refused(query: str) -> None:
    """However an operation multiplies the schema, it is refused before anything runs."""
    with pytest.raises(IntrospectionTooLarge) as refused:
        counted(query)

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
def test_what_is_not_valid_is_counted_all_the_same(query: str) -> None:
    """A document that is refused for another reason breaks nothing here."""
    assert counted(query, n="Port")[0] >= 0


@pytest.fixture
async def ask(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """The gateway over the small sample market, with nothing kept."""
    async with open_client(demo_url, tmp_path_factory.mktemp("introspected")) as ask:
        yield ask


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collects the documents of introspection that are executed."""
    documents: list[Any] = []

    def noted(of: GraphQLSchema, document: Any, **more: Any) -> Any:
        documents.append(document)
        return execute_sync(of, document, **more)

    monkeypatch.setattr(schema.extensions.viewer_introspection, "execute_sync", noted)
    return documents


async def test_answers_are_kept_by_schema(ask: Client, executed: list[Any]) -> None:
    """Viewers of one schema are answered once, and never with the answer of another schema. V13"""
    answers = {viewer: await ask(viewer, ALL_OF_IT) for viewer in (PARTNER, HIDDEN, ANONYMOUS)}
    again = {viewer: await ask(viewer, ALL_OF_IT) for viewer in answers}

    assert {viewer: answer.body for viewer, answer in answers.items()} == {viewer: each.body for viewer, each in again.items()}
    assert (3, 3) == (len(executed), len({answer.body for answer in answers.values()}))


async def test_answers_are_kept_by_the_variables_that_they_depend_on(ask: Client, executed: list[Any]) -> None:
    """Other variables of the same document do not matter."""
    query = """query ($name: String!, $first: Int, $deep: Boolean!) {
      __type(name: $name) { name fields @include(if: $deep) { name } } ports(first: $first) { nodes { id } }
    }"""
    given_ = [("Port", 1, True), ("Port", 2, True), ("Port", 2, False), ("Company", 2, False)]
    answers = [await ask(DIRECT, query, name=name, first=first, deep=deep) for name, first, deep in given_]

    assert ["Port", "Port", "Port", "Company"] == [answer.data["__type"]["name"] for answer in answers]
    assert [1, 2, 2, 2] == [len(answer.data["ports"]["nodes"]) for answer in answers]
    assert [True, True, False, False] == ["fields" in answer.data["__type"] for answer in answers]
    assert 3 == len(executed)


async def test_introspection_beside_data_stands_in_the_order_of_the_question(ask: Client) -> None:
    """Data, introspection and their errors are one answer."""
    query = """query ($d: Boolean) { b: viewer { roles } s: __schema { queryType { name } } a: viewer { roles }
      t: __type(name: "Port") { name fields(includeDeprecated: $d) { name } } bad: node(id: "x") { id } }"""

    answer = await ask(PARTNER, query, d=None)

    assert ["b", "s", "a", "t", "bad"] == list(answer.data)
    assert {"name": "Port", "fields": None} == answer.data["t"]
    assert [["t", "fields"], ["bad"]] == [error["path"] for error in answer.errors]


@pytest.mark.parametrize("query", [WIDE, ALIASES])
async def test_too_much_introspection_is_refused_with_its_limit(ask: Client, query: str) -> None:
    """The error has a code, and says what to do."""
    answer = await ask(ANONYMOUS, query)

    assert (400, ["INTROSPECTION_TOO_LARGE"]) == (answer.status, answer.codes)
