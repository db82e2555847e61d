"""A change of policy is told by the cells that it flips, and of two policies that say the same nothing is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.changes import changes
from policies.entity import Entity
from policies.matrix import Cell
from policies.policy import Policy
from policies.predicate import FALSE, TRUE, Compare, Parameter, Predicate, conj
from policies.reason import Reason
from policies.viewer import Shape
from policies.viewer_classes import label
from tests.policies.samples import written

RULES = """
allow(viewer: Viewer, "read", port: Port) if port.company_id = viewer.company_id;
allow(viewer: Viewer, "order", port: Port) if "FINANCE" in viewer.roles and port.company_id = viewer.company_id;
allow_field(_viewer: Viewer, "read", _port: Port, field) if field in ["name", "speed"];
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _port: Port, "speed") if viewer.kind = "MANAGED" and not viewer.pricing_shown;
ability(viewer: Viewer, "quote") if viewer.kind != "ANONYMOUS";
"""
OWN = Compare("=", "company_id", Parameter("company_id"))
SHOWN, NOT_SHOWN = True, False  # whether a viewer and a row show that there is a difference


def told(directory: Path, *replaced: tuple[str, str]) -> list[tuple[str, str, str, Cell | None, Cell | None, bool]]:
    """What is told where these words of the rules are replaced by others."""
    after = RULES
    for word, other in replaced:
        assert word in after
        after = after.replace(word, other)
    before, now = _policy(directory / "before", RULES), _policy(directory / "after", after)
    return [
        (change.title, ", ".join(change.names), label(change.viewers), change.before, change.after, change.witness is not None)
        for change in changes(before, now)
    ]


def _policy(directory: Path, text: str) -> Policy:
    directory.mkdir()
    return written(directory, text)


@pytest.mark.parametrize(
    "replaced",
    [
        ('"name", "speed"', '"speed", "name"'),
        (
            "port.company_id = viewer.company_id;",
            "viewer.company_id = port.company_id and port.company_id = viewer.company_id;",
        ),
        ('viewer.kind != "ANONYMOUS"', 'viewer.kind in ["DIRECT", "PARTNER", "MANAGED", "OPERATOR"]'),
    ],
    ids=["order", "repetition", "enumeration"],
)
def test_of_what_says_the_same_nothing_is_told(tmp_path: Path, replaced: tuple[str, str]) -> None:
    """Other words for the same decisions are no change."""
    assert [] == told(tmp_path, replaced)


def test_a_field_that_is_hidden_no_more_is_told(tmp_path: Path) -> None:
    """NEVER became ALWAYS, for exactly those viewers for whom it did."""
    never = Cell(FALSE, (Reason.HIDDEN_BY_PARTNER,))

    assert [("Port", "speed", "Managed, prices hidden", never, Cell(TRUE), SHOWN)] == told(
        tmp_path, ("not viewer.pricing_shown", "viewer.pricing_shown and not viewer.pricing_shown")
    )


def test_another_reason_is_told(tmp_path: Path) -> None:
    """The value stays hidden, but whoever misses it is told something else."""
    before, after = Cell(FALSE, (Reason.HIDDEN_BY_PARTNER,)), Cell(FALSE, (Reason.NOT_FOR_MANAGED_ACCOUNTS,))

    assert [("Port", "speed", "Managed, prices hidden", before, after, NOT_SHOWN)] == told(
        tmp_path, ("HIDDEN_BY_PARTNER", "NOT_FOR_MANAGED_ACCOUNTS")
    )


def test_another_condition_is_told_with_a_witness(tmp_path: Path) -> None:
    """Conditions that differ are told with a viewer and a row that show it."""
    fewer = conj([Compare("=", "active", True), OWN])

    assert [("Port", "order", "Signed in, with FINANCE", Cell(OWN), Cell(fewer), SHOWN)] == told(
        tmp_path, ("in viewer.roles and port", "in viewer.roles and port.active = true and port")
    )


def test_an_ability_that_is_lost_is_told(tmp_path: Path) -> None:
    """Abilities have no rows: they are there or not."""
    assert [("Abilities", "quote", "Managed", Cell(TRUE), Cell(FALSE, (Reason.NOT_YOURS,)), NOT_SHOWN)] == told(
        tmp_path, ('viewer.kind != "ANONYMOUS"', 'viewer.kind in ["DIRECT", "PARTNER", "OPERATOR"]')
    )


def test_what_is_new_was_for_nobody(tmp_path: Path) -> None:
    """Actions and fields that only one policy names are for nobody under the other."""
    assert [
        ("Port", "floor", "Signed in", Cell(FALSE), Cell(TRUE), SHOWN),
        ("Port", "cancel", "Signed in", Cell(FALSE), Cell(OWN), SHOWN),
    ] == told(
        tmp_path,
        ('"name", "speed"', '"name", "speed", "floor"'),
        ("ability(", 'allow(viewer: Viewer, "cancel", port: Port) if port.company_id = viewer.company_id;\nability('),
    )


def test_whoever_proves_more_is_asked(tmp_path: Path) -> None:
    """What can decide predicates is asked about those that differ in form, on rows that may be read before and after."""
    before = _policy(tmp_path / "before", RULES)
    after = _policy(
        tmp_path / "after", RULES.replace('"order", port: Port) if', '"order", port: Port) if port.active = true and')
    )
    asked: list[tuple[Predicate, Predicate, str, str]] = []

    def proves_everything(one: Predicate, other: Predicate, entity: Entity, shape: Shape) -> object | None:
        asked.append((one, other, entity.name, shape.kind))
        return None

    assert [] == list(changes(before, after, proves_everything))
    assert {(OWN, conj([Compare("=", "active", True), OWN]), "Port", "DIRECT")} == {
        each for each in asked if each[3] == "DIRECT"
    }
