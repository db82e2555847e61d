"""What is said of a set of viewers is true of exactly these, in few words that are always the same."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.shapes import SWITCHES, Distinctions, shapes_of
from policies.viewer import SHAPE, Shape
from policies.viewer_classes import CLAUSES, TURNED, ViewerSet, describe_viewers, label, prose

SHAPES: Final = shapes_of(
    Distinctions(("kind", "roles", "supported_by", "pricing_shown"), ("ACCOUNT_ADMIN", "FINANCE", "VIEWER"))
)
PAYING: Final = {"ACCOUNT_ADMIN", "FINANCE", "VIEWER"}


def said(**meant: object) -> ViewerSet:
    """The shapes of which all these facts are true; of `roles`, whether they have one that reads prices."""
    return describe_viewers({shape: all(_fact(shape, name) == value for name, value in meant.items()) for shape in SHAPES})


def _fact(shape: Shape, name: str) -> object:
    return bool(PAYING & {*shape.roles}) if name == "roles" else getattr(shape, name)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([True, False, None]), min_size=len(SHAPES), max_size=len(SHAPES)))
def test_exactly_those_who_are_meant_are_included(values: list[bool | None]) -> None:
    """Whatever set is meant, what is said includes its shapes and no other that matters."""
    meant = dict(zip(SHAPES, values, strict=True))
    viewers = describe_viewers(meant)

    assert [] == [shape for shape, value in meant.items() if value is not None and viewers.contains(shape) is not value]


@pytest.mark.parametrize(
    ("viewers", "expected"),
    [
        (said(), "Everybody"),
        (said(kind="ANONYMOUS"), "Visitor"),
        (describe_viewers({shape: shape.kind != "ANONYMOUS" for shape in SHAPES}), "Signed in"),
        (describe_viewers({shape: shape.kind in ("DIRECT", "PARTNER") for shape in SHAPES}), "Direct or partner"),
        (said(kind="MANAGED", pricing_shown=False), "Managed, prices hidden"),
        (said(kind="MANAGED", pricing_shown=True, roles=True), "Managed, prices shown, with ACCOUNT_ADMIN, FINANCE or VIEWER"),
        (said(kind="PARTNER", roles=False), "Partner, without ACCOUNT_ADMIN, FINANCE or VIEWER"),
        (said(supported_by="OPERATOR"), "Managed, supported by the operator"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_heads_of_columns_are_short(viewers: ViewerSet, expected: str) -> None:
    """A kind, and only the facts that tell it apart; roles that come to the same stand together."""
    assert expected == label(viewers)


def test_whoever_does_not_matter_makes_it_shorter() -> None:
    """Where prices are hidden anyway, only roles are left to speak of."""
    meant = {shape: None if shape.kind == "ANONYMOUS" or _hidden(shape) else _fact(shape, "roles") is False for shape in SHAPES}

    assert "from everybody without ACCOUNT_ADMIN, FINANCE or VIEWER" == prose(describe_viewers(meant), "from")


def _hidden(shape: Shape) -> bool:
    return shape.kind == "MANAGED" and not shape.pricing_shown


def test_every_fact_has_its_words() -> None:
    """Whatever rules may branch on can be said."""
    assert {*SHAPE} - {"kind", "roles"} == {*SWITCHES, "supported_by"} == {*TURNED} == {*CLAUSES}
