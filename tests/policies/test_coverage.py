"""Rule coverage: a rule's branches are the parts that can fail, and the whole."""

from __future__ import annotations

from pathlib import Path

from policies.analysis.coverage import Coverage, branches, countable_rules, read_coverage
from policies.language.source import Text, parse

RULES = parse(
    Text(
        "port.polar",
        """
allow(viewer: Viewer, "read", port: Port) if
    viewer.kind = "PARTNER" and buyer in port.buyers and buyer.company_id = viewer.company_id;
allow_field(_viewer: Viewer, "read", _port: Port, field) if field in ["name", "speed"];
deny_field(viewer: Viewer, "read", _port: Port, field) if field = "speed" and managed(viewer);
managed(viewer: Viewer) if viewer.kind = "MANAGED";
pays(viewer: Viewer) if role in ["FINANCE", "VIEWER"] and role in viewer.roles;
known(status) if status in ["ACTIVE", "ENDED"];
""",
    )
)
PARTNER, NAMES, SPEED, MANAGED, PAYS, KNOWN = RULES


def test_rule_ends_at_its_first_failing_part_or_holds() -> None:
    """A part that only names fields, or binds a variable to a list of words, never fails by itself."""
    expected = [
        {0: 'viewer.kind = "PARTNER"', 1: "buyer in port.buyers", 2: "buyer.company_id = viewer.company_id", 3: "the whole"},
        {1: "the whole"},
        {1: "managed(viewer)", 2: "the whole"},
        {0: 'viewer.kind = "MANAGED"', 1: "the whole"},
        {1: "role in viewer.roles", 2: "the whole"},
        {0: 'status in ["ACTIVE", "ENDED"]', 1: "the whole"},
    ]

    assert expected == [branches(rule) for rule in RULES]


def test_rules_without_a_viewer_are_not_counted() -> None:
    """They count with the rules that call them."""
    assert [PARTNER, NAMES, SPEED, MANAGED, PAYS] == countable_rules(RULES)


def test_rule_is_seen_to_hold_and_to_fail() -> None:
    """A rule without conditions only has to hold. Any other also has to fail, at any part."""
    coverage = Coverage("1")
    coverage.record(NAMES, 1)
    coverage.record(MANAGED, 1)
    coverage.record(PARTNER, 3)
    coverage.record(PARTNER, 1)

    assert [(True, True), (True, True), (True, False), (False, False)] == [
        (coverage.held(rule), coverage.failed(rule)) for rule in (PARTNER, NAMES, MANAGED, PAYS)
    ]
    assert "2 of 4 rules held and failed; 4 of 9 branches" == coverage.summary((PARTNER, NAMES, MANAGED, PAYS))
    assert {0: 'viewer.kind = "PARTNER"', 2: "buyer.company_id = viewer.company_id"} == coverage.missing(PARTNER)


def test_saved_record_is_read_back(tmp_path: Path) -> None:
    """A record is read back unchanged. An invalid or missing file counts as no record."""
    coverage, path = Coverage("1", {"port.polar:4": {0, 2}}), tmp_path / "below" / "record.json"

    coverage.save(path)
    saved = read_coverage(path)
    path.write_text("{}")

    assert coverage == saved
    assert [None, None] == [read_coverage(path), read_coverage(tmp_path / "nowhere")]
    assert [path] == list(path.parent.iterdir())
