"""Lint refuses what partial evaluation cannot be trusted with, and says where and what to write instead."""

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
    """What the loader says of a policy that it refuses."""
    with pytest.raises(PolicyError) as refused:
        written(directory, text)
    return str(refused.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("not port.company_id = viewer.company_id", "`not` over `port`"),
        ('not (viewer.kind = "MANAGED" and port.active = true)', "`not` over `port`"),
        ("not mine(viewer, port)", "`not` over `port`"),
        ("dealing in port.dealings and not dealing.amount = 1", "`not` over `dealing`"),
        ("not port.market in viewer.markets", "`not` over `port`"),
        ("forall(dealing in port.dealings, dealing.amount = 1)", "`forall` is not allowed"),
        ("mine(viewer, port) and cut", "`cut` is not allowed"),
        ("port = new Port()", "`new` is not allowed"),
        ("print(port) and mine(viewer, port)", "`print` is not allowed"),
        ("debug() and mine(viewer, port)", "`debug` is not allowed"),
        ("port matches Port and mine(viewer, port)", "expected `;`, found `matches`"),
        ("port.company_id = somebody and mine(viewer, port)", "free variable somebody"),
        ("dealing.amount = 1 and dealing in port.dealings", "free variable dealing"),
        ("(dealing in port.dealings or port.speed = 1) and dealing.amount = 1", "free variable dealing"),
        ("port.company_id = _ and viewer.pricing_shown", "free variable _"),
        ("Port in port.dealings and Port.amount = 1", "free variable Port"),
        ("_this in port.dealings and _this.amount = 1", "expected a name, found `_this`"),
        ("market in viewer.markets and port.market = market", "free variable market"),
        ("port.company_id in [port.partner_id]", "two values that are unknown"),
        ("port.speed = port.speed", "two values that are unknown"),
        ("dealing in port.dealings and dealing.partner_id = port.partner_id", "two values that are unknown"),
        ("viewer.company = port.company_id", "viewer has no attribute company"),
        ("not viewer.princing_shown and mine(viewer, port)", "viewer has no attribute princing_shown"),
        ("port.owner = viewer.company_id", "port has no attribute owner"),
        ("dealing in port.dealings and dealing.buyer = 1", "dealing has no attribute buyer"),
        ("port.active", "this is not a condition"),
        ("not viewer.kind", "this is not a condition"),
        ("port.dealings = viewer.company_id", "has several values: use `in`"),
        ('viewer.roles = "ADMIN"', "has several values: use `in`"),
        ('"A" in viewer.kind', "`in` needs a list"),
        ("dealing in viewer.dealings", "viewer has no attribute dealings"),
        ('"A" in port.dealings', "there has to be a new variable"),
        ("port = viewer", "compare an attribute of `port`"),
        ("unheard_of(port)", "there is no rule unheard_of with 1 arguments"),
        ("managed(port)", "takes the viewer where its rules say `: Viewer`"),
        ("mine(viewer, viewer)", "takes the viewer where its rules say `: Viewer`"),
        ("dealing in port.dealings and mine(viewer, dealing)", "takes a Port"),
        ('allow(viewer, "order", port)', "allow is decided with its denials"),
        ("port.company_id.name = 1", "no method and no path"),
        ("port.close() = 1", "no method and no path"),
        ("port.speed + 1 = 2", "'+' is not part of the rules' language"),
        ("port.speed == 1", "write `=`, found `==`"),
        ("speed := port.speed and speed = 1", "write `=`, found `:=`"),
        ("port.speed = 1.5", "is not part of the rules' language"),
        ('port.name = "a\\"b"', "is not part of the rules' language"),
    ],
)
def test_a_body_that_cannot_be_trusted_is_refused(tmp_path: Path, body: str, said: str) -> None:
    """Each refusal names file and line; the rules before it are not to blame."""
    message = refusal(tmp_path, f"{HEAD}{body};\n{HELPERS}")

    assert [True, True] == [message.startswith("port.polar:2: "), said in message], message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('allow(viewer, "read", _port: Port) if viewer.pricing_shown;', "the first argument of allow has to be"),
        ('allow(_viewer: Viewer, "read", _port);', "the third argument of allow has to state a type"),
        ('allow(_viewer: Viewer, "read", _port: Ship);', "Ship is neither Viewer nor in the catalogue"),
        ('allow(_viewer: Viewer, "read");', "allow takes 3 arguments"),
        ('allow(_viewer: Viewer, "read", _fee: Fee);', "Fee is a part and is read with its whole"),
        ("ability(_viewer: Viewer, name) if name = name;", "an ability is a literal"),
        ('deny_ability(_viewer: Viewer, "fly");', "needs its `# @reason CODE`"),
        ('deny_ability(_viewer: Viewer, "fly", "far");', "deny_ability takes 2 arguments"),
        ('flies(viewer: Viewer) if ability(viewer, "fly");', "ability is decided with its denials"),
        ("equal(one, other) if one = other;", "two values that are unknown"),
        ("speeds(port: Port, speed) if port.speed = speed;", "two values that are unknown"),
        ("speeds(port: Port, other: Port) if port.speed = other.speed;", "two values that are unknown"),
        ("nothing(nil);", "expected a name, found `nil`"),
        ("every(Port) if Port.speed = 1;", "names of types begin with a capital"),
        ("same(one, one);", "two arguments have the same name"),
        ("allow__1(one) if one = 1;", "names with two underscores"),
        ('deny_field(_viewer: Viewer, "read", _port: Port, "name");', "needs its `# @reason CODE`"),
        ('allow_field(_viewer: Viewer, "read", _port: Port, _field);', "no field is named"),
        ('allow_field(_viewer: Viewer, "read", _port: Port, field) if field != "a";', "no field is named"),
        ('resource Port { roles = ["a"]; }', "'{' is not part of the rules' language"),
        ("?= 1 = 1;", "expected a name, found `?=`"),
        ('allow(_viewer: Viewer, "read", _port: Port)', "expected `;`, found `the end of the file`"),
    ],
)
def test_a_head_that_cannot_be_trusted_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """A decision states the viewer, a type of the catalogue, and fields by their names."""
    said = refusal(tmp_path, text)

    assert [True, True] == [said.startswith("port.polar:1: "), message in said], said


def test_rules_that_lead_back_to_themselves_are_refused(tmp_path: Path) -> None:
    """Recursion is refused, directly and by way of others."""
    text = "first(one) if second(one);\nsecond(one) if third(one);\nthird(one) if first(one);"

    assert "port.polar:1: first calls itself: recursion has no end that could be proven" == refusal(tmp_path, text)


def test_a_misspelled_reason_is_refused(tmp_path: Path) -> None:
    """The reasons are a closed set."""
    text = '# Hidden.\n# @reason HIDDEN\ndeny_field(_v: Viewer, "read", _p: Port, "name");'

    assert (
        'port.polar:2: unknown reason "HIDDEN". Known: HIDDEN_BY_PARTNER, NOT_FOR_MANAGED_ACCOUNTS, NOT_YOURS, '
        "ROLE_REQUIRED, SIGN_IN_REQUIRED." == refusal(tmp_path, text)
    )


def test_what_oso_itself_refuses_is_refused(tmp_path: Path) -> None:
    """A variable that occurs once is a slip of the pen; Oso says where."""
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
def test_what_can_be_trusted_is_loaded(tmp_path: Path, body: str) -> None:
    """Facts of the viewer may be negated; columns, links and sets may be asked."""
    policy = written(tmp_path, f"{HEAD}{body};\n{HELPERS}")

    assert 3 == len(policy.rules)
