"""The description of a viewer set matches exactly that set, in a few words that are always the same."""

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


def viewers_with(**meant: object) -> ViewerSet:
    """Return the shapes with all these facts. `roles` says whether they have a role that can read prices."""
    return describe_viewers({shape: all(_fact(shape, name) == value for name, value in meant.items()) for shape in SHAPES})


def _fact(shape: Shape, name: str) -> object:
    return bool(PAYING & {*shape.roles}) if name == "roles" else getattr(shape, name)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([True, False, None]), min_size=len(SHAPES), max_size=len(SHAPES)))
def test_description_matches_exactly_the_given_shapes(values: list[bool | None]) -> None:
    """The description of any set includes its shapes and no other shape that matters."""
    meant = dict(zip(SHAPES, values, strict=True))
    viewers = describe_viewers(meant)

    assert [] == [shape for shape, value in meant.items() if value is not None and viewers.contains(shape) is not value]


@pytest.mark.parametrize(
    ("viewers", "expected"),
    [
        (viewers_with(), "Everybody"),
        (viewers_with(kind="ANONYMOUS"), "Visitor"),
        (describe_viewers({shape: shape.kind != "ANONYMOUS" for shape in SHAPES}), "Signed in"),
        (describe_viewers({shape: shape.kind in ("DIRECT", "PARTNER") for shape in SHAPES}), "Direct or partner"),
        (viewers_with(kind="MANAGED", pricing_shown=False), "Managed, prices hidden"),
        (
            viewers_with(kind="MANAGED", pricing_shown=True, roles=True),
            "Managed, prices shown, with ACCOUNT_ADMIN, FINANCE or VIEWER",
        ),
        (viewers_with(kind="PARTNER", roles=False), "Partner, without ACCOUNT_ADMIN, FINANCE or VIEWER"),
        (viewers_with(supported_by="OPERATOR"), "Managed, supported by the operator"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_column_headers_are_short(viewers: ViewerSet, expected: str) -> None:
    """A header names the kind and only the facts that matter. Equivalent roles are listed together."""
    assert expected == label(viewers)


def test_irrelevant_viewers_shorten_the_description() -> None:
    """If viewers whose prices are hidden anyway don't matter, only roles are left."""
    meant = {shape: None if shape.kind == "ANONYMOUS" or _hidden(shape) else _fact(shape, "roles") is False for shape in SHAPES}

    assert "from everybody without ACCOUNT_ADMIN, FINANCE or VIEWER" == prose(describe_viewers(meant), "from")


def _hidden(shape: Shape) -> bool:
    return shape.kind == "MANAGED" and not shape.pricing_shown


def test_every_fact_has_a_wording() -> None:
    """Every fact that rules can branch on can be described."""
    assert {*SHAPE} - {"kind", "roles"} == {*SWITCHES, "supported_by"} == {*TURNED} == {*CLAUSES}
