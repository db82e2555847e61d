"""Errors do not decide the executor: a plan tells its own, and only what it cannot tell runs again on graphql-core, within bounds."""

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
    """A gateway that runs nearly nothing on graphql-core."""
    async with open_client(demo_url, tmp_path, max_unplanned_values=10) as ask:
        yield ask


async def port(ask: Client) -> str:
    """The id of some port."""
    found: str = (await ask(PARTNER, "{ ports(first: 1) { nodes { id } } }")).data["ports"]["nodes"][0]["id"]
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
async def test_a_plan_tells_what_fails_where_null_may_stand(both: Both, selected: str, spec: Any) -> None:
    """The error has the path, the places and the words that graphql-core gives it, and the plan goes on."""
    query = f"query ($spec: String!) {{ hello: __typename risk(spec: $spec) {{ {selected} }} people {{ id }} }}"

    await both.planned(query, spec=orjson.dumps(spec).decode())


async def test_what_fails_and_may_not_be_null_runs_again_alone(both: Both) -> None:
    """Only its root field goes to graphql-core; the others stay planned."""
    query = "query ($spec: String!) { a: people { id } risk(spec: $spec) { one { hard } } b: people { name } hello }"

    outcome = await both(query, spec=orjson.dumps({"one": {"hard": PUBLIC}}).decode())

    assert outcome.execution is not None
    assert outcome.execution.startswith("planned, but 2 of 4 root fields by graphql-core; ")
    assert ["a", "risk", "b", "hello"] == list(outcome.data)


@pytest.mark.parametrize("seed", range(6))
async def test_any_root_fields_beside_each_other_are_answered_alike(sides: Sides, seed: int) -> None:
    """Errors, hidden values, introspection and data, in any order and number: both executors answer the same bytes."""
    chance = random.Random(seed)
    page = (await sides(PARTNER, "{ ports(first: 3) { nodes { id } } }")).content["data"]["ports"]["nodes"]
    known = [each["id"] for each in page]
    for _ in range(8):
        chosen = [chance.choice(ROOTS).replace("@", f"r{number}") for number in range(chance.randint(1, 5))]
        ids = chance.choices([*known, *known, *known, "x"], k=chance.randint(0, 4))
        await sides(chance.choice([PARTNER, HIDDEN, None]), ASKED % " ".join(chosen), ids=ids)


async def test_a_failing_root_field_leaves_the_others_planned(ask_demo: Client) -> None:
    """One wrong id beside a hundred lists of a thousand equal ids costs what it costs alone."""
    lists = " ".join(f"a{n}: nodes(ids: $ids) {{ ... on Port {{ name viewerCan }} }}" for n in range(20))
    query = f'query ($ids: [ID!]!) {{ bad: node(id: "x") {{ id }} {lists} }}'

    answer = await ask_demo(PARTNER, query, ids=[await port(ask_demo)] * 1000)

    assert (PLANNED, ["INVALID_ID"]) == (answer.execution, answer.codes)
    assert [1000] * 20 == [len(answer.data[f"a{n}"]) for n in range(20)]


async def test_a_wrong_id_among_many_is_told_by_the_plan(slow: Client) -> None:
    """Where graphql-core may not run so much, the plan tells all errors, in the order of the answer."""
    lists = " ".join(f"a{n}: nodes(ids: $ids) {{ id }}" for n in range(9))

    answer = await slow(PARTNER, f"query ($ids: [ID!]!) {{ {lists} }}", ids=["x", await port(slow), "y"])

    assert PLANNED == answer.execution
    assert [[f"a{n}", index] for n in range(9) for index in (0, 2)] == [error["path"] for error in answer.errors]
    assert all(item["id"] for n in range(9) for item in answer.data[f"a{n}"] if item is not None)


async def test_a_wrong_cursor_at_the_root_is_told_by_the_plan(slow: Client) -> None:
    """However large the page, the error is that of the cursor; the connection is never null, so the data is."""
    answer = await slow(PARTNER, '{ ports(first: 1000, after: "x") { nodes { id name } } viewer { roles } }')

    assert (PLANNED, None, ["INVALID_CURSOR"]) == (answer.execution, answer.data, answer.codes)


async def test_equal_ids_are_one_thing(ask_demo: Client) -> None:
    """An id is read once, however often it is given."""
    ids = [await port(ask_demo), "x"]
    named = ByAnyIds().parse_ids({"ids": ids * 3}, await_context(ask_demo))

    assert 2 == len(set(map(id, named)))


def await_context(ask: Client) -> Any:
    """What stands for the context of a request: that of its services is all that is asked for."""
    return type("Context", (), {"services": ask.app.state.services})


async def test_introspection_leaves_data_planned(ask_demo: Client) -> None:
    """Only the root fields that ask about the schema go to graphql-core."""
    answer = await ask_demo(PARTNER, "{ ports(first: 1) { nodes { id } } __schema { queryType { name } } }")

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
async def test_what_runs_field_by_field_is_bounded(slow: Client, query: str, reason: str) -> None:
    """The error says why there is no plan, how much is asked for and how much may be."""
    answer = await slow(PARTNER, query)

    (error,) = answer.errors
    assert (400, "OPERATION_TOO_SLOW", 10, reason) == (
        answer.status,
        error["extensions"]["code"],
        error["extensions"]["limit"],
        error["extensions"]["reason"],
    )
    assert reason in error["message"]


async def test_a_broken_plan_is_bounded_too(slow: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours does not open the slow way for more than it bears."""

    async def broken(*_: Any) -> Any:
        raise KeyError("secret")

    monkeypatch.setattr(RowLookup, "read", broken)
    answer = await slow(PARTNER, "{ viewer { company { ports(first: 100) { nodes { id } } } } }")

    assert ["OPERATION_TOO_SLOW"] == answer.codes
    assert b"secret" not in answer.body


async def test_without_plans_all_is_within_the_bounds_of_queries(demo_url: str, tmp_path: Path) -> None:
    """Where plans are turned off, the bounds of queries alone hold for queries."""
    async with open_client(demo_url, tmp_path, max_unplanned_values=10, planner=False) as ask:
        answer = await ask(PARTNER, "{ ports(first: 20) { nodes { id name } } }")

    assert ([], 20) == (answer.errors, len(answer.data["ports"]["nodes"]))
