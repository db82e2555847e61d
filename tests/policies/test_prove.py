"""Proofs are sound: the solver gives predicates the same meaning as the compiled masks, and every invariant can fail."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

import server
from commands.policy.work.prove import ask_database, report_embed_sessions
from policies.analysis.verdicts import oso_and_python_verdicts
from policies.catalogue import CATALOGUE
from policies.errors import PolicyError
from policies.evaluation.decision import Decision
from policies.evaluation.policy import Policy
from policies.language.source import NEVER_KIND
from policies.predicates.masks import compile_predicate
from policies.predicates.predicate import (
    FALSE,
    TRUE,
    And,
    Compare,
    Exists,
    Not,
    OneOf,
    Or,
    OtherColumn,
    Parameter,
    Predicate,
    SetParameter,
)
from policies.prove.embed_sessions import compare_embed_sessions
from policies.prove.fields import decide_fields
from policies.prove.invariants import ALWAYS, NEVER_ABLE, Invariants, known_fields
from policies.prove.solver import find_difference, find_match
from policies.prove.verification import Verification
from policies.viewer import Shape, Viewer
from schema.kinds import sites
from tests.policies.samples import DEALING, ENTITY, written
from tests.policies.verdicts import IDS, random_row, resources

SHAPES: Final = (Shape(), Shape(kind="DIRECT"), Shape(kind="MANAGED", supported_by="PARTNER"))
TEXTS: Final = ("EU", "US", "a")
Change = Callable[[str], str]


def _compares(
    names: tuple[str, ...], values: tuple[Any, ...], operators: tuple[str, ...] = ("=", "!=")
) -> st.SearchStrategy[Predicate]:
    return st.builds(Compare, st.sampled_from(operators), st.sampled_from(names), st.sampled_from(values))


def _compound(children: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    items = st.lists(children, min_size=2, max_size=3).map(tuple)
    return st.builds(And, items) | st.builds(Or, items) | st.builds(Not, children)


ORDERS: Final = ("<", "<=", ">", ">=")
VIEWERS: Final = (Parameter("company_id"), Parameter("partner_id"), None)
OF_THE_ROW: Final = (
    _compares(("company_id", "partner_id"), (*VIEWERS, OtherColumn("company_id"), OtherColumn("partner_id")))
    | _compares(("visibility",), ("PUBLIC", "PRIVATE"))
    | _compares(("name", "market"), (*TEXTS, None, OtherColumn("name")))
    | _compares(("market",), (SetParameter("markets"),))
    | _compares(("speed", "floor"), (0, 1, 2, None, OtherColumn("floor")))
    | _compares(("speed", "floor"), (0, 1, 2, OtherColumn("floor")), ORDERS)
    | _compares(("active",), (True, False, None))
    | st.just(OneOf("market", ("EU", "US")))
)
OF_A_LINKED_ROW: Final = _compares(("buyer_id", "partner_id"), VIEWERS) | _compares(("amount",), (0, 1), ORDERS)
LINKED: Final = st.recursive(OF_A_LINKED_ROW, _compound, max_leaves=3)
PREDICATES: Final = st.recursive(OF_THE_ROW | st.builds(Exists, st.just("dealings"), LINKED), _compound, max_leaves=7)


@settings(deadline=None, max_examples=150)
@given(PREDICATES, st.sampled_from(SHAPES), st.integers(0, 10**6))
def test_solver_agrees_with_the_mask(predicate: Predicate, shape: Shape, seed: int) -> None:
    """A witness matches the compiled mask. If there's a proof that nothing matches, none of many random rows does."""
    mask, random = compile_predicate(predicate), Random(seed)
    witness = find_match(predicate, ENTITY, shape)
    expected = False

    if witness is None:
        found = any(mask(row, viewer_of(shape, random)) for _ in range(5) for row in rows(random))
    else:
        found, expected = mask(witness.row, witness.viewer), True

    assert expected == found


@settings(deadline=None, max_examples=100)
@given(PREDICATES, PREDICATES, st.sampled_from(SHAPES))
def test_predicates_differ_where_their_masks_do(one: Predicate, other: Predicate, shape: Shape) -> None:
    """A witness of a difference distinguishes the two masks, and no predicate differs from itself."""
    witness = find_difference(one, other, ENTITY, shape)

    assert None is find_difference(one, one, ENTITY, shape)
    assert witness is None or compile_predicate(one)(witness.row, witness.viewer) != compile_predicate(other)(
        witness.row, witness.viewer
    )


