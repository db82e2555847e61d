"""Lint rejects rules that partial evaluation can't be trusted with, and says where they are and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.errors import PolicyError
from tests.policies.samples import written

HEAD = 'allow(viewer: Viewer, "read", port: Port) if\n    '
HELPERS = """
managed(viewer: Viewer) if viewer.kind = "MANAGED";
mine(viewer: Viewer, port: Port) if port.company_id = viewer.company_id;
"""


def refusal(directory: Path, text: str) -> str:
    """Return the error message of a policy that fails to load."""
    with pytest.raises(PolicyError) as refused:
        written(directory, text)
    return str(refused.value)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("not port.company_id = viewer.company_id", "`not` can't be applied to `port`"),
        ('not (viewer.kind = "MANAGED" and port.active = true)', "`not` can't be applied to `port`"),
        ("not mine(viewer, port)", "`not` can't be applied to `port`"),
        ("dealing in port.dealings and not dealing.amount = 1", "`not` can't be applied to `dealing`"),
        ("not port.market in viewer.markets", "`not` can't be applied to `port`"),
        ("forall(dealing in port.dealings, dealing.amount = 1)", "`forall` isn't allowed"),
        ("mine(viewer, port) and cut", "`cut` isn't allowed"),
        ("port = new Port()", "`new` isn't allowed"),
        ("print(port) and mine(viewer, port)", "`print` isn't allowed"),
        ("debug() and mine(viewer, port)", "`debug` isn't allowed"),
        ("port matches Port and mine(viewer, port)", "Expected `;`, but found `matches`"),
        ("port.company_id = somebody and mine(viewer, port)", "somebody is a free variable"),
        ("dealing.amount = 1 and dealing in port.dealings", "dealing is a free variable"),
        ("(dealing in port.dealings or port.speed = 1) and dealing.amount = 1", "dealing is a free variable"),
        ("port.company_id = _ and viewer.pricing_shown", "_ is a free variable"),
        ("Port in port.dealings and Port.amount = 1", "free variable Port"),
        ("_this in port.dealings and _this.amount = 1", "Expected a name, but found `_this`"),
        ("market in viewer.markets and port.market = market", "market is a free variable"),
        ("port.company_id in [port.partner_id]", "two values that are unknown"),
        ("port.speed = port.speed", "two values that are unknown"),
        ("dealing in port.dealings and dealing.partner_id = port.partner_id", "two values that are unknown"),
        ("viewer.company = port.company_id", "viewer has no attribute company"),
        ("not viewer.princing_shown and mine(viewer, port)", "viewer has no attribute princing_shown"),
        ("port.owner = viewer.company_id", "port has no attribute owner"),
        ("dealing in port.dealings and dealing.buyer = 1", "dealing has no attribute buyer"),
        ("port.active", "This isn't a condition"),
        ("not viewer.kind", "This isn't a condition"),
        ("port.dealings = viewer.company_id", "has several values. Use `in`."),
        ('viewer.roles = "ADMIN"', "has several values. Use `in`."),
        ('"A" in viewer.kind', "`in` needs a list"),
        ("dealing in viewer.dealings", "viewer has no attribute dealings"),
        ('"A" in port.dealings', "must be a new variable"),
        ("port = viewer", "`port` isn't a value"),
        ("unheard_of(port)", "No rule unheard_of takes 1 arguments"),
        ("managed(port)", "takes the viewer only where its rules declare `: Viewer`"),
        ("mine(viewer, viewer)", "takes the viewer only where its rules declare `: Viewer`"),
        ("dealing in port.dealings and mine(viewer, dealing)", "takes a Port"),
        ('allow(viewer, "order", port)', "A rule can't call allow, because its denials apply too"),
        ("port.company_id.name = 1", "not a method or a path"),
        ("port.close() = 1", "not a method or a path"),
        ("port.speed + 1 = 2", "'+': it isn't part of the rule language"),
        ("port.speed == 1", "Expected `=`, but found `==`"),
        ("speed := port.speed and speed = 1", "Expected `=`, but found `:=`"),
        ("port.speed = 1.5", ": it isn't part of the rule language"),
        ('port.name = "a\\"b"', ": it isn't part of the rule language"),
    ],
)
def test_unsound_body_is_rejected(tmp_path: Path, body: str, expected: str) -> None:
    """Each error names the file and line of the faulty rule, not of the rules before it."""
    message = refusal(tmp_path, f"{HEAD}{body};\n{HELPERS}")

    assert [True, True] == [message.startswith("port.polar:2: "), expected in message], message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('allow(viewer, "read", _port: Port) if viewer.pricing_shown;', "The first argument of allow must be `viewer: Viewer`"),
        ('allow(_viewer: Viewer, "read", _port);', "The third argument of allow must have a type"),
        ('allow(_viewer: Viewer, "read", _port: Ship);', "Ship is neither Viewer nor a type of the catalogue"),
        ('allow(_viewer: Viewer, "read");', "allow takes 3 arguments"),
        ('allow(_viewer: Viewer, "read", _fee: Fee);', "Fee is a part and is read with its whole"),
        ("ability(_viewer: Viewer, name) if name = name;", "The second argument of ability must be a literal"),
        ('deny_ability(_viewer: Viewer, "fly");', "needs `# @reason CODE` on the line above it"),
        ('deny_ability(_viewer: Viewer, "fly", "far");', "deny_ability takes 2 arguments"),
        ('flies(viewer: Viewer) if ability(viewer, "fly");', "A rule can't call ability, because its denials apply too"),
        ("equal(one, other) if one = other;", "two values that are unknown"),
        ("speeds(port: Port, speed) if port.speed = speed;", "two values that are unknown"),
        ("speeds(port: Port, other: Port) if port.speed = other.speed;", "two values that are unknown"),
        ("nothing(nil);", "Expected a name, but found `nil`"),
        ("every(Port) if Port.speed = 1;", "The variable Port must start with a lowercase letter"),
        ("same(one, one);", "Two arguments have the same name"),
        ("allow__1(one) if one = 1;", "contains two underscores"),
        ('deny_field(_viewer: Viewer, "read", _port: Port, "name");', "needs `# @reason CODE` on the line above it"),
        ('allow_field(_viewer: Viewer, "read", _port: Port, _field);', "This rule names no field"),
        ('allow_field(_viewer: Viewer, "read", _port: Port, field) if field != "a";', "This rule names no field"),
        ('resource Port { roles = ["a"]; }', "'{': it isn't part of the rule language"),
        ("?= 1 = 1;", "Expected a name, but found `?=`"),
        ('allow(_viewer: Viewer, "read", _port: Port)', "Expected `;`, but found `the end of the file`"),
    ],
)
def test_invalid_head_is_rejected(tmp_path: Path, text: str, message: str) -> None:
    """A decision rule declares the viewer, a type of the catalogue, and its fields by name."""
    error = refusal(tmp_path, text)

    assert [True, True] == [error.startswith("port.polar:1: "), message in error], error


def test_recursive_rules_are_rejected(tmp_path: Path) -> None:
    """Both direct and indirect recursion is rejected."""
    text = "first(one) if second(one);\nsecond(one) if third(one);\nthird(one) if first(one);"

    assert "port.polar:1: first calls itself. Recursive rules can't be proven to end; remove the recursion." == refusal(
        tmp_path, text
    )


def test_misspelled_reason_is_rejected(tmp_path: Path) -> None:
    """Reasons are a closed set."""
    text = '# Hidden.\n# @reason HIDDEN\ndeny_field(_v: Viewer, "read", _p: Port, "name");'

    assert (
        'port.polar:2: Unknown reason "HIDDEN". Known: COMPANY_NOT_VERIFIED, HIDDEN_BY_PARTNER, NOT_FOR_MANAGED_ACCOUNTS, '
        "NOT_YOURS, RECENT_SIGN_IN_REQUIRED, ROLE_REQUIRED, SIGN_IN_REQUIRED." == refusal(tmp_path, text)
    )


def test_oso_errors_are_reported(tmp_path: Path) -> None:
    """Oso reports a variable that occurs only once, with its location."""
    message = refusal(tmp_path, 'allow(viewer: Viewer, "read", _port: Port);')

    assert "Singleton variable viewer is unused" in message


@pytest.mark.parametrize(
    "body",
    [
        "not viewer.pricing_shown and mine(viewer, port)",
        'not (managed(viewer) or viewer.kind = "PARTNER") and mine(viewer, port)',
        'not "ACCOUNT_ADMIN" in viewer.roles and port.speed > 1',
        "dealing in port.dealings and dealing.buyer_id = viewer.company_id",
        "viewer.company_id in [port.company_id, port.partner_id]",
        "port.market in viewer.markets or port.market = nil",
    ],
)
def test_sound_body_is_loaded(tmp_path: Path, body: str) -> None:
    """Viewer facts can be negated. Columns, links and sets can be compared."""
    policy = written(tmp_path, f"{HEAD}{body};\n{HELPERS}")

    assert 3 == len(policy.rules)
