"""Values: leaves, enums, lists, nested lists, and values that can't be serialized (specification, §6.4.3)."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.execution.both_executors import Both
from tests.execution.cases import Case, named
from tests.execution.specimen import BAD

LEAVES: Final = {
    "number": 7,
    "real": 1.5,
    "flag": True,
    "text": 'a "b" é 🦆',
    "key": "k",
    "amount": "1250.00",
    "day": "2026-05-01",
    "moment": "2026-05-01T08:30:00+00:00",
    "uuid": "00000000-0000-0000-0000-000000000007",
    "url": "https://a.example/",
    "email": "a@b.example",
    "colour": "RED",
    "size": "LARGE",
    "colours": ["GREEN", None, "BLUE"],
    "numbers": [1, 2],
    "matrix": [[1, None], None, []],
    "strict": [[1], [2, 3]],
    "required": 1,
}


async def test_leaves_are_serialized_by_their_types(both: Both) -> None:
    """Each scalar has its own form, enums have their names, lists are item by item, all in the order of the query."""
    await Case(f"{{ scalars {{ {' '.join(LEAVES)} }} }}", {"scalars": LEAVES}).check(both)


@pytest.mark.parametrize(("field", "bad"), [(field, bad) for field, values in BAD.items() for bad in values])
async def test_unusual_value_has_the_same_result(both: Both, field: str, bad: str) -> None:
    """Whatever a resolver returns, both executors serialize it or refuse it, with the same message at the same path."""
    query = "query ($f: String, $b: String) { before: scalars { required } scalars(field: $f, bad: $b) { number FIELD size } }"

    await both(query.replace("FIELD", f"it: {field}"), f=field, b=bad)


STRANGE: Final[dict[tuple[str, str], Any]] = {
    ("number", "float"): 7,
    ("real", "int"): 1.0,
    ("flag", "int"): True,
    ("text", "int"): "1",
    ("text", "flag"): "true",
    ("key", "int"): "7",
    ("amount", "exponent"): "1E+3",
    ("numbers", "tuple"): [1, 2],
    ("matrix", "tuples"): [[1], [None]],
    ("size", "value"): "LARGE",
}


@pytest.mark.parametrize(("field", "bad"), STRANGE)
async def test_values_that_can_be_coerced_are_accepted(both: Both, field: str, bad: str) -> None:
    """A whole float is an Int, a number an ID, a tuple a list, and text an enum of strings."""
    query = f'{{ scalars(field: "{field}", bad: "{bad}") {{ {field} }} }}'

    await Case(query, {"scalars": {field: STRANGE[field, bad]}}).check(both)


FAILING: Final[dict[str, tuple[str, str, Any, list[Any]]]] = {
    "an Int that is not an integer": ("number", "half", {"number": None}, ["scalars", "number"]),
    "an Int that is too large": ("number", "large", {"number": None}, ["scalars", "number"]),
    "a Float that is not a number": ("real", "nan", {"real": None}, ["scalars", "real"]),
    "an unknown enum value": ("colour", "wrong", {"colour": None}, ["scalars", "colour"]),
    "an enum in a list": ("colours", "wrong", {"colours": ["RED", None, "GREEN"]}, ["scalars", "colours", 1]),
    "null in a list of non-null items": ("numbers", "null", {"numbers": None}, ["scalars", "numbers", 1]),
    "a list that is text": ("numbers", "text", {"numbers": None}, ["scalars", "numbers"]),
    "a list that is flat": ("matrix", "flat", {"matrix": [None]}, ["scalars", "matrix", 0]),
    "an item of an inner list": ("matrix", "wrong", {"matrix": [[1, None], [2]]}, ["scalars", "matrix", 0, 1]),
    "a strict inner list": ("strict", "inner", {"strict": None}, ["scalars", "strict", 1]),
    "an item of a strict inner list": ("strict", "item", {"strict": None}, ["scalars", "strict", 1, 1]),
}


@named(FAILING)
async def test_unserializable_value_is_an_error_of_its_field(both: Both, case: tuple[str, str, Any, list[Any]]) -> None:
    """The field becomes null, the error has its path, and the cause isn't shown."""
    field, bad, data, path = case

    outcome = await both(f'{{ scalars(field: "{field}", bad: "{bad}") {{ {field} }} }}')

    assert {"scalars": data} == outcome.data
    assert path in [path for _, _, path in outcome.errors]


async def test_large_list_is_answered_completely(both: Both) -> None:
    """Ten thousand items, each with a relation that is one batch."""
    outcome = await both.planned("{ many { id pages maker { name } } }")

    names = ("Ada", "Bo", "Cy")
    assert outcome.data["many"] == [
        {"id": f"m{number}", "pages": number, "maker": {"name": names[number % 3]}} for number in range(10_000)
    ]


async def test_deep_query_is_answered_completely(both: Both) -> None:
    """Thirty levels of the same relation."""
    depth = 30
    query = "id"
    for _ in range(depth):
        query = f"works(first: 1) {{ ... on Book {{ maker {{ {query} }} }} }}"

    found = (await both.planned(f'{{ person(id: "p1") {{ {query} }} }}')).data["person"]

    for _ in range(depth):
        found = found["works"][0]["maker"]
    assert {"id": "p1"} == found


async def test_batch_field_in_two_branches(both: Both) -> None:
    """The same field below two branches, with its own alias in each and once with a common one."""
    outcome = await both(
        "{ media { ... on Thing { id } ... on Book { maker { id } } ... on Disc { m: maker { id } } }"
        " things { ... on Book { maker { id } } ... on Disc { maker { name works { __typename } } } } }"
    )

    assert [{"id": "w1", "maker": {"id": "p1"}}, {"id": "w2", "m": {"id": "p2"}}] == outcome.data["media"][:2]
    assert [{"maker": {"id": "p1"}}, None, {"maker": {"name": "Bo", "works": [{"__typename": "Book"}]}}] == outcome.data[
        "things"
    ]


async def test_object_of_an_unknown_type_is_an_error_of_its_field(both: Both) -> None:
    """If an object has none of the abstract type's types, its value is null with an error. Other values are unaffected."""
    outcome = await both("{ strange { id } }")

    assert [{"id": "w1"}, None, None] == outcome.data["strange"]
    assert [["strange", 1], ["strange", 2]] == sorted(path for _, _, path in outcome.errors)