def test_predicate_equals_its_double_negation() -> None:
    """Predicates with another form and the same meaning are proven equivalent, including for NULL."""
    owner = Compare("=", "partner_id", Parameter("company_id"))

    assert None is find_difference(owner, Not(Compare("!=", "partner_id", Parameter("company_id"))), ENTITY, SHAPES[1])
    assert None is find_difference(FALSE, owner, ENTITY, SHAPES[0])
    assert None is not find_difference(owner, TRUE, ENTITY, SHAPES[1])


def test_existing_and_missing_linked_rows_can_be_combined() -> None:
    """Two conditions hold for one linked row each, while a third holds for none."""
    mine, big = Compare("=", "buyer_id", Parameter("company_id")), Compare(">", "amount", 7)
    combined = And((Exists("dealings", mine), Exists("dealings", big), Not(Exists("dealings", And((mine, big))))))

    witness = find_match(combined, ENTITY, SHAPES[1])

    assert witness is not None
    assert compile_predicate(combined)(witness.row, witness.viewer)
    assert None is find_match(And((combined, Not(Exists("dealings", mine)))), ENTITY, SHAPES[1])


def test_witness_shows_only_relevant_values() -> None:
    """It shows only the viewer parameters and columns that the predicate uses."""
    witness = find_match(
        And((Compare("=", "company_id", Parameter("company_id")), Compare("=", "market", None))), ENTITY, SHAPES[1]
    )

    assert f"viewer DIRECT: company_id = {IDS[0]}\nPort: company_id = {IDS[0]}, market = nil" == str(witness)


def without(head: str) -> Change:
    """Return a change that removes the first rule that starts with `head`, up to its `;`."""
    return lambda text: re.sub(rf"^{re.escape(head)}[^;]*;", "", text, count=1, flags=re.MULTILINE)


MUTATIONS: Final[dict[str, tuple[str, Change]]] = {
    "R002": ("marketplace_profile", without("deny(")),
    "R107": ("billing_market", without("deny(")),
    "R113": ("price", without("deny(")),
    "R114": ("invoice", without("deny(")),
    "R116": ("image", without("deny(")),
    "R124": ("support_details", without("deny(")),
    "V14": (
        "port",
        lambda text: text.replace(
            "partner(viewer) and port.partner_id = viewer.company_id", "port.partner_id = viewer.partner_id"
        ),
    ),
    "V18": ("company", lambda text: text.replace("close_to(viewer, company) and", "company.id != viewer.user_id and")),
    "R121": ("offer_dimension", without("deny_field(")),
}


@pytest.mark.parametrize("number", MUTATIONS)
async def test_broken_policy_is_refuted_and_three_verdicts_confirm_it(
    number: str, tmp_path: Path, connection: AsyncConnection
) -> None:
    """Without its denial, an invariant has a counterexample that Oso, Python and PostgreSQL confirm."""
    name, change = MUTATIONS[number]
    policy, invariants = changed(tmp_path, name, change)
    verification = Verification(policy, invariants, sites())

    verdicts = (verification.decide(each) for each in invariants if number in each.rule.comment)
    found = next(verdict.counterexample for verdict in verdicts if verdict.counterexample is not None)

    assert found.witness is not None
    assert found.rules
    decision = policy.decide(found.shape, found.witness.rows[0].entity.name, found.action)
    said = oso_and_python_verdicts(policy, found.viewer, found.action, found.witness.row, decision, found.field)
    assert (True, True, True) == (*said, await ask_database(connection, policy, found, found.witness))


def test_ability_without_its_denial_is_refuted_R113(tmp_path: Path) -> None:
    """The counterexample is a managed account that can quote, with the rule that allows it."""
    policy, invariants = changed(tmp_path, "viewer", without('deny_ability(viewer: Viewer, "quote") if managed'))

    verdicts = [Verification(policy, invariants, sites()).decide(each) for each in invariants if each.kind == NEVER_ABLE]
    found = [verdict.counterexample for verdict in verdicts if verdict.counterexample is not None]

    assert [("quote", "MANAGED", ["viewer.polar"])] == [
        (each.action, each.shape.kind, [rule.file for rule in each.rules]) for each in found
    ]


def test_every_invariant_can_fail(tmp_path: Path) -> None:
    """If everything is allowed, no `never` is proven. If everything is denied, no `always` is."""
    real = server.load_policy()
    everything, nothing = tmp_path / "everything", tmp_path / "nothing"
    copied(everything)
    copied(nothing)
    for path in everything.glob("*.polar"):
        path.write_text(re.sub(r"^(# @reason \w+\n)?deny\w*\([^;]*;", "", path.read_text(), flags=re.MULTILINE))
    _add(everything, "\n".join(_allowing(real)))
    _add(nothing, "\n".join(f"deny(_viewer: Viewer, _action, _row: {each.name});" for each in CATALOGUE if not each.part_of))

    assert [] == _proven(everything, lambda kind: kind != ALWAYS)
    assert [] == _proven(nothing, lambda kind: kind == ALWAYS)


