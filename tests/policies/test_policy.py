"""The policy is compiled once for each distinguishable shape, denials win, and missing rules are found at startup."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest

from policies.errors import PolicyError
from policies.evaluation.decision import FieldRule
from policies.evaluation.policy import Policy
from policies.predicates.predicate import FALSE, TRUE, Compare, Exists, Or, Parameter, SetParameter, conj, show
from policies.reason import Reason
from policies.viewer import Shape, Viewer
from tests.policies.samples import CATALOGUE, ENTITY, written

OWNER = Compare("=", "company_id", Parameter("company_id"))
RULES = """
# A company can read its own ports, a partner those of its accounts.
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
    """Load the rules above."""
    return written(tmp_path, RULES)


def test_denials_override_allow_rules(policy: Policy) -> None:
    """The rows are those that some rule allows and no rule denies."""
    assert conj([OWNER, Compare("!=", "active", False)]) == policy.decide(Shape(kind="DIRECT"), "Port").rows


def test_action_without_an_allow_rule_is_denied(policy: Policy) -> None:
    """An action and a type without rules have no rows."""
    assert [FALSE, FALSE] == [policy.decide(Shape(), "Port", "cancel").rows, policy.decide(Shape(), "PublicPort").rows]


def test_unknown_action_is_an_error(policy: Policy) -> None:
    """Code that misspells an action gets an error instead of a denial every time."""
    with pytest.raises(PolicyError, match=r'Unknown action on Port "oder"\. Did you mean "order"\?'):
        policy.decide(Shape(), "Port", "oder")


def test_part_is_read_with_its_whole(policy: Policy) -> None:
    """A part has field rules but no row rules."""
    decision = policy.decide(Shape(), "Fee")

    assert (TRUE, {"amount": FieldRule(TRUE, (), Reason.NOT_YOURS)}) == (decision.rows, dict(decision.fields))


def test_viewer_sets_stay_open_and_roles_decide(policy: Policy) -> None:
    """Roles are known at compile time, markets aren't."""
    markets = conj([Compare("=", "market", SetParameter("markets")), Compare("!=", "active", False)])

    assert [markets, FALSE] == [
        policy.decide(Shape(roles=("FINANCE",)), "Port", "order").rows,
        policy.decide(Shape(roles=("VIEWER",)), "Port", "order").rows,
    ]


def test_field_rules_hold_visibility_and_reasons(policy: Policy) -> None:
    """Denials keep their order. A field that no rule allows is hidden for the reason of its allow_field rule."""
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


def test_indistinguishable_shapes_share_one_decision(policy: Policy) -> None:
    """Some rule about ports reads the account kind, but none reads the chat setting."""
    decision = policy.decide(Shape(kind="DIRECT"), "Port")

    assert [True, False] == [
        policy.decide(Shape(kind="DIRECT", chat_shown=True), "Port") is decision,
        policy.decide(Shape(kind="PARTNER"), "Port") is decision,
    ]


def test_threads_share_decisions(policy: Policy) -> None:
    """A decision is compiled once, however many threads request it."""
    with ThreadPoolExecutor(8) as threads:
        decisions = list(threads.map(lambda _: policy.decide(Shape(kind="PARTNER"), "Port"), range(32)))

    assert 1 == len({id(decision) for decision in decisions})


def test_abilities_depend_only_on_the_shape(policy: Policy) -> None:
    """All viewers of a shape have an ability or none has it. An ability that no rule names is an error."""
    assert [True, False] == [policy.can(Shape(kind="DIRECT"), "see_prices"), policy.can(Shape(), "see_prices")]
    with pytest.raises(PolicyError, match="No rule names the ability fly"):
        policy.can(Shape(), "fly")


def test_denied_ability_has_a_reason(tmp_path: Path) -> None:
    """The first denial gives the reason. If no rule allows the ability, it's the ability's own reason, or NOT_YOURS."""
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


def test_fields_without_rules_and_rules_without_fields_are_listed(policy: Policy) -> None:
    """Fields without rules and rules for unknown fields are listed, by entity."""
    with pytest.raises(PolicyError) as refused:
        policy.check_fields({"Port": ["name", "speed", "colour"], "Fee": ["amount"]})

    expected = (
        "Port.colour: No allow_field rule names this field. Add one to say who can read it.\n"
        "port.polar:10: Port has no field floor. Known: colour, name, speed."
    )
    assert expected == str(refused.value)


def test_matching_fields_and_rules_pass(policy: Policy) -> None:
    """There's nothing to report."""
    policy.check_fields({"Port": ["name", "speed", "floor"], "Fee": ["amount"]})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('"EU" in viewer.markets and port.active = true', "viewer.markets is compared with 'EU'"),
        ("viewer.company_id = viewer.partner_id and port.active = true", "viewer.company_id is compared with"),
        ("port.speed = viewer.company_id", "compares speed"),
        ("port.speed = viewer.kind", "compares speed"),
        ('port.name < "b" and viewer.pricing_shown', "compares name"),
        ("port.company_id in viewer.markets", "compares company_id"),
    ],
)
def test_uncompilable_rule_is_rejected(tmp_path: Path, body: str, expected: str) -> None:
    """Viewer values can only be compared with columns of their type. The error names the rule."""
    policy = written(tmp_path, f'allow(viewer: Viewer, "read", port: Port) if {body};')

    with pytest.raises(PolicyError) as refused:
        policy.decide(Shape(pricing_shown=True), "Port")

    assert [True, True] == [str(refused.value).startswith("port.polar:1: read Port: "), expected in str(refused.value)]


def test_field_rule_must_name_a_field_in_every_branch(tmp_path: Path) -> None:
    """A rule with a branch that allows any field is rejected."""
    rule = 'allow_field(viewer: Viewer, "read", _port: Port, field) if field in ["name"] or viewer.pricing_shown;'
    policy = written(tmp_path, rule)

    with pytest.raises(PolicyError, match=r"port\.polar:1: Not every way through this rule names a field"):
        policy.decide(Shape(pricing_shown=True), "Port")


def test_conditions_on_one_link_are_merged(tmp_path: Path) -> None:
    """Two statuses become one list under one link. Another column of the link becomes another branch."""
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


def test_oso_denies_rows_without_an_id_to_viewers_without_one(policy: Policy) -> None:
    """nil doesn't equal nil: a viewer without a company doesn't own rows without a company."""
    row = ENTITY.resource(company_id=None, active=True)
    mine = ENTITY.resource(company_id=UUID(int=1), active=True)

    assert [False, True] == [
        policy.allows(Viewer(), "read", "Port", row),
        policy.allows(Viewer(company_id=UUID(int=1)), "read", "Port", mine),
    ]


def test_version_depends_on_the_texts(tmp_path: Path, policy: Policy) -> None:
    """The same texts have the same version, and changed texts another."""
    assert policy.version == Policy.load(tmp_path, CATALOGUE).version
    assert policy.version != written(tmp_path, RULES + "# more").version


def test_directory_without_rules_is_rejected(tmp_path: Path) -> None:
    """An empty policy would hide everything, so it must be a mistake."""
    with pytest.raises(PolicyError, match=r"contains no policy\. Add at least one \.polar file"):
        Policy.load(tmp_path, CATALOGUE)
