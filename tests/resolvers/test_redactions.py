"""Redactions: a field hidden in a whole list is reported once if possible, and the report has exactly what was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.reason import Reason
from resolvers.reading.redactions import Path, Redacted, Redactions
from tests.client import HIDDEN, POLICY, Client, Redaction
from tests.rules.answers import response_of

A, B = Reason.HIDDEN_BY_PARTNER, Reason.ROLE_REQUIRED
Noted = Iterable[tuple[Path, Reason]]


def report(data: Any, *noted: tuple[Path, Reason]) -> list[tuple[list[Any], str]]:
    """Return the report for some data and recorded redactions."""
    redactions = Redactions()
    for path, reason in noted:
        redactions.add(path, Redacted("Thing", "field", reason))
    return [(entry["path"], entry["reason"]) for entry in redactions.report(data)]


def test_nothing_is_reported_if_nothing_is_hidden() -> None:
    """Without a redaction there is no entry."""
    assert [] == report({"a": None})


def test_field_is_named_by_its_path() -> None:
    """A path consists of names, as in `errors`."""
    assert [(["a", "b"], "HIDDEN_BY_PARTNER")] == report({"a": {"b": None}}, (("a", "b"), A))


def test_field_of_every_item_is_one_entry() -> None:
    """A page of hidden prices costs one line."""
    data = {"ports": [{"price": None}, {"price": None}, {"price": None}]}
    noted = [(("ports", index, "price"), A) for index in range(3)]

    assert [(["ports", "*", "price"], "HIDDEN_BY_PARTNER")] == report(data, *noted)


def test_field_of_the_only_item_counts_as_every_item() -> None:
    """One item is every item of its list."""
    assert [(["ports", "*", "price"], "ROLE_REQUIRED")] == report({"ports": [{"price": None}]}, (("ports", 0, "price"), B))


def test_field_of_some_items_is_reported_by_index() -> None:
    """If another item shows the field, each item that hides it has an entry."""
    data = {"ports": [{"price": None}, {"price": 1}, {"price": None}]}
    noted = [(("ports", index, "price"), A) for index in (0, 2)]

    assert [(["ports", index, "price"], "HIDDEN_BY_PARTNER") for index in (0, 2)] == report(data, *noted)


def test_items_with_different_reasons_are_not_folded() -> None:
    """One entry has one reason."""
    data = {"ports": [{"price": None}, {"price": None}]}
    noted = [(("ports", 0, "price"), A), (("ports", 1, "price"), B)]

    assert [(["ports", 0, "price"], A), (["ports", 1, "price"], B)] == report(data, *noted)


def test_null_items_do_not_prevent_folding() -> None:
    """A null item hides nothing itself: the other items still count as all."""
    data = {"nodes": [None, {"price": None}, None, {"price": None}]}
    noted = [(("nodes", index, "price"), A) for index in (1, 3)]

    assert [(["nodes", "*", "price"], "HIDDEN_BY_PARTNER")] == report(data, *noted)


def test_nested_lists_are_folded_at_each_level() -> None:
    """Every dimension of every offer is one entry."""
    data: Any = {"offers": [{"dimensions": [{"price": None}] * size} for size in (1, 2)]}
    noted = [(("offers", 0, "dimensions", 0, "price"), A)]
    noted += [(("offers", 1, "dimensions", index, "price"), A) for index in range(2)]

    assert [(["offers", "*", "dimensions", "*", "price"], "HIDDEN_BY_PARTNER")] == report(data, *noted)


def test_item_with_an_empty_list_prevents_folding() -> None:
    """If one offer has no dimensions, the others are listed: `*` never covers an item with nothing to hide."""
    data: Any = {"offers": [{"dimensions": [{"price": None}, {"price": None}]}, {"dimensions": []}]}
    noted = [(("offers", 0, "dimensions", index, "price"), A) for index in range(2)]

    assert [(["offers", 0, "dimensions", "*", "price"], "HIDDEN_BY_PARTNER")] == report(data, *noted)


def test_lists_of_lists_are_folded_at_each_level() -> None:
    """A matrix is folded in both directions."""
    data = {"rows": [[{"x": None}, {"x": None}], [{"x": None}]]}
    noted = [(("rows", row, column, "x"), A) for row, column in ((0, 0), (0, 1), (1, 0))]

    assert [(["rows", "*", "*", "x"], "HIDDEN_BY_PARTNER")] == report(data, *noted)


def test_empty_data_has_no_entries() -> None:
    """An answer without data hides nothing."""
    empty: list[Any] = [None, {"a": []}, {}]

    assert [[], [], []] == [report(data, (("a", 0, "b"), A)) for data in empty]


def test_redaction_that_an_error_removed_is_not_reported() -> None:
    """A redaction below a value that an error made null isn't in the answer."""
    assert [(["b"], "ROLE_REQUIRED")] == report({"a": None, "b": None}, (("a", "x", "y"), A), (("b",), B))


