"""Explanations come to the verdict that policy comes to, whatever the policy, the viewer and the row, and their parts add up."""

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
from policies.catalogue import CATALOGUE
from policies.entity import Catalogue, Entity, Resource
from policies.errors import PolicyError
from policies.explanation import ALLOW, Explanation, Part, Verdict
from policies.masks import Mask, compile_predicate
from policies.policy import Policy
from policies.predicate import TRUE, Constant, Predicate, show
from policies.reason import Reason
from policies.shapes import parse_shape
from policies.source import ROW_RULES
from policies.verdicts import World
from policies.viewer import Shape, Viewer
from tests.policies import samples
from tests.policies.generator import random_policy
from tests.policies.test_three_verdicts import CASES, POLICIES, SEED
from tests.policies.verdicts import actions, ask_database, random_market, random_viewer, resources

SAMPLE = Path(__file__).with_name("sample.polar").read_text("utf-8")
RULES = """
# A company reads its own ports.
allow(viewer: Viewer, "read", port: Port) if
    port.company_id = viewer.company_id;

# A buyer reads what it was offered. V19
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
    """How many verdicts were compared, and where they differ."""

    cases: int = 0
    allowed: int = 0
    difference: str | None = None


@dataclass(frozen=True)
class Case:
    """One row and one viewer, and what the database says of both."""

    policy: Policy
    entity: Entity
    viewer: Viewer
    action: str
    row: Resource
    answers: dict[Predicate, bool]

    def holds(self, predicate: Predicate) -> bool:
        """What the database says of a predicate."""
        return predicate.value if isinstance(predicate, Constant) else self.answers[predicate]

    def verdicts(self, field: str | None) -> set[Any]:
        """What Oso, compiled Python and compiled SQL say, and with which reason; of a field only where the row is allowed."""
        decision = self.policy.decide(self.viewer.shape, self.entity.name, self.action)
        if field is None or not self.holds(decision.rows):
            oso = self.policy.allows(self.viewer, self.action, self.entity.name, self.row)
            said = [oso, compile_predicate(decision.rows)(self.row, self.viewer), self.holds(decision.rows)]
            return {(each, None) for each in said}
        rule = decision.fields[field]
        oso = self.policy.allows_field(self.viewer, self.action, self.entity.name, self.row, field)
        said = [oso, compile_predicate(rule.visible)(self.row, self.viewer), self.holds(rule.visible)]
        denials = (reason for predicate, reason in rule.denials if compile_predicate(predicate)(self.row, self.viewer))
        reason = next(denials, rule.default_reason)
        return {(each, None if each else reason) for each in said}


Explain = Callable[[Explanation], Explanation]


def as_it_is(explanation: Explanation) -> Explanation:
    """The explanation of policy itself."""
    return explanation


@dataclass(frozen=True)
class Question:
    """What is explained, and each of its rules as Python, compiled by itself."""

    field: str | None
    explanation: Explanation
    masks: list[Mask]

    @classmethod
    def of(cls, policy: Policy, shape: Shape, entity: Entity, action: str, field: str | None, explain: Explain) -> Question:
        """The question whether viewers of a shape may do something to a row, or read a field of it."""
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
    """One viewer, one action and some rows of an entity: each row, and some of its fields."""
    viewer = random_viewer(random)
    action = random.choice(actions(policy, entity))
    decision = policy.decide(viewer.shape, entity.name, action)
    fields = [None, *random.sample(sorted(decision.fields), min(3, len(decision.fields)))]
    questions = [Question.of(policy, viewer.shape, entity, action, field, explain) for field in fields]
    asked = [predicate for question in questions for predicate in question.explanation.predicates]
    asked += [decision.rows, *(rule.visible for rule in decision.fields.values())]
    rows, linked = random_market(entity, random)
    answers = await ask_database(connection, world, entity, viewer, asked, rows, linked, per_row=True)
    for number, row in enumerate(resources(entity, rows, linked)):
        said = {predicate: answer for (case, predicate), answer in answers.items() if case == number}
        case = Case(policy, entity, viewer, action, row, said)
        for question in questions:
            done.cases += 1
            done.difference = done.difference or difference(case, question)
            done.allowed += question.explanation.verdict(case.holds).allowed


def difference(case: Case, question: Question) -> str | None:
    """How an explanation and the verdicts of policy differ, None if they agree."""
    field, explanation = question.field, question.explanation
    verdict = explanation.verdict(case.holds)
    about_row = field is None or not case.holds(case.policy.decide(case.viewer.shape, case.entity.name, case.action).rows)
    told = (verdict.allowed, None if about_row else verdict.reason)
    place = f"{case.entity.name}.{field} {case.action} {case.viewer} {vars(case.row)}"
    if case.verdicts(field) != {told}:
        return f"{place}: explained as {told}, decided as {case.verdicts(field)}"
    for ruling, mask in zip(explanation.rulings, question.masks, strict=True):
        steps = [case.holds(part.prefix_condition) for part in ruling.parts]
        whole = mask(case.row, case.viewer)
        failing = ruling.failing(case.holds)
        if steps != sorted(steps, reverse=True) or {whole} != {all(steps), case.holds(ruling.condition), failing is None}:
            return f"{place}: {ruling.rule.text} is {whole}, its parts are {steps}"
    return None


def outcome(done: Comparison) -> str:
    """Whether all agree; the first difference, and the seed that repeats it, are printed."""
    if done.difference:
        sys.stderr.write(f"CROSSGATE_SEED={SEED}\n{done.difference}\n")
    return "they differ" if done.difference else "all agree"


async def agree(
    connection: AsyncConnection, policy: Policy, catalogue: Catalogue, cases: int, explain: Explain = as_it_is
) -> Comparison:
    """Compare at least so many verdicts, all entities in turn."""
    random, done, world = Random(SEED), Comparison(), World(catalogue)
    await create(connection, world.metadata)
    while done.cases < cases and not done.difference:
        for entity in catalogue:
            await compare(connection, world, policy, entity, random, done, explain)
    return done


async def test_explanations_agree_with_the_policy_of_the_gateway(connection: AsyncConnection) -> None:
    """Whatever the rules of the gateway decide of a row or a field is explained as it is decided, with the same reason."""
    done = await agree(connection, Policy.load(POLICIES, CATALOGUE), CATALOGUE, CASES // 4)

    assert "all agree" == outcome(done)
    assert 0.1 < done.allowed / done.cases < 0.9


async def test_explanations_agree_on_every_kind_of_condition(connection: AsyncConnection, tmp_path: Path) -> None:
    """NULL, order, links, sets, other columns and denials are explained as they are decided."""
    policy = samples.written(tmp_path, SAMPLE)

    done = await agree(connection, policy, samples.CATALOGUE, CASES // 8)

    assert "all agree" == outcome(done)
    assert 0.1 < done.allowed / done.cases < 0.9


async def test_explanations_agree_on_random_policies(connection: AsyncConnection, tmp_path: Path) -> None:
    """Whatever policy lint lets pass, its explanations say what the three verdicts say, and their parts add up."""
    random, done, world = Random(SEED), Comparison(), World(samples.CATALOGUE)
    await create(connection, world.metadata)
    while done.cases < CASES // 8 and not done.difference:
        text = random_policy(random)
        policy = samples.written(tmp_path, text)
        for _ in range(3):
            await compare(connection, world, policy, samples.ENTITY, random, done)
        done.difference = done.difference and done.difference + text

    assert "all agree" == outcome(done)


async def test_an_explanation_that_forgets_denials_is_found_out(connection: AsyncConnection, tmp_path: Path) -> None:
    """The check can fail: without its denials an explanation allows what is refused."""

    def forgetful(explanation: Explanation) -> Explanation:
        return Explanation(
            tuple(
                replace(stage, rulings=tuple(ruling for ruling in stage.rulings if ruling.effect == ALLOW))
                for stage in explanation.stages
            )
        )

    done = await agree(connection, samples.written(tmp_path, SAMPLE), samples.CATALOGUE, CASES, forgetful)

    assert done.difference is not None


async def test_parts_in_another_order_are_found_out(connection: AsyncConnection, tmp_path: Path) -> None:
    """The check can fail: a part that is true although one before it is not belongs to another rule."""

    def muddled(explanation: Explanation) -> Explanation:
        return Explanation(
            tuple(
                replace(stage, rulings=tuple(replace(ruling, parts=ruling.parts[::-1]) for ruling in stage.rulings))
                for stage in explanation.stages
            )
        )

    done = await agree(connection, samples.written(tmp_path, SAMPLE), samples.CATALOGUE, CASES, muddled)

    assert done.difference is not None


def test_each_rule_that_has_a_say_is_explained_part_by_part(tmp_path: Path) -> None:
    """A rule has its place, its sentence and its parts, of each the rows up to there and the rules that it asks."""
    explanation = samples.written(tmp_path, RULES).explanation(parse_shape("MANAGED+FINANCE"), "Port", "read", "speed")

    told = [
        (ruling.effect, ruling.rule.place, ruling.rule.comment, ruling.rule.reason, show(ruling.condition))
        for ruling in explanation.rulings
    ]
    assert [
        ("ALLOW", "port.polar:3", "A company reads its own ports.", None, "company_id = viewer.company_id"),
        ("ALLOW", "port.polar:7", "A buyer reads what it was offered. V19", None, "FALSE"),
        ("DENY", "port.polar:12", "", None, "active = false"),
        ("ALLOW", "port.polar:14", "", None, "TRUE"),
        ("DENY", "port.polar:16", "", Reason.HIDDEN_BY_PARTNER, "TRUE"),
    ] == told
    assert (
        Part("managed(viewer)", TRUE, ("port.polar:10",)),
        Part("not viewer.pricing_shown", TRUE, ()),
    ) == explanation.rulings[-1].parts


def test_a_part_knows_what_the_parts_before_it_have_bound(tmp_path: Path) -> None:
    """Conditions on one linked row are those of a single row, however many parts they are written in."""
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
def test_a_refusal_has_the_reason_of_its_rule(
    tmp_path: Path, shape: str, action: str, field: str | None, verdict: Verdict
) -> None:
    """The first denial that is true gives the reason; where none is, the rule that would allow it, if it has one."""
    explanation = samples.written(tmp_path, RULES).explanation(parse_shape(shape), "Port", action, field)

    def holds(predicate: Predicate) -> bool:
        return predicate.value if isinstance(predicate, Constant) else show(predicate) != "active = false"

    assert verdict == explanation.verdict(holds)


def test_a_field_of_a_row_that_may_not_be_read_is_refused_as_the_row_is(tmp_path: Path) -> None:
    """Nothing of the field is said: the reason is that of the row."""
    explanation = samples.written(tmp_path, RULES).explanation(parse_shape("MANAGED"), "Port", "read", "speed")

    assert Verdict(False, Reason.NOT_YOURS) == explanation.verdict(lambda predicate: predicate == TRUE)


def test_a_field_that_no_rule_names_is_refused(tmp_path: Path) -> None:
    """There is nothing to explain about it."""
    with pytest.raises(PolicyError, match="no rule of Port names the field market"):
        samples.written(tmp_path, RULES).explanation(parse_shape("DIRECT"), "Port", "read", "market")
