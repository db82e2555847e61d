"""Descriptions of sets of viewers: each matches exactly its set, in few words that are always the same."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.analysis.viewer_classes import CLAUSES, TURNED, ViewerSet, describe_viewers, label, prose
from policies.evaluation.shapes import STALE, SWITCHES, Distinctions, shapes_of
from policies.viewer import COMPANYLESS, SHAPE, Shape

SHAPES: Final = shapes_of(
    Distinctions(("kind", "roles", "supported_by", "pricing_shown"), ("ACCOUNT_ADMIN", "FINANCE", "VIEWER"))
)
PAYING: Final = {"ACCOUNT_ADMIN", "FINANCE", "VIEWER"}


def viewers_with(**meant: object) -> ViewerSet:
    """Describe the shapes matching all these facts. `roles` is whether they have a role that reads prices."""
    return describe_viewers({shape: all(_fact(shape, name) == value for name, value in meant.items()) for shape in SHAPES})


def _fact(shape: Shape, name: str) -> object:
    return bool(PAYING & {*shape.roles}) if name == "roles" else getattr(shape, name)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([True, False, None]), min_size=len(SHAPES), max_size=len(SHAPES)))
def test_description_matches_exactly_its_set(values: list[bool | None]) -> None:
    """The description of any set contains the set's shapes, and no other shape that matters."""
    meant = dict(zip(SHAPES, values, strict=True))
    viewers = describe_viewers(meant)

    assert [] == [shape for shape, value in meant.items() if value is not None and viewers.contains(shape) is not value]


@pytest.mark.parametrize(
    ("viewers", "expected"),
    [
        (viewers_with(), "Everyone"),
        (viewers_with(kind="ANONYMOUS"), "Visitor"),
        (describe_viewers({shape: shape.kind != "ANONYMOUS" for shape in SHAPES}), "Signed in"),
        (describe_viewers({shape: shape.kind not in COMPANYLESS for shape in SHAPES}), "Members"),
        (describe_viewers({shape: shape.kind in COMPANYLESS for shape in SHAPES}), "Visitor or user without a company"),
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
def test_labels_are_short(viewers: ViewerSet, expected: str) -> None:
    """A label names the kind and only the facts that distinguish it, and groups interchangeable roles."""
    assert expected == label(viewers)


def test_viewers_that_do_not_matter_shorten_the_description() -> None:
    """Once viewers with hidden prices don't matter, only roles are left to name."""
    meant = {shape: None if shape.kind in COMPANYLESS or _hidden(shape) else _fact(shape, "roles") is False for shape in SHAPES}

    assert "from everyone without the ACCOUNT_ADMIN, FINANCE or VIEWER role" == prose(describe_viewers(meant), "from")


def _hidden(shape: Shape) -> bool:
    return shape.kind == "MANAGED" and not shape.pricing_shown


def test_every_fact_has_words() -> None:
    """Every fact that rules can branch on has a label and a clause."""
    assert {*SHAPE} - {"kind", "roles"} == {*SWITCHES, "supported_by", STALE} == {*TURNED} == {*CLAUSES}
