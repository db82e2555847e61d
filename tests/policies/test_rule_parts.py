"""A rule's parts are its conditions as written, one for each goal of its body."""

from __future__ import annotations

import pytest

from policies.language.source import Text, parse

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
def test_body_is_split_at_top_level_ands(body: str, parts: list[str]) -> None:
    """Bracketed conditions and alternatives aren't split. Whitespace and comments are dropped."""
    (rule,) = parse(Text("port.polar", f"{HEAD} if {body};"))

    assert parts == list(rule.parts)
    assert len(parts) == len(rule.goals)
    assert f"{HEAD} if {' and '.join(parts)};" == rule.text


def test_rule_without_a_body_has_no_parts() -> None:
    """Its text is its head."""
    (rule,) = parse(Text("port.polar", f"{HEAD};"))

    assert ((), (), f"{HEAD};") == (rule.parts, rule.goals, rule.text)
