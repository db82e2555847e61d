"""`crossgate policy check` reports all problems of a policy at once."""

from __future__ import annotations

from pathlib import Path

from policies.analysis.check import Problem, check, check_texts, shapes
from tests.policies.samples import CATALOGUE, written

RULES = """
allow(viewer: Viewer, "read", port: Port) if port.company_id = viewer.company_id;
allow(viewer: Viewer, "read", _port: Port) if viewer.kind = "OPERATOR" and viewer.kind = "DIRECT";
allow_field(viewer: Viewer, "read", _port: Port, "name") if viewer.kind != "ANONYMOUS";
allow_field(_viewer: Viewer, "read", _port: Port, "speed");
"""


def test_all_loading_errors_are_listed(tmp_path: Path) -> None:
    """Loading stops at the first error, checking doesn't."""
    (tmp_path / "a.polar").write_text("first(one) if other = 1;\nsecond(one) if one = two;", "utf-8")

    hint = "is a free variable. Add it to the head, or bind it first with"
    assert [
        Problem(f"a.polar:1: other {hint} `other in …`."),
        Problem(f"a.polar:2: two {hint} `two in …`."),
    ] == check_texts(tmp_path, CATALOGUE)


def test_files_without_valid_rules_are_listed(tmp_path: Path) -> None:
    """Each file that can't be parsed is named."""
    (tmp_path / "a.polar").write_text("first", "utf-8")
    (tmp_path / "b.polar").write_text("{}", "utf-8")

    assert ["a.polar:1", "b.polar:1"] == [problem.message[:9] for problem in check_texts(tmp_path, CATALOGUE)]


def test_omissions_of_a_policy_are_listed(tmp_path: Path) -> None:
    """Covers fields without rules, rules that never apply, and non-null fields that are hidden from some viewers."""
    policy = written(tmp_path, RULES)

    found = check(policy, {"Port": ["name", "speed", "floor"]}, {("Port", "name"), ("Port", "speed")})

    assert [
        "Port.floor: No allow_field rule names this field. Add one to say who can read it.",
        "port.polar:3: This rule never applies to any viewer. Fix its condition or remove it.",
        "Port.name is non-null in the schema, but it's hidden from ANONYMOUS. "
        "Make it nullable, or allow it for everyone who can read the row.",
    ] == [problem.message for problem in found]


def test_unreachable_abilities_are_listed(tmp_path: Path) -> None:
    """Abilities and their denials are checked too. An ability that needs two roles at once counts as reachable."""
    policy = written(
        tmp_path,
        'ability(viewer: Viewer, "use_chat") if viewer.kind = "DIRECT" and viewer.kind = "PARTNER";\n'
        'ability(viewer: Viewer, "quote") if "FINANCE" in viewer.roles and "VIEWER" in viewer.roles;\n'
        "# @reason ROLE_REQUIRED\n"
        'deny_ability(viewer: Viewer, "quote") if viewer.kind = "MANAGED" and viewer.supported_by = nil;\n',
    )

    assert [
        "port.polar:1: This rule never applies to any viewer. Fix its condition or remove it.",
        "port.polar:4: This rule never applies to any viewer. Fix its condition or remove it.",
    ] == [problem.message for problem in check(policy, {})]


def test_each_uncompilable_rule_is_listed(tmp_path: Path) -> None:
    """Checking continues after the first error, and each error says what to write."""
    policy = written(
        tmp_path,
        'allow(viewer: Viewer, "read", port: Port) if port.speed = viewer.kind;\n'
        'allow(viewer: Viewer, "read", port: Port) if port.name < "b" and viewer.pricing_shown;\n',
    )

    found = [problem.message for problem in check(policy, {})]

    assert ["port.polar:1", "port.polar:2"] == [message[:12] for message in found]
    assert all(message.endswith("with another type. Compare values of the same type.") for message in found)


def test_representative_shapes_cover_every_kind_role_and_setting() -> None:
    """Covers each account kind with each role and with none, and managed accounts with each setting and either supporter."""
    roles = {shape.roles for shape in shapes()}
    managed = [shape for shape in shapes() if shape.kind == "MANAGED"]

    assert [len(shapes()), len(managed)] == [5 * len(roles) + len(managed), 2 * 32 * len(roles)]
