"""Parsing keeps what surrounds a rule: its comment, its reason, its place, its fields."""

from __future__ import annotations

from policies.language.source import Rule, Text, digest, parse
from policies.reason import Reason

TEXT = Text(
    "port.polar",
    """# Ports: what this file is about.

# Anyone who can read a port can read its name. R001
allow_field(_viewer: Viewer, "read", _port: Port, field) if
    field in ["name", "speed"]; # not the comment of the next rule

# Prices are hidden
# until they are shown.
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _port: Port, "price") if not viewer.pricing_shown;
# @reason NOT_YOURS
deny_field(viewer: Viewer, "read", port: Port, _field) if port.name = viewer.kind;
allow(_viewer: Viewer, _action, _port: Port);

allow(_viewer: Viewer, "order", _port: Port);
""",
)


def summary(rule: Rule) -> tuple[object, ...]:
    """Return what surrounds a rule."""
    return rule.name, rule.place, rule.comment, rule.reason, rule.fields


def test_rule_has_place_comment_reason_and_fields() -> None:
    """Comments and reasons are on the lines above. A rule that follows without a blank line shares the comment."""
    sentence = "Anyone who can read a port can read its name. R001"

    assert [
        ("allow_field", "port.polar:4", sentence, None, ("name", "speed")),
        ("deny_field", "port.polar:10", "Prices are hidden until they are shown.", Reason.HIDDEN_BY_PARTNER, ("price",)),
        ("deny_field", "port.polar:12", "", Reason.NOT_YOURS, None),
        ("allow", "port.polar:13", "", None, ()),
        ("allow", "port.polar:15", "", None, ()),
    ] == [summary(rule) for rule in parse(TEXT)]


def test_rule_concerns_its_type_and_action() -> None:
    """A variable as the action stands for any action."""
    anything, order = parse(TEXT)[3:]

    assert [True, True, False, False, True] == [
        anything.concerns("Port", "read"),
        anything.concerns("Port", "order"),
        anything.concerns("Offer", "read"),
        order.concerns("Port", "read"),
        order.concerns("Port", "order"),
    ]


def test_version_identifies_the_texts() -> None:
    """A different text, or the same text in a different file, has a different version."""
    versions = {digest((TEXT,)), digest((Text("port.polar", ""),)), digest((Text("offer.polar", TEXT.content),))}

    assert 3 == len(versions | {digest((TEXT,))})


def test_every_reason_has_a_description() -> None:
    """Clients use the code, people read the description."""
    assert [] == [reason for reason in Reason if not reason.description.endswith(".") or reason != reason.name]
