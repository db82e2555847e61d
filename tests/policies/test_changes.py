"""A policy change is reported as the cells that it flips, and equivalent policies report nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.analysis.matrix import Cell
from policies.analysis.viewer_classes import label
from policies.entity import Entity
from policies.evaluation.policy import Policy
from policies.predicates.predicate import FALSE, TRUE, Compare, Parameter, Predicate, conj
from policies.prove.changes import changes
from policies.reason import Reason
from policies.viewer import Shape
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
WITNESSED, NOT_WITNESSED = True, False  # whether a viewer and a row prove the difference


def reported(directory: Path, *replaced: tuple[str, str]) -> list[tuple[str, str, str, Cell | None, Cell | None, bool]]:
    """Return the changes that are reported after replacing these words of the rules."""
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
        ('viewer.kind != "ANONYMOUS"', 'viewer.kind in ["USER", "DIRECT", "PARTNER", "MANAGED", "OPERATOR"]'),
    ],
    ids=["order", "repetition", "enumeration"],
)
def test_equivalent_policies_report_no_change(tmp_path: Path, replaced: tuple[str, str]) -> None:
    """Different wording of the same decisions is no change."""
    assert [] == reported(tmp_path, replaced)


def test_revealed_field_is_reported(tmp_path: Path) -> None:
    """The change from NEVER to ALWAYS names exactly the viewers concerned."""
    never = Cell(FALSE, (Reason.HIDDEN_BY_PARTNER,))

    assert [("Port", "speed", "Managed, prices hidden", never, Cell(TRUE), WITNESSED)] == reported(
        tmp_path, ("not viewer.pricing_shown", "viewer.pricing_shown and not viewer.pricing_shown")
    )


def test_change_of_a_helper_is_reported(tmp_path: Path) -> None:
    """A rule that stays as it is decides otherwise if its helper changes."""
    hidden = 'viewer.kind = "MANAGED" and not viewer.pricing_shown;'
    before = RULES.replace(hidden, "hidden(viewer);") + f"hidden(viewer: Viewer) if {hidden}"
    after = before.replace(hidden, 'viewer.kind = "MANAGED";')
    (change,) = changes(_policy(tmp_path / "before", before), _policy(tmp_path / "after", after))

    assert ("Port", ("speed",), "Managed, prices shown") == (change.title, change.names, label(change.viewers))


def test_changed_reason_is_reported(tmp_path: Path) -> None:
    """The value stays hidden, but for another reason."""
    before, after = Cell(FALSE, (Reason.HIDDEN_BY_PARTNER,)), Cell(FALSE, (Reason.NOT_FOR_MANAGED_ACCOUNTS,))

    assert [("Port", "speed", "Managed, prices hidden", before, after, NOT_WITNESSED)] == reported(
        tmp_path, ("HIDDEN_BY_PARTNER", "NOT_FOR_MANAGED_ACCOUNTS")
    )


def test_changed_condition_is_reported_with_a_witness(tmp_path: Path) -> None:
    """Different conditions are reported with a viewer and a row that prove the difference."""
    fewer = conj([Compare("=", "active", True), OWN])

    assert [("Port", "order", "Members, with FINANCE", Cell(OWN), Cell(fewer), WITNESSED)] == reported(
        tmp_path, ("in viewer.roles and port", "in viewer.roles and port.active = true and port")
    )


def test_lost_ability_is_reported(tmp_path: Path) -> None:
    """Abilities involve no rows: a viewer has them or not."""
    assert [("Abilities", "quote", "Managed", Cell(TRUE), Cell(FALSE, (Reason.NOT_YOURS,)), NOT_WITNESSED)] == reported(
        tmp_path, ('viewer.kind != "ANONYMOUS"', 'viewer.kind in ["USER", "DIRECT", "PARTNER", "OPERATOR"]')
    )


def test_new_names_start_as_denied(tmp_path: Path) -> None:
    """An action or field that only one policy names is denied to everyone by the other."""
    assert [
        ("Port", "floor", "Members", Cell(FALSE), Cell(TRUE), WITNESSED),
        ("Port", "cancel", "Members", Cell(FALSE), Cell(OWN), WITNESSED),
    ] == reported(
        tmp_path,
        ('"name", "speed"', '"name", "speed", "floor"'),
        ("ability(", 'allow(viewer: Viewer, "cancel", port: Port) if port.company_id = viewer.company_id;\nability('),
    )


def test_custom_prover_is_used(tmp_path: Path) -> None:
    """The prover gets the predicates that differ in form, limited to rows that are readable before and after."""
    before = _policy(tmp_path / "before", RULES)
    after = _policy(
        tmp_path / "after", RULES.replace('"order", port: Port) if', '"order", port: Port) if port.active = true and')
    )
    queries: list[tuple[Predicate, Predicate, str, str]] = []

    def proves_everything(one: Predicate, other: Predicate, entity: Entity, shape: Shape) -> object | None:
        queries.append((one, other, entity.name, shape.kind))
        return None

    assert [] == list(changes(before, after, proves_everything))
    assert {(OWN, conj([Compare("=", "active", True), OWN]), "Port", "DIRECT")} == {
        each for each in queries if each[3] == "DIRECT"
    }
