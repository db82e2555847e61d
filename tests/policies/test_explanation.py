"""Explanations reach the same verdict as the policy for any policy, viewer and row, and their parts add up."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from models.scratch import create
from policies.analysis.verdicts import World
from policies.catalogue import CATALOGUE
from policies.entity import Catalogue, Entity, Resource
from policies.errors import PolicyError
from policies.evaluation.explanation import ALLOW, Explanation, Part, Verdict
from policies.evaluation.policy import Policy
from policies.evaluation.shapes import parse_shape
from policies.language.source import ROW_RULES
from policies.predicates.masks import Mask, compile_predicate
from policies.predicates.predicate import TRUE, Constant, Predicate, show
from policies.reason import Reason
from policies.viewer import Shape, Viewer
from tests.policies import samples
from tests.policies.generator import random_policy
from tests.policies.test_three_verdicts import CASES, POLICIES, SEED
from tests.policies.verdicts import actions, ask_database, random_market, random_viewer, resources

SAMPLE = Path(__file__).with_name("sample.polar").read_text("utf-8")
RULES = """
# A company can read its own ports.
allow(viewer: Viewer, "read", port: Port) if
    port.company_id = viewer.company_id;

# A buyer can read the ports that it was offered. V19
allow(viewer: Viewer, "read", port: Port) if
    not managed(viewer) and dealing in port.dealings and
    dealing.buyer_id = viewer.company_id and dealing.status in ["OFFERED", "SOLD"];
managed(viewer: Viewer) if viewer.kind = "MANAGED";

deny(_viewer: Viewer, _action, port: Port) if port.active = false;

allow_field(_viewer: Viewer, "read", _port: Port, field) if field in ["name", "speed"];
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _port: Port, "speed") if managed(viewer) and not viewer.pricing_shown;
# @reason ROLE_REQUIRED
allow(viewer: Viewer, "order", port: Port) if ("FINANCE" in viewer.roles and port.speed > 2);
"""


@dataclass
class Comparison:
    """The number of compared verdicts, and the first difference."""

    cases: int = 0
    allowed: int = 0
    difference: str | None = None


@dataclass(frozen=True)
class Case:
    """One row and one viewer, and the database's answers about them."""

    policy: Policy
    entity: Entity
    viewer: Viewer
    action: str
    row: Resource
    answers: dict[Predicate, bool]

    def holds(self, predicate: Predicate) -> bool:
        """Return the database's answer for a predicate."""
        return predicate.value if isinstance(predicate, Constant) else self.answers[predicate]

    def verdicts(self, field: str | None) -> set[Any]:
        """Return the verdicts of Oso, compiled Python and compiled SQL, with reasons. Judges the field only if the row is allowed."""
        decision = self.policy.decide(self.viewer.shape, self.entity.name, self.action)
        if field is None or not self.holds(decision.rows):
            oso = self.policy.allows(self.viewer, self.action, self.entity.name, self.row)
            allowed = [oso, compile_predicate(decision.rows)(self.row, self.viewer), self.holds(decision.rows)]
            return {(each, None) for each in allowed}
        rule = decision.fields[field]
        oso = self.policy.allows_field(self.viewer, self.action, self.entity.name, self.row, field)
        allowed = [oso, compile_predicate(rule.visible)(self.row, self.viewer), self.holds(rule.visible)]
        denials = (reason for predicate, reason in rule.denials if compile_predicate(predicate)(self.row, self.viewer))
        reason = next(denials, rule.default_reason)
        return {(each, None if each else reason) for each in allowed}


Explain = Callable[[Explanation], Explanation]


def as_it_is(explanation: Explanation) -> Explanation:
    """Return the policy's own explanation."""
    return explanation


@dataclass(frozen=True)
class Question:
    """An explanation, and each of its rules compiled to Python on its own."""

    field: str | None
    explanation: Explanation
    masks: list[Mask]

    @classmethod
    def of(cls, policy: Policy, shape: Shape, entity: Entity, action: str, field: str | None, explain: Explain) -> Question:
        """Create the question whether viewers of a shape can take an action on a row, or read one of its fields."""
        explanation = explain(policy.explanation(shape, entity.name, action, field))
        rules = [(ruling.rule, None if ruling.rule.name in ROW_RULES else field) for ruling in explanation.rulings]
        return cls(field, explanation, [compile_predicate(policy.explain(rule, shape, action, each)) for rule, each in rules])