def test_forgotten_denials_are_found() -> None:
    """The field proof detects a compiler that forgets a denial of rows or of a field."""
    policy = server.load_policy()
    invariants = Invariants(server.POLICIES, policy)

    found = [
        decide_fields(Forgetful(policy, entity, field), invariants, [CATALOGUE[entity]]).mismatch for entity, field in FORGOTTEN
    ]

    assert [*FORGOTTEN] == [(each.entity, each.field) for each in found if each is not None]


WIDENED: Final = {
    "by not being signed in": (
        "membership",
        'deny(viewer: Viewer, "read", membership: Membership) if membership.user_id = viewer.signed_in_id;',
        ("Membership", "read", None),
    ),
    "by an old sign-in": (
        "port",
        'allow(viewer: Viewer, "disable", port: Port) if viewer.sign_in_stale and port.company_id = viewer.company_id;',
        ("Port", "disable", None),
    ),
    "by a role less": (
        "port",
        '# @reason ROLE_REQUIRED\ndeny_field(viewer: Viewer, "read", _port: Port, "cost_centre") if "FINANCE" in viewer.roles;',
        ("Port", "read", "cost_centre"),
    ),
    "in an ability": ("viewer", 'ability(viewer: Viewer, "quote") if viewer.sign_in_stale;', (None, "quote", None)),
}


@pytest.mark.parametrize("widened", WIDENED)
def test_embed_session_that_may_more_than_a_member_is_found_V52(
    widened: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rule that gives an embed session more than the member it stands for fails the proof."""
    file, rule, excessive = WIDENED[widened]
    policy, _ = changed(tmp_path, file, lambda text: f"{text}\n{rule}\n")
    entities = [CATALOGUE[name] for name in excessive[:1] if name]

    proof = compare_embed_sessions(policy, entities)

    assert proof.excess is not None
    assert excessive == (proof.excess.entity, proof.excess.action, proof.excess.field)
    assert not report_embed_sessions(proof)
    assert "REFUTED embed sessions never widen" in capsys.readouterr().out
    assert compare_embed_sessions(server.load_policy(), entities).excess is None


FORGOTTEN: Final = (("SupportDetails", None), ("Port", "monthly_rate"), ("Instalment", "amount"))


class Forgetful(Policy):
    """A policy whose compiler forgets the denials of one field, or of a type's rows."""

    def __init__(self, policy: Policy, entity: str, field: str | None) -> None:
        self.__dict__.update(policy.__dict__)
        self._forgotten = (entity, field)

    def decide(self, shape: Shape, entity: str, action: str = "read") -> Decision:
        """Return the decision with one predicate replaced by TRUE."""
        decision = super().decide(shape, entity, action)
        forgotten, field = self._forgotten
        if entity != forgotten:
            return decision
        if field is None:
            return replace(decision, rows=TRUE)
        return replace(decision, fields={**decision.fields, field: replace(decision.fields[field], visible=TRUE)})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('never(viewer: Viewer, "read", port: Port) if port.colour = 1;', "port has no attribute colour"),
        ('never(viewer: Viewer, "paint", _port: Port) if viewer.kind = "MANAGED";', 'Unknown action on Port "paint"'),
        ('never(viewer: Viewer, "read", _port: Port, "colour") if viewer.kind = "MANAGED";', "Port has no field colour"),
        (
            'never(viewer: Viewer, "read", _port: Boat) if viewer.kind = "MANAGED";',
            "Boat is neither Viewer nor a type of the catalogue",
        ),
        ('never_able(viewer: Viewer, "fly") if viewer.kind = "MANAGED";', 'Unknown ability "fly"'),
        ('never(viewer: Viewer, "read") if viewer.kind = "MANAGED";', "never takes 3 or 4 arguments"),
        ('owner(viewer: Viewer, _port: Port) if viewer.kind = "MANAGED";', "owner is a rule of the policy"),
        ('always(viewer: Viewer, "read", port: Port) if not port.speed = 1;', "`not` can't be applied to `port`"),
    ],
)
def test_invalid_invariant_is_rejected(text: str, problem: str, tmp_path: Path) -> None:
    """Unknown names and uncompilable conditions are rejected with file and line."""
    policy = sample(tmp_path, f"# A sentence.\n{text}")

    with pytest.raises(PolicyError, match=re.escape(f"invariants/port.polar:2: {problem}")):
        Invariants(tmp_path, policy)


