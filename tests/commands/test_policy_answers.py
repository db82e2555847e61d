"""Two answers to one query: what one shows and the other hides is found wherever it stands, whatever moved meanwhile."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from graphql import build_schema, parse, print_ast

from commands.policy.answers import DIFFERS, GAINED, LOST, Flip, Outcome, flips, marked, outcome
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
    """A port of an answer to a marked query."""
    return {**values, "crossgate_type": "Port", "crossgate_id": key}


def answer(data: Any, *hidden: Path, codes: tuple[str, ...] = ()) -> Outcome:
    """An answer in which some rates are hidden."""
    return outcome(data, [(path, Redacted("Port", "rate", Reason.NOT_YOURS)) for path in hidden], iter(codes))


def test_objects_are_queried_with_their_ids() -> None:
    """Whatever is a Node, and Node itself, in fragments and edges too; what is no Node is left as it is."""
    query = "{ node { ...f } edges { node { name } cost { amount } } ports { location { id } } } fragment f on Port { name }"
    marks = "crossgate_type: __typename crossgate_id: id"

    assert (
        f"{{ node {{ ...f {marks} }} edges {{ node {{ name {marks} }} cost {{ amount }} }} "
        f"ports {{ location {{ id {marks} }} {marks} }} }} fragment f on Port {{ name {marks} }}"
    ) == " ".join(print_ast(marked(parse(query), SCHEMA)).split())


def test_a_field_is_found_again_where_its_thing_has_moved() -> None:
    """What every item hid and one shows now is counted once, though that item has another index."""
    before = answer({"ports": [port("a", rate=None), port("b", rate=None)]}, ("ports", "*", "rate"))
    after = answer({"ports": [port("b", rate=None), port("a", rate=1)]}, ("ports", 0, "rate"))

    assert Counter({Flip(GAINED, "Port.rate"): 1}) == flips(before, after, NONE, NONE)
    assert Counter({Flip(LOST, "Port.rate"): 1}) == flips(after, before, NONE, NONE)


def test_a_field_in_edges_is_found_again() -> None:
    """An edge is known by its node."""
    before = answer({"edges": [{"node": port("a", rate=None)}, {"node": port("b", rate=2)}]}, ("edges", 0, "node", "rate"))
    after = answer({"edges": [{"node": port("b", rate=2)}, {"node": port("a", rate=None)}]})

    assert Counter({Flip(GAINED, "Port.rate"): 1}) == flips(before, after, NONE, NONE)


def test_a_field_of_a_thing_that_only_one_has_is_no_flip() -> None:
    """What is there no more is told as a row, if it is hidden, not by its fields; what has only moved to another page is neither."""
    before = answer({"ports": [port("a", rate=None)]}, ("ports", "*", "rate"))
    after = answer({"ports": [port("b", rate=1)]})

    assert (frozenset({("Port", "a")}), frozenset({("Port", "b")})) == (before.nodes, after.nodes)
    assert Counter({Flip(LOST, "Port (rows)"): 1}) == flips(before, after, NONE, before.nodes)
    assert Counter({Flip(GAINED, "Port (rows)"): 1}) == flips(before, after, after.nodes, NONE)
    assert Counter({Flip(DIFFERS, "pages or numbers"): 1}) == flips(before, after, NONE, NONE)


def test_an_error_that_comes_or_goes_is_told_by_its_code() -> None:
    """A filter that was refused and is not any more is something that a viewer gains."""
    before, after = answer(None, codes=("FORBIDDEN_FILTER",)), answer({"ports": []})

    assert Counter({Flip(GAINED, "FORBIDDEN_FILTER"): 1}) == flips(before, after, NONE, NONE)
    assert Counter({Flip(LOST, "FORBIDDEN_FILTER"): 1}) == flips(after, before, NONE, NONE)


def test_objects_without_ids_are_matched_by_place() -> None:
    """Where an item has none, or two have the same, the index is what there is."""
    twice = [port("a", rate=None), port("a", rate=None)]

    assert Counter({Flip(GAINED, "Port.rate"): 2}) == flips(
        answer({"ports": twice}, ("ports", "*", "rate")), answer({"ports": twice}), NONE, NONE
    )
    assert Counter({Flip(GAINED, "Port.rate"): 1}) == flips(
        answer({"lines": [None, {"rate": None}]}, ("lines", "*", "rate")), answer({"lines": [None, {"rate": 1}]}), NONE, NONE
    )


def test_equal_answers_have_no_flips() -> None:
    """What is hidden twice is decided alike."""
    data = {"ports": [port("a", rate=None)], "count": 1}

    assert Counter() == flips(answer(data, ("ports", "*", "rate")), answer(data, ("ports", 0, "rate")), NONE, NONE)