async def compare(
    connection: AsyncConnection,
    world: World,
    policy: Policy,
    entity: Entity,
    random: Random,
    done: Comparison,
    explain: Explain = as_it_is,
) -> None:
    """Compare one viewer and one action on some rows of an entity and some of their fields."""
    viewer = random_viewer(random)
    action = random.choice(actions(policy, entity))
    decision = policy.decide(viewer.shape, entity.name, action)
    fields = [None, *random.sample(sorted(decision.fields), min(3, len(decision.fields)))]
    questions = [Question.of(policy, viewer.shape, entity, action, field, explain) for field in fields]
    predicates = [predicate for question in questions for predicate in question.explanation.predicates]
    predicates += [decision.rows, *(rule.visible for rule in decision.fields.values())]
    rows, linked = random_market(entity, random)
    answers = await ask_database(connection, world, entity, viewer, predicates, rows, linked, per_row=True)
    for number, row in enumerate(resources(entity, rows, linked)):
        answers_of_row = {predicate: answer for (case, predicate), answer in answers.items() if case == number}
        case = Case(policy, entity, viewer, action, row, answers_of_row)
        for question in questions:
            done.cases += 1
            done.difference = done.difference or difference(case, question)
            done.allowed += question.explanation.verdict(case.holds).allowed


def difference(case: Case, question: Question) -> str | None:
    """Return how an explanation and the policy's verdicts differ, or None if they agree."""
    field, explanation = question.field, question.explanation
    verdict = explanation.verdict(case.holds)
    about_row = field is None or not case.holds(case.policy.decide(case.viewer.shape, case.entity.name, case.action).rows)
    explained = (verdict.allowed, None if about_row else verdict.reason)
    place = f"{case.entity.name}.{field} {case.action} {case.viewer} {vars(case.row)}"
    if case.verdicts(field) != {explained}:
        return f"{place}: explained as {explained}, decided as {case.verdicts(field)}"
    for ruling, mask in zip(explanation.rulings, question.masks, strict=True):
        steps = [case.holds(part.prefix_condition) for part in ruling.parts]
        whole = mask(case.row, case.viewer)
        failing = ruling.failing(case.holds)
        if steps != sorted(steps, reverse=True) or {whole} != {all(steps), case.holds(ruling.condition), failing is None}:
            return f"{place}: {ruling.rule.text} is {whole}, its parts are {steps}"
    return None


def outcome(done: Comparison) -> str:
    """Return whether all agree. Prints the first difference and the seed that reproduces it."""
    if done.difference:
        sys.stderr.write(f"CROSSGATE_SEED={SEED}\n{done.difference}\n")
    return "they differ" if done.difference else "all agree"


async def agree(
    connection: AsyncConnection, policy: Policy, catalogue: Catalogue, cases: int, explain: Explain = as_it_is
) -> Comparison:
    """Compare at least `cases` verdicts, cycling through all entities."""
    random, done, world = Random(SEED), Comparison(), World(catalogue)
    await create(connection, world.metadata)
    while done.cases < cases and not done.difference:
        for entity in catalogue:
            await compare(connection, world, policy, entity, random, done, explain)
    return done


