"""Differential test: random operations over the whole schema get the same bytes with the planner and without it.

In every second market, the planner sends all pages that it can in pieces of a few rows.

CROSSGATE_OPERATIONS is the number of operations (4,000 by default), and CROSSGATE_SEED repeats a run. Each market is the sample
market with random changes of its own.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext
from itertools import combinations
from random import Random
from typing import Any, Final

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_introspection_type,
    is_leaf_type,
    is_required_argument,
    parse,
)
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

from models.embedded import Embedded
from tests import databases
from tests.client import DEMO_VIEWERS
from tests.execution.executors import Reply, Sides, all_pages_streamed, both_sides
from tests.execution.market import Known, change, learn
from tests.execution.operations import Operation, operation
from tests.schema.outline import SCHEMA, is_connection, object_type, ways

OPERATIONS: Final = int(os.environ.get("CROSSGATE_OPERATIONS", "4000"))
SEED: Final = int(os.environ.get("CROSSGATE_SEED", "7"))
MARKETS: Final = 4
VARIANTS: Final = 8  # operations built from each drawn document: drawing takes longer than executing
VIEWERS: Final = 3  # requests of each operation: a plan built for one viewer must be right for the next
LARGE: Final = 1001  # the smallest limit of pages with which a gateway streams any
ENOUGH: Final = 4_000  # operations needed to cover every field
FAILED: Final = "graphql-core; the plan failed"
PLANNED_PART: Final = 0.9  # of the operations without errors
DRAWN: Final = settings(
    max_examples=max(1, OPERATIONS // (MARKETS * VARIANTS * VIEWERS)),
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
SCALARS: Final = {"Decimal": st.decimals(0, 10_000, places=2).map(nodes.String)}
ROOTS: Final = tuple(object_type("Query").fields)


def documents(roots: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Return documents of hypothesis-graphql that select some of these root fields."""
    return queries(SCHEMA, fields=roots, custom_scalars=SCALARS, allow_x00=False)


# A document with all root fields has little below each, so most documents select only a few root fields.
DOCUMENTS: Final = st.one_of(
    documents(ROOTS), *(documents((root,)) for root in ROOTS), *map(documents, combinations(ROOTS[3:], 2))
)


class Tally:
    """Statistics of the operations of a run."""

    def __init__(self) -> None:
        self.executed = 0
        self.answered = 0
        self.planned = 0
        self.streamed = 0
        self.broken: list[str] = []
        self.selected: set[tuple[str, str]] = set()
        self.others: Counter[str] = Counter()

    def __repr__(self) -> str:
        return (
            f"{self.executed} executed, {self.answered} answered without errors, {self.planned} of them planned and "
            f"{self.streamed} streamed: {self.others}"
        )

    def count(self, operation: Operation, reply: Reply) -> None:
        """Count an operation and, if it has no errors, the fields in its answer."""
        self.executed += 1
        if reply.execution == FAILED:
            self.broken.append(str(operation.requests[0]))
        if b'"errors":' in reply.body[:10]:
            return
        self.answered += 1
        self.planned += reply.is_planned
        self.streamed += reply.parts > 1
        self.others[str(reply.execution)] += 1
        if operation.selected.keys() - self.selected:
            data = reply.content["data"]
            self.selected |= {
                place for place, path in operation.selected.items() if place not in self.selected and has(data, path)
            }


def has(data: Any, path: tuple[str, ...]) -> bool:
    """Return whether any object of an answer has a field."""
    if isinstance(data, list):
        return any(has(each, path) for each in data)
    if not path:
        return True
    return isinstance(data, dict) and path[0] in data and has(data[path[0]], path[1:])


class Trial:
    """Both sides, and what clients know."""

    def __init__(self, sides: Sides, known: Known) -> None:
        self.sides = sides
        self.known = known
        self.market = 0

    def __repr__(self) -> str:
        return f"market {self.market}"

    async def move_to(self, market: int) -> None:
        """Change the market into the next one. Market 0 is the sample market itself."""
        while self.market < market:
            self.market += 1
            await change(self.sides.on.state.services.engine, Random(f"{SEED} {self.market}"))


@pytest.fixture(scope="module")
def tally() -> Tally:
    """The statistics of all markets together."""
    return Tally()


@pytest.fixture(scope="module")
async def trial(postgres: Embedded, demo: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trial]:
    """Both sides over a database of their own. What was learnt in the first market is hidden or gone in the others."""
    name = await databases.create(postgres, demo)
    async with both_sides(postgres.url(name), tmp_path_factory.mktemp("sides"), max_page_size=LARGE) as sides:
        yield Trial(sides, await learn(sides))
    await databases.drop(postgres, name)


def same_answers(number: int) -> Callable[..., Any]:
    """Return the test of one market, with documents of its own."""

    @seed(SEED + number)
    @DRAWN
    @given(drawn=DOCUMENTS, chance=st.integers(0, 2**32))  # drawn in advance, because the test runs in its own task
    async def test(trial: Trial, tally: Tally, drawn: str, chance: int) -> None:
        """Status and bytes are the same for every viewer and operation."""
        note(f"CROSSGATE_OPERATIONS={OPERATIONS} CROSSGATE_SEED={SEED}")
        await trial.move_to(number)
        document = parse(drawn)
        with all_pages_streamed() if number % 2 else nullcontext():
            for variant in range(VARIANTS):
                drawn_operation = operation(document, Random(f"{chance} {variant}"), trial.known, VIEWERS)
                for request in drawn_operation.requests:
                    tally.count(drawn_operation, await trial.sides.send(request))

    return test


