"""Policy is compiled once for each shape that its rules tell apart, denials win, and what it forgets is found at start."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest

from policies.decision import FieldRule
from policies.errors import PolicyError
from policies.policy import Policy
from policies.predicate import FALSE, TRUE, Compare, Exists, Or, Parameter, SetParameter, conj, show
from policies.reason import Reason
from policies.viewer import Shape, Viewer
from tests.policies.samples import CATALOGUE, ENTITY, written

OWNER = Compare("=", "company_id", Parameter("company_id"))
RULES = """
# A company reads its own ports, a partner those of its accounts.
allow(viewer: Viewer, "read", port: Port) if port.company_id = viewer.company_id;
allow(viewer: Viewer, "read", port: Port) if viewer.kind = "PARTNER" and port.partner_id = viewer.company_id;
deny(_viewer: Viewer, _action, port: Port) if port.active = false;
allow(viewer: Viewer, "order", port: Port) if "FINANCE" in viewer.roles and port.market in viewer.markets;

allow_field(_viewer: Viewer, "read", _port: Port, field) if field in ["name", "speed"];
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", _port: Port, "floor") if "FINANCE" in viewer.roles;
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _port: Port, "speed") if viewer.kind = "MANAGED" and not viewer.pricing_shown;
# @reason NOT_YOURS
deny_field(viewer: Viewer, "read", port: Port, "speed") if port.partner_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _fee: Fee, "amount");
ability(viewer: Viewer, "see_prices") if viewer.pricing_shown or viewer.kind = "DIRECT";
"""


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    """The rules above."""
    return written(tmp_path, RULES)


def test_denials_win_over_whatever_is_allowed(policy: Policy) -> None:
    """Rows are those that a rule allows and none denies."""
    assert conj([OWNER, Compare("!=", "active", False)]) == policy.decide(Shape(kind="DIRECT"), "Port").rows


def test_what_no_rule_allows_is_denied(policy: Policy) -> None:
    """An action and a type without rules have no rows."""
    assert [FALSE, FALSE] == [policy.decide(Shape(), "Port", "cancel").rows, policy.decide(Shape(), "PublicPort").rows]


def test_an_action_that_is_not_declared_is_an_error(policy: Policy) -> None:
    """Code that misspells what it asks for is told so, rather than denied for ever."""
    with pytest.raises(PolicyError, match=r'unknown action on Port "oder"\. Did you mean "order"\?'):
        policy.decide(Shape(), "Port", "oder")


def test_a_part_is_read_with_its_whole(policy: Policy) -> None:
    """A part has fields to decide, and no rows."""
    decision = policy.decide(Shape(), "Fee")

    assert (TRUE, {"amount": FieldRule(TRUE, (), Reason.NOT_YOURS)}) == (decision.rows, dict(decision.fields))


def test_sets_of_the_viewer_stay_open_and_roles_decide(policy: Policy) -> None:
    """Whether a role is there is known of the shape; which markets there are is not."""
    markets = conj([Compare("=", "market", SetParameter("markets")), Compare("!=", "active", False)])

    assert [markets, FALSE] == [
        policy.decide(Shape(roles=("FINANCE",)), "Port", "order").rows,
        policy.decide(Shape(roles=("VIEWER",)), "Port", "order").rows,
    ]


def test_fields_carry_what_allows_them_and_why_they_are_hidden(policy: Policy) -> None:
    """Denials stand in their order; a field that no rule allows is hidden for the reason of its allow_field rule."""
    partner = Compare("=", "partner_id", Parameter("company_id"))
    differs = Compare("!=", "partner_id", Parameter("company_id"))
    denials = ((TRUE, Reason.HIDDEN_BY_PARTNER), (partner, Reason.NOT_YOURS))

    assert [
        {
            "name": FieldRule(TRUE, (), Reason.NOT_YOURS),
            "speed": FieldRule(FALSE, denials, Reason.NOT_YOURS),
            "floor": FieldRule(FALSE, (), Reason.ROLE_REQUIRED),
        },
        {
            "name": FieldRule(TRUE, (), Reason.NOT_YOURS),
            "speed": FieldRule(differs, denials[1:], Reason.NOT_YOURS),
            "floor": FieldRule(TRUE, (), Reason.ROLE_REQUIRED),
        },
    ] == [
        dict(policy.decide(Shape(kind="MANAGED"), "Port").fields),
        dict(policy.decide(Shape(kind="DIRECT", roles=("FINANCE",)), "Port").fields),
    ]


def test_shapes_that_rules_do_not_tell_apart_share_one_decision(policy: Policy) -> None:
    """Chat is no fact that a rule about ports asks for; the kind of account is."""
    decision = policy.decide(Shape(kind="DIRECT"), "Port")

    assert [True, False] == [
        policy.decide(Shape(kind="DIRECT", chat_shown=True), "Port") is decision,
        policy.decide(Shape(kind="PARTNER"), "Port") is decision,
    ]


def test_threads_share_decisions(policy: Policy) -> None:
    """However many ask at once, a decision is compiled once."""
    with ThreadPoolExecutor(8) as threads:
        decisions = list(threads.map(lambda _: policy.decide(Shape(kind="PARTNER"), "Port"), range(32)))

    assert 1 == len({id(decision) for decision in decisions})


def test_abilities_depend_on_the_shape_alone(policy: Policy) -> None:
    """An ability is true or false of all viewers of a shape, and one that no rule names is an error."""
    assert [True, False] == [policy.can(Shape(kind="DIRECT"), "see_prices"), policy.can(Shape(), "see_prices")]
    with pytest.raises(PolicyError, match="no rule names the ability fly"):
        policy.can(Shape(), "fly")


def test_an_ability_is_withheld_for_a_reason(tmp_path: Path) -> None:
    """The first rule that denies it gives the reason; where none allows it, it is that of the ability, or that it is not theirs."""
    text = """
    # @reason ROLE_REQUIRED
    ability(viewer: Viewer, "quote") if "FINANCE" in viewer.roles;
    # @reason NOT_FOR_MANAGED_ACCOUNTS
    deny_ability(viewer: Viewer, "quote") if viewer.kind = "MANAGED";
    # @reason SIGN_IN_REQUIRED
    deny_ability(viewer: Viewer, "quote") if viewer.kind in ["ANONYMOUS", "MANAGED"];
    ability(viewer: Viewer, "use_chat") if viewer.kind = "DIRECT";
    """
    policy = written(tmp_path, text)
    shapes = [Shape(kind=kind, roles=("FINANCE",)) for kind in ("DIRECT", "MANAGED", "ANONYMOUS")]
    reasons = [policy.denial_reason(shape, "quote") for shape in (*shapes, Shape(kind="DIRECT"))]

    assert [None, Reason.NOT_FOR_MANAGED_ACCOUNTS, Reason.SIGN_IN_REQUIRED, Reason.ROLE_REQUIRED] == reasons
    assert [None, Reason.NOT_YOURS] == [policy.denial_reason(shape, "use_chat") for shape in shapes[:2]]
    assert [True, False] == [policy.can(shape, "quote") for shape in shapes[:2]]


def test_fields_and_rules_have_to_match(policy: Policy) -> None:
    """Both a field that no rule names and a rule that names no field are listed, by entity."""
    with pytest.raises(PolicyError) as refused:
        policy.check_fields({"Port": ["name", "speed", "colour"], "Fee": ["amount"]})

    expected = "Port.colour: no allow_field rule names it\nport.polar:10: Port has no field floor. Known: colour, name, speed."
    assert expected == str(refused.value)


def test_fields_and_rules_that_match_pass(policy: Policy) -> None:
    """A start without complaint."""
    policy.check_fields({"Port": ["name", "speed", "floor"], "Fee": ["amount"]})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('"EU" in viewer.markets and port.active = true', "viewer.markets is compared with 'EU'"),
        ("viewer.company_id = viewer.partner_id and port.active = true", "viewer.company_id is compared with"),
        ("port.speed = viewer.company_id", "compares speed"),
        ("port.speed = viewer.kind", "compares speed"),
        ('port.name < "b" and viewer.pricing_shown', "compares name"),
        ("port.company_id in viewer.markets", "compares company_id"),
    ],
)
def test_what_cannot_be_compiled_is_refused(tmp_path: Path, body: str, said: str) -> None:
    """Values of the viewer are compared with columns of their type, and with nothing else; the rule is named."""
    policy = written(tmp_path, f'allow(viewer: Viewer, "read", port: Port) if {body};')

    with pytest.raises(PolicyError) as refused:
        policy.decide(Shape(pricing_shown=True), "Port")

    assert [True, True] == [str(refused.value).startswith("port.polar:1: read Port: "), said in str(refused.value)]


def test_every_way_through_a_field_rule_names_a_field(tmp_path: Path) -> None:
    """A rule that allows any field on some way is refused, not taken at its word."""
    rule = 'allow_field(viewer: Viewer, "read", _port: Port, field) if field in ["name"] or viewer.pricing_shown;'
    policy = written(tmp_path, rule)

    with pytest.raises(PolicyError, match=r"port\.polar:1: not every way through this rule names a field"):
        policy.decide(Shape(pricing_shown=True), "Port")


def test_results_about_one_link_become_one_condition(tmp_path: Path) -> None:
    """Two statuses are one list below one link; another column of the link is another branch."""
    rules = """
    allow(viewer: Viewer, "read", port: Port) if
        dealing in port.dealings and dealing.buyer_id = viewer.company_id and dealing.status in ["SOLD", "OFFERED"];
    allow(viewer: Viewer, "read", port: Port) if
        dealing in port.dealings and dealing.partner_id = viewer.company_id and dealing.status in ["SOLD", "OFFERED"];
    """
    rows = written(tmp_path, rules).decide(Shape(), "Port").rows

    assert isinstance(rows, Or)
    assert [Exists, Exists] == [type(item) for item in rows.items]
    assert (
        '(some dealings (buyer_id = viewer.company_id and status in ["OFFERED", "SOLD"])) or '
        '(some dealings (partner_id = viewer.company_id and status in ["OFFERED", "SOLD"]))'
        == " or ".join(f"({show(item)})" for item in rows.items)
    )


def test_oso_denies_viewers_without_an_id_rows_without_one(policy: Policy) -> None:
    """nil is not nil's equal: a viewer that belongs to no company does not own what belongs to none."""
    row = ENTITY.resource(company_id=None, active=True)
    mine = ENTITY.resource(company_id=UUID(int=1), active=True)

    assert [False, True] == [
        policy.allows(Viewer(), "read", "Port", row),
        policy.allows(Viewer(company_id=UUID(int=1)), "read", "Port", mine),
    ]


def test_versions_differ_as_texts_do(tmp_path: Path, policy: Policy) -> None:
    """The version is that of the texts."""
    assert policy.version == Policy.load(tmp_path, CATALOGUE).version
    assert policy.version != written(tmp_path, RULES + "# more").version


def test_a_directory_without_rules_is_refused(tmp_path: Path) -> None:
    """An empty policy would hide everything, and is surely a slip."""
    with pytest.raises(PolicyError, match=r"not one file ends in \.polar"):
        Policy.load(tmp_path, CATALOGUE)
