"""The pairs of fields that validation compares are counted before validation runs."""

from __future__ import annotations

import pytest
from graphql import parse

from transport.limits.overlaps import TooManyPairs, count_pairs


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("{ a b c }", 0),
        ("{ a a a }", 3),
        ("{ a: x a: y b: a }", 1),
        ("{ a { b } a { b } }", 2),
        ("{ a { b b } a { b b } }", 7),
        ("{ a { x } b { x } }", 0),
        ("{ a ... { a ... on T { a } } }", 3),
        ("{ ...F ...G } fragment F on T { a } fragment G on T { a }", 2),
        ("{ ...F ...F } fragment F on T { a a }", 1),
        ("{ ...Unknown a }", 0),
        ("{ ...F } fragment F on T { ...F a }", 0),
        ("{ ...A b } fragment A on T { b ...B } fragment B on T { b }", 4),
        ("query A { a a } query B { a a }", 2),
    ],
)
def test_pairs_are_counted_where_selections_merge(text: str, pairs: int) -> None:
    """Equal field names and sibling fragments count as pairs wherever their fields merge into one object."""
    assert pairs == count_pairs(parse(text), 1000)


@pytest.mark.parametrize(
    "text",
    [
        "{ " + "a " * 2000 + "}",
        "{ " + "a { b { c } } " * 300 + "}",
        "{ a { " + "b { c } " * 300 + "} }",
        "{ " + " ".join(f"...F{n}" for n in range(500)) + "}" + "".join(f"fragment F{n} on T {{ a{n} }}" for n in range(500)),
    ],
)
def test_counting_stops_at_the_limit(text: str) -> None:
    """More pairs than allowed are an error, whichever selections they come from."""
    with pytest.raises(TooManyPairs):
        count_pairs(parse(text), 20_000)
