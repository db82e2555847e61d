"""Batching: one call of a resolver for all siblings, and errors that affect only their own parent."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Sequence
from typing import Any, cast

import pytest
from graphql import FieldNode, parse

from resolvers.context import Context
from resolvers.reading.batching import Batches
from tests.client import PARTNER, Client

CONTEXT = cast("Context", object())


def nodes(document: str) -> list[FieldNode]:
    """Return the nodes of a selection."""
    (operation,) = parse(document).definitions
    return list(operation.selection_set.selections)  # type: ignore[attr-defined]


class Recorder:
    """A resolver that records its calls, and returns its parents or the given values."""

    def __init__(self, values: Sequence[Any] | None = None) -> None:
        self.calls: list[tuple[list[Any], dict[str, Any]]] = []
        self.values = values

    async def __call__(self, parents: Sequence[Any], context: Context, **arguments: Any) -> Sequence[Any]:
        assert context is CONTEXT
        self.calls.append((list(parents), arguments))
        return parents if self.values is None else self.values


async def test_siblings_are_one_call() -> None:
    """All parents that resolve a field at the same time are one call, in their order, including equal ones."""
    batches, resolver, field = Batches(CONTEXT), Recorder(), nodes("{ a }")

    values = await gather(*(batches.resolve(resolver, field, parent, {"first": 1}) for parent in (3, 1, 2, 1)))

    assert [([3, 1, 2, 1], {"first": 1})] == resolver.calls
    assert [3, 1, 2, 1] == values


async def test_another_node_is_another_call() -> None:
    """A field that occurs twice in a document can have different arguments, so it is resolved twice."""
    batches, resolver, (first, second) = Batches(CONTEXT), Recorder(), nodes("{ a: x(first: 1) b: x(first: 2) }")

    await gather(batches.resolve(resolver, [first], "p", {"first": 1}), batches.resolve(resolver, [second], "p", {"first": 2}))

    assert [(["p"], {"first": 1}), (["p"], {"first": 2})] == resolver.calls


async def test_resolvers_do_not_mix() -> None:
    """Two resolvers of the same node, as for a field of an interface, are two calls."""
    batches, one, other, field = Batches(CONTEXT), Recorder(), Recorder(), nodes("{ a }")

    await gather(batches.resolve(one, field, 1, {}), batches.resolve(other, field, 2, {}))

    assert ([([1], {})], [([2], {})]) == (one.calls, other.calls)


async def test_later_level_is_a_later_call() -> None:
    """Parents that arrive after the batch has run are resolved by a new call; nothing is cached."""
    batches, resolver, field = Batches(CONTEXT), Recorder(), nodes("{ a }")

    await batches.resolve(resolver, field, 1, {})
    await batches.resolve(resolver, field, 1, {})

    assert [([1], {}), ([1], {})] == resolver.calls


@pytest.mark.parametrize("values", [[], [1], [1, 2, 3]])
async def test_wrong_number_of_values_fails(values: list[int]) -> None:
    """A resolver that doesn't return one value for each parent fails, and no value reaches the wrong parent."""
    batches, resolver, field = Batches(CONTEXT), Recorder(values), nodes("{ a }")

    found = await gather(*(batches.resolve(resolver, field, parent, {}) for parent in "ab"), return_exceptions=True)

    assert [TypeError, TypeError] == list(map(type, found))


async def test_exception_affects_only_its_own_parent() -> None:
    """A value that is an exception is raised for its own parent; the other parents get their values."""
    problem = ValueError("this one")
    batches, resolver, field = Batches(CONTEXT), Recorder([1, problem, 3]), nodes("{ a }")

    found = await gather(*(batches.resolve(resolver, field, parent, {}) for parent in "abc"), return_exceptions=True)

    assert [1, problem, 3] == found


async def test_aliases_have_their_own_arguments(demo_client: Client) -> None:
    """The same field under two aliases with different arguments returns what each would return alone."""
    one = await demo_client(PARTNER, "{ viewer { company { a: ports(first: 1) { nodes { id } } } } }")
    two = await demo_client(PARTNER, "{ viewer { company { b: ports(last: 2) { nodes { id } } } } }")
    both = await demo_client(
        PARTNER, "{ viewer { company { a: ports(first: 1) { nodes { id } } b: ports(last: 2) { nodes { id } } } } }"
    )

    assert {**one.data["viewer"]["company"], **two.data["viewer"]["company"]} == both.data["viewer"]["company"]


@pytest.mark.executors
async def test_field_in_two_fragments_is_resolved_once(demo_client: Client) -> None:
    """Fragments that select the same field are merged: one batch, one statement, and everything they select."""
    plain = "{ ports(first: 9) { nodes { location { id name } } } }"
    spread = """
        { ports(first: 9) { nodes { ...a ...b location { name } } } }
        fragment a on Port { location { id } }
        fragment b on Port { location { ...c } }
        fragment c on Location { name }
    """
    with demo_client.counting() as of_plain:
        expected = await demo_client(PARTNER, plain)
    with demo_client.counting() as of_spread:
        merged = await demo_client(PARTNER, spread)

    assert (expected.data, len(of_plain)) == (merged.data, len(of_spread))


@pytest.mark.executors
async def test_two_aliases_of_a_relation_are_loaded_once(demo_client: Client) -> None:
    """Aliases of a relation without arguments are two batches over one loader, which queries the database once."""
    with demo_client.counting() as once:
        await demo_client(PARTNER, "{ ports(first: 9) { nodes { location { id } } } }")
    with demo_client.counting() as twice:
        answer = await demo_client(PARTNER, "{ ports(first: 9) { nodes { a: location { id } b: location { id } } } }")

    assert len(once) == len(twice)
    assert [] == [node for node in answer.data["ports"]["nodes"] if node["a"] != node["b"]]


async def test_error_below_a_list_has_the_path_of_each_parent(demo_client: Client) -> None:
    """An invalid argument below many parents is an error for each of them."""
    answer = await demo_client(
        PARTNER, "{ managedAccounts(first: 2) { nodes { company { members(first: -1) { totalCount } } } } }"
    )

    places = [error["path"] for error in answer.errors]
    assert [["managedAccounts", "nodes", index, "company", "members"] for index in range(2)] == sorted(places)
