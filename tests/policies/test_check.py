"""`crossgate policy check` finds what is wrong with a policy, all of it at once."""

from __future__ import annotations

from pathlib import Path

from policies.check import Problem, check, check_texts, shapes
from tests.policies.samples import CATALOGUE, written

RULES = """
allow(viewer: Viewer, "read", port: Port) if port.company_id = viewer.company_id;
allow(viewer: Viewer, "read", _port: Port) if viewer.kind = "OPERATOR" and viewer.kind = "DIRECT";
allow_field(viewer: Viewer, "read", _port: Port, "name") if viewer.kind != "ANONYMOUS";
allow_field(_viewer: Viewer, "read", _port: Port, "speed");
"""


def test_all_refusals_are_listed(tmp_path: Path) -> None:
    """Loading stops at the first refusal; checking does not."""
    (tmp_path / "a.polar").write_text("first(one) if other = 1;\nsecond(one) if one = two;", "utf-8")

    hint = "name it in the head, or bind it first by"
    assert [
        Problem(f"a.polar:1: free variable other: {hint} `other in …`"),
        Problem(f"a.polar:2: free variable two: {hint} `two in …`"),
    ] == check_texts(tmp_path, CATALOGUE)


def test_texts_that_are_no_rules_are_listed(tmp_path: Path) -> None:
    """Each file that cannot be read is named."""
    (tmp_path / "a.polar").write_text("first", "utf-8")
    (tmp_path / "b.polar").write_text("{}", "utf-8")

    assert ["a.polar:1", "b.polar:1"] == [problem.message[:9] for problem in check_texts(tmp_path, CATALOGUE)]


def test_what_a_policy_forgets_is_listed(tmp_path: Path) -> None:
    """Fields without rules, rules without viewers, and fields that are never null and yet hidden from somebody."""
    policy = written(tmp_path, RULES)

    found = check(policy, {"Port": ["name", "speed", "floor"]}, {("Port", "name"), ("Port", "speed")})

    assert [
        "Port.floor: no allow_field rule names it",
        "port.polar:3: this rule applies to no viewer",
        f"Port.name is never null in the schema, but hidden from {shapes()[0]}",
    ] == [problem.message for problem in found]


def test_abilities_that_nobody_has_are_listed(tmp_path: Path) -> None:
    """An ability and its denial are rules as others are; two roles that are needed together are found together."""
    policy = written(
        tmp_path,
        'ability(viewer: Viewer, "use_chat") if viewer.kind = "DIRECT" and viewer.kind = "PARTNER";\n'
        'ability(viewer: Viewer, "quote") if "FINANCE" in viewer.roles and "VIEWER" in viewer.roles;\n'
        "# @reason ROLE_REQUIRED\n"
        'deny_ability(viewer: Viewer, "quote") if viewer.kind = "MANAGED" and viewer.supported_by = nil;\n',
    )

    assert ["port.polar:1: this rule applies to no viewer", "port.polar:4: this rule applies to no viewer"] == [
        problem.message for problem in check(policy, {})
    ]


def test_each_rule_that_cannot_be_compiled_is_listed(tmp_path: Path) -> None:
    """Checking goes on after the first, and each says how to write it."""
    policy = written(
        tmp_path,
        'allow(viewer: Viewer, "read", port: Port) if port.speed = viewer.kind;\n'
        'allow(viewer: Viewer, "read", port: Port) if port.name < "b" and viewer.pricing_shown;\n',
    )

    found = [problem.message for problem in check(policy, {})]

    assert ["port.polar:1", "port.polar:2"] == [message[:12] for message in found]
    assert all(message.endswith("with something else: compare equal types") for message in found)


def test_representative_shapes_cover_every_kind_role_and_setting() -> None:
    """Each kind of account with each role and without; managed ones with their settings on and off, by either support."""
    roles = {shape.roles for shape in shapes()}
    managed = [shape for shape in shapes() if shape.kind == "MANAGED"]

    assert [len(shapes()), len(managed)] == [4 * len(roles) + len(managed), 2 * 32 * len(roles)]
