"""Comparing two responses to one query: fields shown by one and hidden by the other are found wherever they have moved."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from graphql import build_schema, parse, print_ast

from commands.policy.answers import DIFFERS, GAINED, LOST, DifferenceKind, Outcome, add_ids, count_differences, outcome
from policies.reason import Reason
from resolvers.reading.redactions import Path, Redacted

SCHEMA: Final = build_schema(
    """
    interface Node { id: ID! }
    type Port implements Node { id: ID! name: String location: Location }
    type Location implements Node { id: ID! }
    type Money { amount: String }
    type Edge { node: Port cost: Money }
    type Query { node: Node edges: [Edge] ports: [Port] }
    """
)
NONE: Final = frozenset[Any]()


def port(key: str, **values: Any) -> dict[str, Any]:
    """A port in a response to a query with IDs."""
    return {**values, "crossgate_type": "Port", "crossgate_id": key}


def response(data: Any, *hidden: Path, codes: tuple[str, ...] = ()) -> Outcome:
    """A response in which some rates are hidden."""
    return outcome(data, [(path, Redacted("Port", "rate", Reason.NOT_YOURS)) for path in hidden], iter(codes))


def test_nodes_are_queried_with_their_ids() -> None:
    """Every Node type and Node itself get ids, also in fragments and edges. Other types stay unchanged."""
    query = "{ node { ...f } edges { node { name } cost { amount } } ports { location { id } } } fragment f on Port { name }"
    marks = "crossgate_type: __typename crossgate_id: id"

    assert (
        f"{{ node {{ ...f {marks} }} edges {{ node {{ name {marks} }} cost {{ amount }} }} "
        f"ports {{ location {{ id {marks} }} {marks} }} }} fragment f on Port {{ name {marks} }}"
    ) == " ".join(print_ast(add_ids(parse(query), SCHEMA)).split())


def test_field_is_found_where_its_object_has_moved() -> None:
    """A field hidden in every item and shown in one is counted once, even if that item has another index."""
    before = response({"ports": [port("a", rate=None), port("b", rate=None)]}, ("ports", "*", "rate"))
    after = response({"ports": [port("b", rate=None), port("a", rate=1)]}, ("ports", 0, "rate"))

    assert Counter({DifferenceKind(GAINED, "Port.rate"): 1}) == count_differences(before, after, NONE, NONE)
    assert Counter({DifferenceKind(LOST, "Port.rate"): 1}) == count_differences(after, before, NONE, NONE)


def test_field_in_edges_is_matched_by_node() -> None:
    """An edge is identified by its node."""
    before = response({"edges": [{"node": port("a", rate=None)}, {"node": port("b", rate=2)}]}, ("edges", 0, "node", "rate"))
    after = response({"edges": [{"node": port("b", rate=2)}, {"node": port("a", rate=None)}]})

    assert Counter({DifferenceKind(GAINED, "Port.rate"): 1}) == count_differences(before, after, NONE, NONE)


def test_field_of_an_object_on_one_side_is_not_a_flip() -> None:
    """An object hidden on one side is reported as a row, not by its fields. One that moved to another page is neither."""
    before = response({"ports": [port("a", rate=None)]}, ("ports", "*", "rate"))
    after = response({"ports": [port("b", rate=1)]})

    assert (frozenset({("Port", "a")}), frozenset({("Port", "b")})) == (before.nodes, after.nodes)
    assert Counter({DifferenceKind(LOST, "Port (rows)"): 1}) == count_differences(before, after, NONE, before.nodes)
    assert Counter({DifferenceKind(GAINED, "Port (rows)"): 1}) == count_differences(before, after, after.nodes, NONE)
    assert Counter({DifferenceKind(DIFFERS, "pages or numbers"): 1}) == count_differences(before, after, NONE, NONE)


def test_error_on_one_side_is_reported_by_its_code() -> None:
    """A filter that is refused before and allowed after counts as gained, under its error code."""
    before, after = response(None, codes=("FORBIDDEN_FILTER",)), response({"ports": []})

    assert Counter({DifferenceKind(GAINED, "FORBIDDEN_FILTER"): 1}) == count_differences(before, after, NONE, NONE)
    assert Counter({DifferenceKind(LOST, "FORBIDDEN_FILTER"): 1}) == count_differences(after, before, NONE, NONE)


def test_objects_without_ids_are_matched_by_index() -> None:
    """Items without ids, or with the same id, are matched by index."""
    twice = [port("a", rate=None), port("a", rate=None)]

    assert Counter({DifferenceKind(GAINED, "Port.rate"): 2}) == count_differences(
        response({"ports": twice}, ("ports", "*", "rate")), response({"ports": twice}), NONE, NONE
    )
    assert Counter({DifferenceKind(GAINED, "Port.rate"): 1}) == count_differences(
        response({"lines": [None, {"rate": None}]}, ("lines", "*", "rate")),
        response({"lines": [None, {"rate": 1}]}),
        NONE,
        NONE,
    )


def test_equal_responses_have_no_differences() -> None:
    """A field hidden on both sides has the same decision."""
    data = {"ports": [port("a", rate=None)], "count": 1}

    assert Counter() == count_differences(
        response(data, ("ports", "*", "rate")), response(data, ("ports", 0, "rate")), NONE, NONE
    )
