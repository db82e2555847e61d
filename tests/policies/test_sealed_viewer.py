"""A sealed viewer has nothing that tells the viewers who share an answer apart."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import pytest

from policies.sealed_viewer import SHARED, ValueWithheld, sealed, sealed_parameters, shared_values
from policies.viewer import Shape, Viewer

OTHERS: Final[dict[str, Any]] = {
    "shape": Shape(kind="DIRECT"),
    "markets": frozenset({"DE"}),
    "external_user": "other",
    "auth_time": datetime(2026, 1, 1, tzinfo=UTC),
}
NAMES: Final = [each.name for each in fields(Viewer)]


@pytest.mark.parametrize("name", NAMES)
def test_value_is_either_shared_or_withheld(name: str) -> None:
    """Viewers who differ in a value either have different shared values, or a sealed viewer of them doesn't have it."""
    viewer = Viewer()
    other = replace(viewer, **{name: OTHERS.get(name, uuid4())})

    if name in SHARED:
        assert shared_values(viewer) != shared_values(other)
    else:
        seal = sealed(other)
        with pytest.raises(ValueWithheld):
            getattr(seal, name)
        assert seal.was_opened
        assert f"viewer_{name}" not in sealed_parameters(seal)


def test_shared_values_can_be_read() -> None:
    """Reading what viewers share leaves a sealed viewer closed."""
    viewer = Viewer(shape=Shape(kind="DIRECT"), user_id=uuid4(), company_id=uuid4(), markets=frozenset({"FR", "DE"}))

    seal = sealed(viewer)

    assert shared_values(viewer) == shared_values(seal)
    assert (viewer.company_id, ["DE", "FR"]) == (
        sealed_parameters(seal)["viewer_company_id"],
        sealed_parameters(seal)["viewer_markets"],
    )
    assert not seal.was_opened
