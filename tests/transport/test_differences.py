"""Differences of two responses: their paths and reasons, never their values."""

from __future__ import annotations

from typing import Any

import pytest

from transport.http.differences import differences


def response(data: Any, *redactions: tuple[list[Any], str], errors: tuple[tuple[list[Any], str], ...] = ()) -> dict[str, Any]:
    """A response with redactions and errors at these paths."""
    redacted = [{"path": path, "reason": reason} for path, reason in redactions]
    failed = [{"path": path, "extensions": {"code": code}} for path, code in errors]
    return {"data": data, "errors": failed, "extensions": {"redactions": redacted}}


@pytest.mark.parametrize("data", [None, {}, {"a": [1, None, {"id": "x", "b": []}]}], ids=["null", "empty", "nested"])
def test_equal_responses_have_no_differences(data: Any) -> None:
    """Two equal responses have no differences."""
    assert [] == differences(response(data), response(data))


def test_different_values_are_not_returned() -> None:
    """Only the paths of different values are returned."""
    left, right = response({"a": "secret", "b": 1}), response({"a": "other", "b": 1})

    assert [(("a",), ("DIFFERS", "DIFFERS"))] == differences(left, right)


def test_null_has_the_reason_of_its_redaction() -> None:
    """A redaction of every item gives its reason to each of them, and the difference is returned once."""
    left = response({"n": [{"id": "1", "p": None}, {"id": "2", "p": None}]}, (["n", "*", "p"], "HIDDEN_BY_PARTNER"))
    right = response({"n": [{"id": "1", "p": {"amount": "1"}}, {"id": "2", "p": {"amount": "2"}}]})

    assert [(("n", "*", "p"), ("HIDDEN_BY_PARTNER", None))] == differences(left, right)


def test_redaction_of_one_item_applies_to_that_item_only() -> None:
    """A single item differs at its own index, with each side's reason."""
    left = response({"n": [{"p": 1}, {"p": None}]}, (["n", 1, "p"], "ROLE_REQUIRED"))
    right = response({"n": [{"p": 1}, {"p": None}]}, (["n", 1, "p"], "HIDDEN_BY_PARTNER"))

    assert [(("n", 1, "p"), ("ROLE_REQUIRED", "HIDDEN_BY_PARTNER"))] == differences(left, right)


def test_error_is_the_reason_of_every_null_it_causes() -> None:
    """Where an error nulls its parents, its code is the reason there too."""
    left = response({"a": None}, errors=((["a", "b", 0], "FORBIDDEN_FILTER"),))
    right = response({"a": {"b": [1]}})

    assert [(("a",), ("FORBIDDEN_FILTER", None))] == differences(left, right)


def test_items_are_matched_by_id() -> None:
    """An item that only one side has is a difference. Other items are compared with the item of the same id."""
    left = response({"n": [{"id": "1", "a": 1}, {"id": "2", "a": 1}, {"id": "3", "a": 1}]})
    right = response({"n": [{"id": "9", "a": 1}, {"id": "3", "a": 2}, {"id": "1", "a": 1}]})

    assert [
        (("n", 2, "a"), ("DIFFERS", "DIFFERS")),
        (("n", 1), (None, "NOT_IN_LIST")),
        (("n", 0), ("NOT_IN_LIST", None)),
    ] == differences(left, right)


def test_edges_are_matched_by_the_ids_of_their_nodes() -> None:
    """An edge has the id of its node."""
    left = response({"edges": [{"cursor": "x", "node": {"id": "1"}}, {"cursor": "y", "node": {"id": "2"}}]})
    right = response({"edges": [{"cursor": "y", "node": {"id": "2"}}]})

    assert [(("edges", 0), (None, "NOT_IN_LIST"))] == differences(left, right)


@pytest.mark.parametrize("items", [[{"a": 1}, {"a": 2}], [{"id": "1", "a": 1}, {"id": "1", "a": 2}]], ids=["none", "twice"])
def test_items_without_ids_are_matched_by_index(items: list[Any]) -> None:
    """Items without ids, or with duplicate ids, are compared by index."""
    left, right = response({"n": items}), response({"n": [{**items[0], "a": 0}]})

    assert [(("n", "*", "a"), ("DIFFERS", "DIFFERS")), (("n", 1), (None, "NOT_IN_LIST"))] == differences(left, right)


def test_list_empty_on_one_side_is_one_difference() -> None:
    """If one side has no items, one entry covers all of them."""
    left, right = response({"n": [{"id": "1"}, {"id": "2"}]}), response({"n": []})

    assert [(("n", "*"), (None, "NOT_IN_LIST"))] == differences(left, right)
    assert [(("n", "*"), ("NOT_IN_LIST", None))] == differences(right, left)


def test_missing_object_is_not_found() -> None:
    """An object missing on one side without a reason is NOT_FOUND. A missing scalar is DIFFERS."""
    left, right = response({"node": None, "note": None}), response({"node": {"id": "1"}, "note": "x"})

    assert [(("node",), ("NOT_FOUND", None)), (("note",), ("DIFFERS", None))] == differences(left, right)


def test_field_on_one_side_only_is_a_difference() -> None:
    """A field that only one side's object has is a difference."""
    left, right = response({"node": {"id": "1", "a": None}}), response({"node": {"id": "2"}})

    assert [(("node", "id"), ("DIFFERS", "DIFFERS")), (("node", "a"), ("DIFFERS", None))] == differences(left, right)
