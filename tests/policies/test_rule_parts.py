"""The parts of a rule are its conditions as they are written, one for each goal of its body."""

from __future__ import annotations

import pytest

from policies.source import Text, parse

HEAD = 'allow(viewer: Viewer, "read", port: Port)'


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("port.speed > 2", ["port.speed > 2"]),
        ("a(viewer) and b(viewer)", ["a(viewer)", "b(viewer)"]),
        ("a(viewer) and (b(viewer) or c(viewer)) and d(port)", ["a(viewer)", "(b(viewer) or c(viewer))", "d(port)"]),
        ("a(viewer) and b(viewer) or c(viewer)", ["a(viewer) and b(viewer) or c(viewer)"]),
        ("((a(viewer) and b(viewer)))", ["a(viewer)", "b(viewer)"]),
        ("(a(viewer)) and (b(viewer))", ["(a(viewer))", "(b(viewer))"]),
        ("not (a(viewer) and b(viewer)) and c(viewer)", ["not (a(viewer) and b(viewer))", "c(viewer)"]),
        ('\n    field in [\n        "one",  # this\n        "an and or"\n    ]', ['field in ["one", "an and or"]']),
    ],
)
def test_a_body_is_divided_at_its_own_ands(body: str, parts: list[str]) -> None:
    """Neither what stands in brackets nor what is an alternative is divided; spaces and comments are not repeated."""
    (rule,) = parse(Text("port.polar", f"{HEAD} if {body};"))

    assert parts == list(rule.parts)
    assert len(parts) == len(rule.goals)
    assert f"{HEAD} if {' and '.join(parts)};" == rule.text


def test_a_rule_without_a_body_has_no_parts() -> None:
    """It is its head."""
    (rule,) = parse(Text("port.polar", f"{HEAD};"))

    assert ((), (), f"{HEAD};") == (rule.parts, rule.goals, rule.text)