def test_invariant_needs_a_sentence(tmp_path: Path) -> None:
    """Readers don't have to guess what an invariant means."""
    policy = sample(tmp_path, 'never(viewer: Viewer, "read", _port: Port) if viewer.kind = "MANAGED";')

    with pytest.raises(PolicyError, match=r"invariants/port\.polar:1: An invariant needs a sentence above it"):
        Invariants(tmp_path, policy)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('always(viewer: Viewer, "read", port: Port) if port.company_id = viewer.company_id;', (True, False)),
        ("never(viewer: Viewer, _action, port: Port) if port.company_id != viewer.company_id;", (True, False)),
        ('always(_viewer: Viewer, "read", _port: Port);', (False, False)),
        ('never(viewer: Viewer, "read", _port: Port) if viewer.kind = "DIRECT" and viewer.kind = "PARTNER";', (False, True)),
        ('always(_viewer: Viewer, "read", port: Port, "name") if port.speed > 1;', (True, False)),
        ('always(_viewer: Viewer, "read", port: Port, "name") if port.speed > 0;', (False, False)),
        ('never(_viewer: Viewer, "read", port: Port, _field) if port.speed <= 1;', (True, False)),
    ],
)
def test_invariants_are_proven_refuted_or_void(text: str, expected: tuple[bool, bool], tmp_path: Path) -> None:
    """Covers invariants that hold, that don't, and that concern nobody."""
    policy = sample(tmp_path, f"# A sentence.\n{text}")
    invariants = Invariants(tmp_path, policy)

    verdict = Verification(policy, invariants, sites()).decide(next(iter(invariants)))

    assert expected == (verdict.is_proven, verdict.is_void)


def sample(directory: Path, invariants: str) -> Policy:
    """Load a small policy and write its invariants."""
    (directory / "invariants").mkdir()
    (directory / "invariants" / "port.polar").write_text(invariants)
    return written(
        directory,
        "owner(viewer: Viewer, port: Port) if port.company_id = viewer.company_id;\n"
        'allow(viewer: Viewer, "read", port: Port) if owner(viewer, port);\n'
        'allow_field(_viewer: Viewer, "read", port: Port, "name") if port.speed > 1;\n',
    )


def viewer_of(shape: Shape, random: Random) -> Viewer:
    """Return a possible random viewer of a shape."""
    user, company, partner = random.sample(IDS[:4], 3)
    if shape == Shape():
        return Viewer()
    markets = frozenset(random.sample(TEXTS, random.randrange(3)))
    managed = shape.kind == "MANAGED"
    return Viewer(shape=shape, user_id=user, company_id=company, partner_id=partner if managed else None, markets=markets)


def rows(random: Random) -> list[Any]:
    """Return random ports, with dealings about them."""
    linked = {"sample_dealing": [random_row(DEALING, random) for _ in range(6)]}
    return resources(ENTITY, [random_row(ENTITY.table, random) for _ in range(10)], linked)


def copied(directory: Path) -> None:
    """Copy the gateway's policy and its invariants."""
    directory.mkdir()
    for path in server.POLICIES.glob("*.polar"):
        shutil.copy(path, directory)
    shutil.copytree(server.POLICIES / "invariants", directory / "invariants")


def changed(directory: Path, name: str, change: Change) -> tuple[Policy, Invariants]:
    """Load the gateway's policy with one file changed."""
    target = directory / "policy"
    copied(target)
    path = target / f"{name}.polar"
    text = path.read_text()
    assert text != change(text)
    path.write_text(change(text))
    policy = Policy.load(target, CATALOGUE)
    return policy, Invariants(target, policy)


def _allowing(policy: Policy) -> list[str]:
    rules = [f"allow(_viewer: Viewer, _action, _row: {each.name});" for each in CATALOGUE if not each.part_of]
    for entity in CATALOGUE:
        if names := known_fields(policy, entity.name):
            listed = ", ".join(f'"{name}"' for name in names)
            rules.append(f'allow_field(_viewer: Viewer, "read", _row: {entity.name}, field) if field in [{listed}];')
    abilities = {rule.arguments[1].literal for rule in policy.rules if rule.name == "ability"}
    return rules + [f'ability(_viewer: Viewer, "{name}");' for name in sorted(filter(None, abilities))]


def _add(directory: Path, text: str) -> None:
    (directory / "added.polar").write_text(text)


def _proven(directory: Path, is_selected: Callable[[str], bool]) -> list[str]:
    policy = Policy.load(directory, CATALOGUE)
    invariants = Invariants(directory, policy)
    verification = Verification(policy, invariants, sites())
    about = [each for each in invariants if each.kind != NEVER_KIND or verification.fields_of_kind(each.rule)]
    return [each.rule.place for each in about if is_selected(each.kind) and verification.decide(each).is_proven]
