"""Errors don't decide the executor: a plan reports its own; only what it can't report runs again on graphql-core, within bounds."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from resolvers.execution.lookups import RowLookup
from resolvers.execution.plans import PLANNED
from resolvers.reading.nodes import ByAnyIds
from tests.client import HIDDEN, PARTNER, Client, open_client
from tests.execution.both_executors import Both
from tests.execution.executors import Sides

PUBLIC: Final = {"fail": "public"}
ROOTS: Final = [
    '@: node(id: "x") { id }',
    '@: company(id: "x") { tradingName }',
    "@: nodes(ids: $ids) { id __typename ... on Port { name } }",
    '@: nodes(ids: ["x", "y"]) { id }',
    '@: ports(first: 2, after: "x") { nodes { id } }',
    "@: ports(first: 2, orderBy: {field: MONTHLY_RATE}) { nodes { id } }",
    "@: ports(first: 2) { nodes { id monthlyRate { amount } } }",
    '@: viewer { company { tradingName ports(first: 1, before: "x") { nodes { id } } } }',
    "@: viewer { roles company { tradingName } }",
    "@: __typename",
    '@: __type(name: "Port") { name }',
    "@: __type(name: $nothing) { name }",
    "@: companies(first: -1) { totalCount }",
    "... on Query { @: nodes(ids: $ids) { ...F } }",
]
ASKED: Final = 'query ($ids: [ID!]!, $nothing: String = "") { %s } fragment F on Node { id ... on Port { location { name } } }'
FAILS_BELOW: Final = 'viewer { company { ports(first: 1000, after: "x") { nodes { id name } } } }'


@pytest.fixture
async def slow(demo_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """A gateway that runs almost nothing on graphql-core."""
    async with open_client(demo_url, tmp_path, max_unplanned_values=10) as client:
        yield client


async def port(client: Client) -> str:
    """Return the id of a port."""
    found: str = (await client(PARTNER, "{ ports(first: 1) { nodes { id } } }")).data["ports"]["nodes"][0]["id"]
    return found


@pytest.mark.parametrize(
    ("selected", "spec"),
    [
        ("soft plain", {"soft": PUBLIC, "plain": "p"}),
        ("soft plain", {"soft": {"break": "unexpected"}, "plain": "p"}),
        ("one { soft }", {"one": {"soft": {"fail": "key"}}}),
        (
            "some { hard soft }",
            {"some": [{"soft": PUBLIC, "hard": "a"}, {"soft": "b", "hard": "b"}, {"soft": PUBLIC, "hard": "c"}]},
        ),
        ("x: some { y: soft soft }", {"some": [{"soft": "a"}, None, {"soft": "b"}], "soft": PUBLIC}),
    ],
)
async def test_plan_reports_failures_of_nullable_fields(both: Both, selected: str, spec: Any) -> None:
    """The error has the same path, locations and message as from graphql-core, and the plan continues."""
    query = f"query ($spec: String!) {{ hello: __typename risk(spec: $spec) {{ {selected} }} people {{ id }} }}"

    await both.planned(query, spec=orjson.dumps(spec).decode())


async def test_only_the_root_field_of_a_failed_non_null_field_runs_again(both: Both) -> None:
    """That root field goes to graphql-core; the others stay planned."""
    query = "query ($spec: String!) { a: people { id } risk(spec: $spec) { one { hard } } b: people { name } hello }"

    outcome = await both(query, spec=orjson.dumps({"one": {"hard": PUBLIC}}).decode())

    assert outcome.execution is not None
    assert outcome.execution.startswith("planned, but 2 of 4 root fields by graphql-core; ")
    assert ["a", "risk", "b", "hello"] == list(outcome.data)


@pytest.mark.parametrize("seed", range(6))
async def test_any_combination_of_root_fields_gets_the_same_answer(sides: Sides, seed: int) -> None:
    """Errors, hidden values, introspection and data, in any order and number: both executors return the same bytes."""
    chance = random.Random(seed)
    page = (await sides(PARTNER, "{ ports(first: 3) { nodes { id } } }")).content["data"]["ports"]["nodes"]
    known = [each["id"] for each in page]
    for _ in range(8):
        chosen = [chance.choice(ROOTS).replace("@", f"r{number}") for number in range(chance.randint(1, 5))]
        ids = chance.choices([*known, *known, *known, "x"], k=chance.randint(0, 4))
        await sides(chance.choice([PARTNER, HIDDEN, None]), ASKED % " ".join(chosen), ids=ids)


async def test_failing_root_field_leaves_the_others_planned(demo_client: Client) -> None:
    """With one invalid id next to twenty lists of a thousand ids, no list leaves the plan or loses an item."""
    lists = " ".join(f"a{n}: nodes(ids: $ids) {{ ... on Port {{ name viewerCan }} }}" for n in range(20))
    query = f'query ($ids: [ID!]!) {{ bad: node(id: "x") {{ id }} {lists} }}'

    answer = await demo_client(PARTNER, query, ids=[await port(demo_client)] * 1000)

    assert (PLANNED, ["INVALID_ID"]) == (answer.execution, answer.codes)
    assert [1000] * 20 == [len(answer.data[f"a{n}"]) for n in range(20)]


async def test_plan_reports_an_invalid_id_among_many(slow: Client) -> None:
    """If graphql-core can't run so much, the plan reports all errors, in the order of the answer."""
    lists = " ".join(f"a{n}: nodes(ids: $ids) {{ id }}" for n in range(9))

    answer = await slow(PARTNER, f"query ($ids: [ID!]!) {{ {lists} }}", ids=["x", await port(slow), "y"])

    assert PLANNED == answer.execution
    assert [[f"a{n}", index] for n in range(9) for index in (0, 2)] == [error["path"] for error in answer.errors]
    assert all(item["id"] for n in range(9) for item in answer.data[f"a{n}"] if item is not None)


