"""Differences of two answers: where, and why, and never what."""

from __future__ import annotations

from typing import Any

import pytest

from transport.http.differences import differences


def answer(data: Any, *redactions: tuple[list[Any], str], errors: tuple[tuple[list[Any], str], ...] = ()) -> dict[str, Any]:
    """An answer with redactions and errors at their paths."""
    told = [{"path": path, "reason": reason} for path, reason in redactions]
    failed = [{"path": path, "extensions": {"code": code}} for path, code in errors]
    return {"data": data, "errors": failed, "extensions": {"redactions": told}}


@pytest.mark.parametrize("data", [None, {}, {"a": [1, None, {"id": "x", "b": []}]}], ids=["null", "empty", "nested"])
def test_equal_answers_do_not_differ(data: Any) -> None:
    """There is nothing to tell of answers that are the same."""
    assert [] == differences(answer(data), answer(data))


def test_values_that_differ_are_not_told() -> None:
    """Of two values only the place is told."""
    left, right = answer({"a": "secret", "b": 1}), answer({"a": "other", "b": 1})

    assert [(("a",), ("DIFFERS", "DIFFERS"))] == differences(left, right)


def test_a_null_has_the_reason_of_its_redaction() -> None:
    """A redaction of every item is the reason in each, and the difference stands once."""
    left = answer({"n": [{"id": "1", "p": None}, {"id": "2", "p": None}]}, (["n", "*", "p"], "HIDDEN_BY_PARTNER"))
    right = answer({"n": [{"id": "1", "p": {"amount": "1"}}, {"id": "2", "p": {"amount": "2"}}]})

    assert [(("n", "*", "p"), ("HIDDEN_BY_PARTNER", None))] == differences(left, right)


def test_a_redaction_of_one_item_is_that_items_alone() -> None:
    """A single item differs at its own position, with the reason of each side."""
    left = answer({"n": [{"p": 1}, {"p": None}]}, (["n", 1, "p"], "ROLE_REQUIRED"))
    right = answer({"n": [{"p": 1}, {"p": None}]}, (["n", 1, "p"], "HIDDEN_BY_PARTNER"))

    assert [(("n", 1, "p"), ("ROLE_REQUIRED", "HIDDEN_BY_PARTNER"))] == differences(left, right)


def test_an_error_is_the_reason_of_every_null_that_it_caused() -> None:
    """Where an error took away what is around it, its code is the reason there."""
    left = answer({"a": None}, errors=((["a", "b", 0], "FORBIDDEN_FILTER"),))
    right = answer({"a": {"b": [1]}})

    assert [(("a",), ("FORBIDDEN_FILTER", None))] == differences(left, right)


def test_items_are_matched_by_their_ids() -> None:
    """An item that one side does not have is told of it, and the others are compared with themselves."""
    left = answer({"n": [{"id": "1", "a": 1}, {"id": "2", "a": 1}, {"id": "3", "a": 1}]})
    right = answer({"n": [{"id": "9", "a": 1}, {"id": "3", "a": 2}, {"id": "1", "a": 1}]})

    assert [
        (("n", 2, "a"), ("DIFFERS", "DIFFERS")),
        (("n", 1), (None, "NOT_IN_LIST")),
        (("n", 0), ("NOT_IN_LIST", None)),
    ] == differences(left, right)


def test_edges_are_matched_by_their_nodes() -> None:
    """The id of an edge is that of its node."""
    left = answer({"edges": [{"cursor": "x", "node": {"id": "1"}}, {"cursor": "y", "node": {"id": "2"}}]})
    right = answer({"edges": [{"cursor": "y", "node": {"id": "2"}}]})

    assert [(("edges", 0), (None, "NOT_IN_LIST"))] == differences(left, right)


@pytest.mark.parametrize("items", [[{"a": 1}, {"a": 2}], [{"id": "1", "a": 1}, {"id": "1", "a": 2}]], ids=["none", "twice"])
def test_items_without_ids_are_matched_by_position(items: list[Any]) -> None:
    """Where nothing names an item, it is the one in its place."""
    left, right = answer({"n": items}), answer({"n": [{**items[0], "a": 0}]})

    assert [(("n", "*", "a"), ("DIFFERS", "DIFFERS")), (("n", 1), (None, "NOT_IN_LIST"))] == differences(left, right)


def test_a_list_that_is_empty_for_one_side_is_told_once() -> None:
    """If one side has none of the items, one entry stands for all."""
    left, right = answer({"n": [{"id": "1"}, {"id": "2"}]}), answer({"n": []})

    assert [(("n", "*"), (None, "NOT_IN_LIST"))] == differences(left, right)
    assert [(("n", "*"), ("NOT_IN_LIST", None))] == differences(right, left)


def test_a_row_that_is_not_there_for_one_side_is_not_found() -> None:
    """An object that one side does not have, for no reason that it is told, is NOT_FOUND; so is a value DIFFERS."""
    left, right = answer({"node": None, "note": None}), answer({"node": {"id": "1"}, "note": "x"})

    assert [(("node",), ("NOT_FOUND", None)), (("note",), ("DIFFERS", None))] == differences(left, right)


def test_objects_of_different_types_differ_where_only_one_has_a_field() -> None:
    """A field that only one side's object has is a difference like others."""
    left, right = answer({"node": {"id": "1", "a": None}}), answer({"node": {"id": "2"}})

    assert [(("node", "id"), ("DIFFERS", "DIFFERS")), (("node", "a"), ("DIFFERS", None))] == differences(left, right)