async def test_explanations_agree_with_the_policy_of_the_gateway(connection: AsyncConnection) -> None:
    """Every decision of the gateway's rules on a row or field has an explanation with the same verdict and reason."""
    done = await agree(connection, Policy.load(POLICIES, CATALOGUE), CATALOGUE, CASES // 4)

    assert "all agree" == outcome(done)
    assert 0.1 < done.allowed / done.cases < 0.9


async def test_explanations_agree_on_every_kind_of_condition(connection: AsyncConnection, tmp_path: Path) -> None:
    """NULL, order, links, sets, column comparisons and denials are explained as decided."""
    policy = samples.written(tmp_path, SAMPLE)

    done = await agree(connection, policy, samples.CATALOGUE, CASES // 8)

    assert "all agree" == outcome(done)
    assert 0.1 < done.allowed / done.cases < 0.9


async def test_explanations_agree_on_random_policies(connection: AsyncConnection, tmp_path: Path) -> None:
    """For any policy that lint accepts, explanations agree with the three verdicts, and their parts add up."""
    random, done, world = Random(SEED), Comparison(), World(samples.CATALOGUE)
    await create(connection, world.metadata)
    while done.cases < CASES // 8 and not done.difference:
        text = random_policy(random)
        policy = samples.written(tmp_path, text)
        for _ in range(3):
            await compare(connection, world, policy, samples.ENTITY, random, done)
        done.difference = done.difference and done.difference + text

    assert "all agree" == outcome(done)


async def test_explanation_without_denials_is_detected(connection: AsyncConnection, tmp_path: Path) -> None:
    """The check can fail: without its denials, an explanation allows what's refused."""

    def forgetful(explanation: Explanation) -> Explanation:
        return Explanation(
            tuple(
                replace(stage, rulings=tuple(ruling for ruling in stage.rulings if ruling.effect == ALLOW))
                for stage in explanation.stages
            )
        )

    done = await agree(connection, samples.written(tmp_path, SAMPLE), samples.CATALOGUE, CASES, forgetful)

    assert done.difference is not None


async def test_reordered_parts_are_detected(connection: AsyncConnection, tmp_path: Path) -> None:
    """The check can fail: a part can't hold if one before it doesn't."""

    def muddled(explanation: Explanation) -> Explanation:
        return Explanation(
            tuple(
                replace(stage, rulings=tuple(replace(ruling, parts=ruling.parts[::-1]) for ruling in stage.rulings))
                for stage in explanation.stages
            )
        )

    done = await agree(connection, samples.written(tmp_path, SAMPLE), samples.CATALOGUE, CASES, muddled)

    assert done.difference is not None


def test_applicable_rules_are_explained_part_by_part(tmp_path: Path) -> None:
    """A rule has its place, its comment and its parts, each with its matching rows and the rules that it calls."""
    explanation = samples.written(tmp_path, RULES).explanation(parse_shape("MANAGED+FINANCE"), "Port", "read", "speed")

    explained = [
        (ruling.effect, ruling.rule.place, ruling.rule.comment, ruling.rule.reason, show(ruling.condition))
        for ruling in explanation.rulings
    ]
    assert [
        ("ALLOW", "port.polar:3", "A company can read its own ports.", None, "company_id = viewer.company_id"),
        ("ALLOW", "port.polar:7", "A buyer can read the ports that it was offered. V19", None, "FALSE"),
        ("DENY", "port.polar:12", "", None, "active = false"),
        ("ALLOW", "port.polar:14", "", None, "TRUE"),
        ("DENY", "port.polar:16", "", Reason.HIDDEN_BY_PARTNER, "TRUE"),
    ] == explained
    assert (
        Part("managed(viewer)", TRUE, ("port.polar:10",)),
        Part("not viewer.pricing_shown", TRUE, ()),
    ) == explanation.rulings[-1].parts


def test_part_uses_variables_of_earlier_parts(tmp_path: Path) -> None:
    """Conditions on one linked row apply to the same row, however many parts they're written in."""
    ruling = samples.written(tmp_path, RULES).explanation(parse_shape("DIRECT"), "Port").rulings[1]

    assert [
        ("not managed(viewer)", "TRUE"),
        ("dealing in port.dealings", "some dealings"),
        ("dealing.buyer_id = viewer.company_id", "some dealings (buyer_id = viewer.company_id)"),
        (
            'dealing.status in ["OFFERED", "SOLD"]',
            'some dealings (buyer_id = viewer.company_id and status in ["OFFERED", "SOLD"])',
        ),
    ] == [(part.text, show(part.prefix_condition)) for part in ruling.parts]


@pytest.mark.parametrize(
    ("shape", "action", "field", "verdict"),
    [
        ("DIRECT", "read", "speed", Verdict(True)),
        ("MANAGED", "read", "speed", Verdict(False, Reason.HIDDEN_BY_PARTNER)),
        ("MANAGED+pricing_shown", "read", "speed", Verdict(True)),
        ("DIRECT+FINANCE", "order", None, Verdict(True)),
        ("DIRECT", "order", None, Verdict(False, Reason.ROLE_REQUIRED)),
        ("DIRECT", "sell", None, Verdict(False, Reason.NOT_YOURS)),
    ],
)
def test_refusal_has_the_reason_of_its_rule(
    tmp_path: Path, shape: str, action: str, field: str | None, verdict: Verdict
) -> None:
    """The first matching denial gives the reason. If none matches, it's the reason of the allow rule, if it has one."""
    explanation = samples.written(tmp_path, RULES).explanation(parse_shape(shape), "Port", action, field)

    def holds(predicate: Predicate) -> bool:
        return predicate.value if isinstance(predicate, Constant) else show(predicate) != "active = false"

    assert verdict == explanation.verdict(holds)


def test_field_of_an_unreadable_row_has_the_reason_of_the_row(tmp_path: Path) -> None:
    """The field's own rules give no reason."""
    explanation = samples.written(tmp_path, RULES).explanation(parse_shape("MANAGED"), "Port", "read", "speed")

    assert Verdict(False, Reason.NOT_YOURS) == explanation.verdict(lambda predicate: predicate == TRUE)


def test_unknown_field_is_an_error(tmp_path: Path) -> None:
    """A field that no rule names has no explanation."""
    with pytest.raises(PolicyError, match="No rule of Port names the field market"):
        samples.written(tmp_path, RULES).explanation(parse_shape("DIRECT"), "Port", "read", "market")