test_both_executors_give_the_same_answers_in_the_sample_market = same_answers(0)
test_both_executors_give_the_same_answers_in_a_second_market = same_answers(1)
test_both_executors_give_the_same_answers_in_a_third_market = same_answers(2)
test_both_executors_give_the_same_answers_in_a_fourth_market = same_answers(3)


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
async def test_every_type_gets_the_same_answer(trial: Trial, tally: Tally, viewer: str | None) -> None:
    """All fields of each type at once, including those that the random operations missed."""
    company = trial.known.ids["Company"][0]
    lists = [f"{way.root}(first: 25) {{ {PAGE} nodes {{ {way.document(all_of(name))} }} }}" for name, way in ways().items()]
    node = "{ id viewerHides { __typename field reason } }"
    nodes_by_id = f'node(id: "{company}") {node} nodes(ids: ["{company}"]) {node} company(id: "{company}") {{ id }}'
    port = f'{{locationId: "{trial.known.ids["Location"][0]}", speedMbps: 1000, termMonths: 12}}'
    quote = f"quote(input: {{ports: [{port}]}}) {{ {all_of('Quote')} lines {{ {all_of('QuoteLine')} }} }}"
    explanation = f"{all_of('Explanation')} decisions {{ {all_of('Decision')} parts {{ {all_of('DecisionPart')} }} }}"
    explain = f'explain(typeName: "Company", id: "{company}") {{ {explanation} }}'
    for text in (
        *lists,
        f"viewer {{ {all_of('Viewer')} {CAN} }}",
        nodes_by_id,
        quote,
        explain,
        explain.replace('explain(typeName: "Company"', "explainAccess(typeName: Company"),
        'marketplaceProfile(slug: "none") { id } product(slug: "none") { id }',
        "providerTypes { code }",
    ):
        reply = await trial.sides(viewer, f"{{ __typename {text} }}")
        assert b'"errors":' not in reply.body[:10]
        tally.selected |= set(seen(reply.content["data"]))
    tally.selected |= {("Node", "id"), ("Node", "viewerHides")}
    tally.selected.add(("Query", "previewSettings"))  # isn't executed as a field: its selection is an operation of its own


CAN: Final = 'can(action: "ORDER_PORT", typeName: "Company") canTake(action: ORDER_PORT, typeName: Company)'
PAGE: Final = (
    "__typename edges { __typename cursor node { __typename } } totalCount totalCountPrecision"
    " pageInfo { __typename hasNextPage hasPreviousPage startCursor endCursor }"
)


def all_of(name: str) -> str:
    """A selection of all fields of a type, with as little as possible below them."""
    texts = ["__typename"]
    for each, definition in object_type(name).fields.items():
        kind = get_named_type(definition.type)
        if any(is_required_argument(argument) for argument in definition.args.values()):
            continue  # `CAN` has the arguments of the only such fields
        below = f"(first: 2) {{ {PAGE} nodes {{ __typename }} }}" if is_connection(kind) else "{ __typename }"
        texts.append(each if is_leaf_type(kind) else f"{each} {below}")
    return " ".join(texts)


def seen(data: Any) -> Iterator[tuple[str, str]]:
    """Each field that some object of an answer has, with the type that the object says it is of."""
    if isinstance(data, list):
        for each in data:
            yield from seen(each)
    elif isinstance(data, dict):
        yield from ((data["__typename"], name) for name in data if "__typename" in data)
        for each in data.values():
            yield from seen(each)


def test_most_operations_returned_data(tally: Tally) -> None:
    """The comparison is worthwhile: four of five operations have data and no error."""
    assert tally.executed >= min(OPERATIONS, 1000) * 0.8
    assert tally.answered > 0.8 * tally.executed, tally
    assert tally.streamed > 0.01 * tally.executed, tally


def test_every_field_was_answered(tally: Tally) -> None:
    """Each field of each type that a query can reach is in an answer without errors."""
    kinds = [kind for kind in SCHEMA.type_map.values() if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]
    changing = {
        "Mutation",
        "Subscription",
        "Payload",
        "UserError",
        "UserErrorParam",
        "Tokens",
        "Control",
    }  # and the results of mutations, below
    changing |= {"Session", "Document"}  # the sample market has none: tests/rules runs them on both executors
    changing |= {"ViewedBy"}  # exists only while viewing as another: tests/rules runs it on both executors
    changing |= {kind.name for kind in kinds if "Payload" in {each.name for each in kind.interfaces}}
    known = [kind for kind in kinds if not is_introspection_type(kind) and kind.name not in changing]
    fields = {(kind.name, name) for kind in known for name in kind.fields}

    missing = fields - tally.selected
    assert OPERATIONS < ENOUGH or not missing, sorted(missing)


def test_most_operations_were_planned(tally: Tally) -> None:
    """Nine of ten operations without errors ran on the planner."""
    assert tally.planned >= PLANNED_PART * tally.answered, tally.others


def test_no_plan_broke(tally: Tally) -> None:
    """The planner leaves an operation to graphql-core for a known reason, never because it failed."""
    assert not tally.broken, "\n\n".join(sorted(tally.broken, key=len)[:3])
