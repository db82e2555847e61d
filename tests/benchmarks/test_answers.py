"""Responses of different servers are equal if clients can't tell them apart, and different otherwise."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from benchmarks.answers import Differs, compare, data_of, gateway_key, normalised, plain_key
from resolvers.values.identifiers import Identifier

KEY = UUID("018cc251-f401-7000-8000-000000000001")


def test_gateway_id_equals_the_plain_key() -> None:
    """IDs are compared by the keys that they encode."""
    ours = normalised({"id": str(Identifier("Port", KEY))}, gateway_key)
    theirs = normalised({"id": str(KEY)}, plain_key)

    assert {"id": KEY} == ours == theirs


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("amount", "1250.00", 1250),
        ("amount", "0.10", 0.1),
        ("createdAt", "2024-01-01T00:00:00+00:00", "2024-01-01T01:00:00.000+01:00"),
        ("createdAt", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00+00:00"),
        ("cursor", "opaque", "another"),
    ],
)
def test_values_are_equal_in_any_notation(name: str, one: Any, other: Any) -> None:
    """Money is compared as numbers, times as instants, and cursors not at all."""
    compare(normalised({name: one}, plain_key), normalised({name: other}, plain_key))


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [("amount", "1250.00", "1250.01"), ("cursor", "opaque", None), ("endCursor", None, "opaque"), ("name", "1.0", "1")],
)
def test_differing_values_are_reported(name: str, one: Any, other: Any) -> None:
    """A hidden price, a missing cursor and a different text are reported with their path."""
    with pytest.raises(Differs, match=rf"data\.0\.{name}: "):
        compare(normalised([{name: one}], plain_key), normalised([{name: other}], plain_key))


def test_lists_of_different_lengths_differ() -> None:
    """A missing or extra row is reported as the numbers of rows."""
    with pytest.raises(Differs, match=r"2 items .* is not 1 items"):
        compare({"ports": [1, 2]}, {"ports": [1]})


def test_response_with_errors_is_not_compared() -> None:
    """A response with errors raises Differs."""
    with pytest.raises(Differs, match="no data"):
        data_of(json.dumps({"data": {"node": None}, "errors": [{"message": "no"}]}).encode(), plain_key)
