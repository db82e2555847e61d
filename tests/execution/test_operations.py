"""Whole operations: which one runs, mutations in order and once, introspection, and what graphql-core runs."""

from __future__ import annotations

from typing import Final

import pytest

from tests.execution.both_executors import Both
from tests.execution.executors import PLANNED

TWO: Final = (
    'query A { person(id: "p1") { ...n } } query B($id: ID!) { person(id: $id) { ...n id } } fragment n on Author { name }'
)


async def test_named_operation_runs(both: Both) -> None:
    """Of several operations, the named one runs, with its own variables and its own plan."""
    first = await both.planned(TWO, "A")
    second = await both.planned(TWO, "B", id="p2")
    again = await both.planned(TWO, "A")

    assert {"person": {"name": "Ada"}} == first.data == again.data
    assert {"person": {"name": "Bo", "id": "p2"}} == second.data


async def test_only_one_operation_runs(both: Both) -> None:
    """If none of several is named, the first runs here; the gateway's transport refuses that earlier."""
    await both(TWO)


async def test_short_form_of_a_query_is_the_same(both: Both) -> None:
    """The keyword and the name of a query are optional."""
    found = [await both.planned(head + '{ person(id: "p1") { name } }') for head in ("", "query ", "query Q ")]

    assert [{"person": {"name": "Ada"}}] * 3 == [each.data for each in found]


SERIAL: Final = """
    mutation {
      a: write(word: "one", pause: 3) { total history }
      b: write(word: "two") { history total }
      c: custom(word: "three")
      a: write(word: "one", pause: 3) { t: total }
    }
"""


async def test_mutations_run_one_after_the_other(both: Both) -> None:
    """The second starts when the first is fully resolved; merged ones are one."""
    outcome = await both(SERIAL)

    assert {
        "a": {"total": 1, "history": ["one"], "t": 1},
        "b": {"history": ["one", "two"], "total": 2},
        "c": 3,
    } == outcome.data
    assert ("one", "two", "three") == outcome.done


async def test_mutation_of_batch_resolvers_runs_once(both: Both) -> None:
    """A mutation runs once on either executor."""
    outcome = await both('mutation { write(word: "x") { total } }')

    assert ({"write": {"total": 1}}, ("x",)) == (outcome.data, outcome.done)


@pytest.mark.parametrize("kind", ["public", "unexpected"])
async def test_failed_mutation_is_not_retried(both: Both, kind: str) -> None:
    """An error after an effect leaves the effect in place, and later mutations run."""
    outcome = await both(
        f'mutation {{ write(word: "a") {{ total }} refuse(kind: "{kind}") {{ total }} b: write(word: "b") {{ total }} }}'
    )

    assert {"write": {"total": 1}, "refuse": None, "b": {"total": 3}} == outcome.data
    assert ("a", f"tried {kind}", "b") == outcome.done


@pytest.mark.parametrize("kind", ["public", "unexpected"])
async def test_failed_non_null_mutation_ends_the_operation(both: Both, kind: str) -> None:
    """`data` is null, earlier effects stay, and nothing is done twice."""
    outcome = await both(f'mutation {{ write(word: "a") {{ total }} mustRefuse(kind: "{kind}") {{ total }} }}')

    assert outcome.data is None
    assert ("a", f"tried {kind}") == outcome.done
    assert [["mustRefuse"]] == [path for _, _, path in outcome.errors]


async def test_skipped_mutation_does_not_run(both: Both) -> None:
    """It doesn't run with a literal condition or with a variable."""
    outcome = await both(
        'mutation ($f: Boolean!) { a: write(word: "a") @skip(if: true) { total } b: write(word: "b") @include(if: $f) { total }'
        ' ... @include(if: $f) { c: custom(word: "c") } d: write(word: "d") { total } }',
        f=False,
    )

    assert ({"d": {"total": 1}}, ("d",)) == (outcome.data, outcome.done)


async def test_invalid_mutation_does_not_run(both: Both) -> None:
    """Validation and coercion of variables come before any effect."""
    invalid = await both('mutation { write(word: "a") { total nothing } }')
    wrong = await both("mutation ($w: String!) { write(word: $w) { total } }", w=None)

    assert ((), ()) == (invalid.done, wrong.done)


INTROSPECTION: Final = {
    "a type": '{ __type(name: "Author") { name fields { name type { kind ofType { name } } } } }',
    "with data": '{ person(id: "p1") { name __typename } __type(name: "Place") { name } people { id } }',
    "the schema": "{ __schema { queryType { name } types { name kind possibleTypes { name } enumValues { name } } } }",
    "under aliases and fragments": '{ ...f a: __type(name: "Nothing") { name } }'
    " fragment f on Query { s: __schema { mutationType { name } } }",
}


@pytest.mark.parametrize("query", INTROSPECTION.values(), ids=INTROSPECTION)
async def test_introspection_is_answered_together_with_data(both: Both, query: str) -> None:
    """Whichever executor runs each part, the answer has the order of the query."""
    outcome = await both(query)

    assert [] == outcome.errors
    assert outcome.data


LEFT: Final = {
    "a resolver of Strawberry's": (
        '{ hello(name: "you") person(id: "p1") { name } }',
        {"hello": "Hello, you!", "person": {"name": "Ada"}},
    ),
    "a coroutine": (
        "{ custom { late(times: 2) loud name } }",
        {"custom": {"late": "samsam", "loud": "SAM", "name": "sam"}},
    ),
    "after other fields": (
        "{ people { name } x: custom { loud } y: custom { late } __typename }",
        {
            "people": [{"name": "Ada"}, {"name": "Bo"}, {"name": "Cy"}],
            "x": {"loud": "SAM"},
            "y": {"late": "sam"},
            "__typename": "Query",
        },
    ),
}


@pytest.mark.parametrize(("query", "data"), LEFT.values(), ids=LEFT)
async def test_field_without_a_batch_form_is_left_to_graphql_core(both: Both, query: str, data: object) -> None:
    """It is answered as usual, with everything else that is selected."""
    outcome = await both(query)

    assert (data, []) == (outcome.data, outcome.errors)


async def test_reason_for_no_plan_is_reported(both: Both) -> None:
    """The reason replaces the planner's name."""
    planned = await both("{ people { name } }")
    left = await both("{ hello }")

    assert PLANNED == planned.execution
    assert left.execution is not None
    assert left.execution.startswith("graphql-core; ")


async def test_failed_resolver_affects_only_its_own_field(both: Both) -> None:
    """This also holds for an operation that the planner doesn't run."""
    outcome = await both("{ custom { name broken } people { id } }")

    assert {"name": "sam", "broken": None} == outcome.data["custom"]
    assert [("INTERNAL", "Internal server error", ["custom", "broken"])] == outcome.errors