async def test_plan_reports_an_invalid_cursor_at_the_root(slow: Client) -> None:
    """The error is that of the cursor, however large the page. The connection is non-null, so `data` is null."""
    answer = await slow(PARTNER, '{ ports(first: 1000, after: "x") { nodes { id name } } viewer { roles } }')

    assert (PLANNED, None, ["INVALID_CURSOR"]) == (answer.execution, answer.data, answer.codes)


async def test_equal_ids_are_read_once(demo_client: Client) -> None:
    """An id is read once, however often it is requested."""
    ids = [await port(demo_client), "x"]
    named = ByAnyIds().parse_ids({"ids": ids * 3}, context_of(demo_client))

    assert 2 == len(set(map(id, named)))


def context_of(client: Client) -> Any:
    """Return a stand-in for the context of a request: only its services are used."""
    return type("Context", (), {"services": client.app.state.services})


async def test_introspection_leaves_data_planned(demo_client: Client) -> None:
    """Only the root fields that query the schema go to graphql-core."""
    answer = await demo_client(PARTNER, "{ ports(first: 1) { nodes { id } } __schema { queryType { name } } }")

    assert "planned, but 1 of 2 root fields by graphql-core; introspection" == answer.execution
    assert ["ports", "__schema"] == list(answer.data)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (f"{{ {FAILS_BELOW} }}", "INVALID_CURSOR"),
        (f"{{ a: viewer {{ roles }} {FAILS_BELOW} }}", "INVALID_CURSOR"),
        ("mutation { markNotificationsRead(input: {}) { userErrors { code message path } } }", "mutation"),
    ],
)
async def test_execution_on_graphql_core_is_bounded(slow: Client, query: str, reason: str) -> None:
    """The error says why there is no plan, how much was requested and what the maximum is."""
    answer = await slow(PARTNER, query)

    (error,) = answer.errors
    assert (400, "OPERATION_TOO_SLOW", 10, reason) == (
        answer.status,
        error["extensions"]["code"],
        error["extensions"]["limit"],
        error["extensions"]["reason"],
    )
    assert reason in error["message"]


async def test_broken_plan_is_limited_too(slow: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in the planner doesn't send more to graphql-core than the limit."""

    async def broken(*_: Any) -> Any:
        raise KeyError("secret")

    monkeypatch.setattr(RowLookup, "read", broken)
    answer = await slow(PARTNER, "{ viewer { company { ports(first: 100) { nodes { id } } } } }")

    assert ["OPERATION_TOO_SLOW"] == answer.codes
    assert b"secret" not in answer.body


async def test_without_plans_only_the_bounds_of_queries_apply(demo_url: str, tmp_path: Path) -> None:
    """If plans are turned off, queries have the bounds of queries alone."""
    async with open_client(demo_url, tmp_path, max_unplanned_values=10, planner=False) as client:
        answer = await client(PARTNER, "{ ports(first: 20) { nodes { id name } } }")

    assert ([], 20) == (answer.errors, len(answer.data["ports"]["nodes"]))