def test_entries_are_in_the_order_of_the_answer() -> None:
    """The order doesn't depend on which field was resolved first."""
    noted = [(("b",), B), (("c", 0, "x"), A), (("a",), A)]

    assert [["a"], ["b"], ["c", "*", "x"]] == [path for path, _ in report({"a": None, "b": None, "c": [{"x": None}]}, *noted)]


DATA: Final = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        st.none() | st.just(1),
        lambda inner: st.lists(inner | st.none(), max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        max_leaves=24,
    ),
)


def nulls(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of fields that are null."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if inner is None:
                yield (*path, name)
            yield from nulls(inner, (*path, name))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from nulls(inner, (*path, index))


def unfolded(data: Any, path: list[Any], so_far: Path = ()) -> Iterator[Path]:
    """Yield the paths that an entry stands for: `*` is every item that isn't null."""
    if not path:
        yield so_far
    elif path[0] == "*":
        for index, item in enumerate(data):
            if item is not None:
                yield from unfolded(item, path[1:], (*so_far, index))
    else:
        yield from unfolded(data[path[0]], path[1:], (*so_far, path[0]))


@given(data=DATA, chance=st.data())
def test_report_has_exactly_what_was_recorded(data: Any, chance: st.DataObject) -> None:
    """Unfolded against the data, the report is what was recorded of it: none is lost, added or repeated."""
    places = list(nulls(data))
    reasons = chance.draw(st.lists(st.sampled_from([A, A, A, B, None]), min_size=len(places), max_size=len(places)))
    noted = [(path, reason) for path, reason in zip(places, reasons, strict=True) if reason]
    gone = [((*path, "lost"), A) for path, reason in noted if reason == B]

    entries = report(data, *noted, *gone)

    reported = [(place, reason) for path, reason in entries for place in unfolded(data, path)]
    assert sorted(((path, str(reason)) for path, reason in noted), key=str) == sorted(reported, key=str)


PRICES: Final = (
    "ports(first: 3) { nodes { monthlyRate { amount } } edges { node { rate: monthlyRate { amount } setupFee { amount } } } }"
)


async def test_redactions_use_the_names_of_the_answer(demo_client: Client) -> None:
    """Paths have aliases where the query has them, through connections, edges and fragments."""
    answer = await demo_client(
        HIDDEN, f"{{ mine: viewer {{ company {{ ...prices }} }} }} fragment prices on Company {{ {PRICES} }}"
    )

    start = ["mine", "company", "ports"]
    assert [
        Redaction([*start, "nodes", "*", "monthlyRate"], "HIDDEN_BY_PARTNER"),
        Redaction([*start, "edges", "*", "node", "rate"], "HIDDEN_BY_PARTNER"),
        Redaction([*start, "edges", "*", "node", "setupFee"], "HIDDEN_BY_PARTNER"),
    ] == answer.redactions
    assert [] == answer.errors


async def test_field_that_is_not_selected_is_not_reported(demo_client: Client) -> None:
    """Neither a skipped field nor a field of an empty page is reported."""
    skipped = await demo_client(HIDDEN, "{ ports { nodes { id monthlyRate @skip(if: true) { amount } } } }")
    empty = await demo_client(HIDDEN, "{ ports(first: 0) { nodes { monthlyRate { amount } } } }")

    assert ([], []) == (skipped.redactions, empty.redactions)
    assert [{"policy": POLICY}] * 2 == [response_of(answer)["extensions"] for answer in (skipped, empty)]


@pytest.mark.parametrize("viewer", [HIDDEN])
async def test_redaction_below_an_error_is_not_reported(demo_client: Client, viewer: str) -> None:
    """If an error removes the whole answer, nothing is left that could hide a value."""
    answer = await demo_client(viewer, "{ ports { nodes { monthlyRate { amount } connections(first: -1) { totalCount } } } }")

    assert (None, []) == (answer.data, answer.redactions)
    assert {"INVALID_PAGE"} == set(answer.codes)
