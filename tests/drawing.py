"""Random values for the schema's inputs: mostly of the right type, edge cases included, and sometimes of another type."""

from __future__ import annotations

from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    is_required_input_field,
)
from hypothesis import strategies as st

TEXTS: Final = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ("", " ", "\0", "\x7f", "\u202e", "a\nb", "x" * 129, "😀" * 201, "DE", "UK", "%s", "';--", "{}", "null", "-1")
    ),
    st.sampled_from(("a@b.example", "A@B.EXAMPLE", "a@b", "@", "a@\u00fc.example", "+49 69 5550100", "+0", "+", "+" * 40)),
    st.sampled_from(("https://b.example/", "http://[", "javascript:alert(1)", "Name 1", "Name 2", "2030-01-01", "1e999")),
)
NUMBERS: Final = st.integers(-1, 2) | st.sampled_from((1, 2, 3, 2**31 - 1, -(2**31)))
HUGE: Final = st.sampled_from((2**31, 10**30, 1.5, "1"))
ANYTHING: Final = st.one_of(st.none(), st.booleans(), NUMBERS, HUGE, TEXTS, st.just([]), st.just({}), st.just({"a": None}))
RARELY: Final = 50  # one in so many values is of any type


def values(kind: GraphQLInputType, ids: list[str]) -> st.SearchStrategy[Any]:
    """Draw valid and invalid values of an input type, rarely of another type."""
    good = values_of(kind, ids)
    return st.integers(1, RARELY).flatmap(lambda chance: ANYTHING if chance == RARELY else good)


def values_of(kind: GraphQLInputType, ids: list[str]) -> st.SearchStrategy[Any]:
    """Draw valid and invalid values of an input type."""
    match kind:
        case GraphQLNonNull():
            return values_of(kind.of_type, ids)
        case GraphQLList():
            return st.lists(values(kind.of_type, ids), max_size=3)
        case GraphQLEnumType():
            return st.sampled_from(list(kind.values))
        case GraphQLInputObjectType():
            required = {name: values(each.type, ids) for name, each in kind.fields.items() if is_required_input_field(each)}
            others = {name: st.none() | values(each.type, ids) for name, each in kind.fields.items() if name not in required}
            return st.fixed_dictionaries(required, optional=others)
    plain = {"Boolean": st.booleans(), "Int": NUMBERS, "Float": NUMBERS, "ID": st.sampled_from(ids) | TEXTS}
    return plain.get(kind.name, TEXTS)
