"""The check of the compiler: Oso, Python and PostgreSQL agree on any policy for random viewers and rows.

CROSSGATE_SEED repeats a run, CROSSGATE_CASES makes it longer.
"""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from models.scratch import create
from policies.analysis.verdicts import World
from policies.catalogue import CATALOGUE
from policies.entity import Catalogue
from policies.evaluation import compiler
from policies.evaluation.policy import Decision, Policy
from policies.predicates.predicate import TRUE, disj
from policies.viewer import Shape
from tests.policies import samples
from tests.policies.generator import random_policy
from tests.policies.verdicts import Decide, Report, actions, compare, random_market, random_viewer, resources

CASES = int(os.environ.get("CROSSGATE_CASES", "10000"))
SEED = int(os.environ.get("CROSSGATE_SEED", str(secrets.randbits(32))))
POLICIES = Path(__file__).parents[2] / "policies"


@pytest.fixture
def sample(tmp_path: Path) -> Policy:
    """Load the policy of the sample market."""
    return samples.written(tmp_path, Path(__file__).with_name("sample.polar").read_text("utf-8"))


async def agree(
    connection: AsyncConnection, policy: Policy, catalogue: Catalogue, cases: int, decide: Decide | None = None
) -> Report:
    """Compare the verdicts of at least `cases` cases, cycling through all entities. Stops at the first batch that differs."""
    random, report, world = Random(SEED), Report(), World(catalogue)
    await create(connection, world.metadata)
    while report.cases < cases and not report.differences:
        for entity in catalogue:
            await compare(connection, world, policy, entity, random, decide or policy.decide, report)
    return report


def outcome(report: Report) -> str:
    """Return whether all agree. Prints the first difference and the seed that reproduces it."""
    if report.differences:
        sys.stderr.write(f"CROSSGATE_SEED={SEED}\n{report.differences[0]}\n")
    return "they differ" if report.differences else "all agree"


async def test_three_verdicts_agree_on_the_policy_of_the_gateway(connection: AsyncConnection) -> None:
    """The compiled Python and SQL agree with Oso on every row and field of the gateway's policy."""
    report = await agree(connection, Policy.load(POLICIES, CATALOGUE), CATALOGUE, CASES)

    assert "all agree" == outcome(report)
    assert 0.1 < report.allowed / report.cases < 0.9


async def test_three_verdicts_agree_on_every_kind_of_condition(connection: AsyncConnection, sample: Policy) -> None:
    """NULL, order, links, sets, column comparisons and denials mean the same in Oso, Python and PostgreSQL."""
    report = await agree(connection, sample, samples.CATALOGUE, CASES // 4)

    assert "all agree" == outcome(report)
    assert 0.1 < report.allowed / report.cases < 0.9


async def test_three_verdicts_agree_on_random_policies(connection: AsyncConnection, tmp_path: Path) -> None:
    """The compiled form of any policy that lint accepts agrees with Oso."""
    random, report, world = Random(SEED), Report(), World(samples.CATALOGUE)
    await create(connection, world.metadata)
    while report.cases < CASES // 4 and not report.differences:
        text = random_policy(random)
        policy = samples.written(tmp_path, text)
        for _ in range(3):
            await compare(connection, world, policy, samples.ENTITY, random, policy.decide, report)
        if report.differences:
            report.differences[0] += text

    assert "all agree" == outcome(report)


def test_oso_decides_alike_whatever_else_has_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oso gets the rules of each type under a name of their own. With the files unchanged it gives the same verdicts."""
    random = Random(SEED)
    drawn = [(random_viewer(random), entity, random_market(entity, random)) for entity in CATALOGUE for _ in range(3)]

    def verdicts() -> list[bool]:
        policy = Policy.load(POLICIES, CATALOGUE)
        return [
            verdict
            for viewer, entity, (rows, linked) in drawn
            for row in resources(entity, rows[:2], linked)
            for action in sorted(actions(policy, entity))
            for verdict in (
                policy.allows(viewer, action, entity.name, row),
                *(policy.allows_field(viewer, action, entity.name, row, name) for name in policy.fields(entity.name)[:2]),
            )
        ]

    by_type = verdicts()
    monkeypatch.setattr(compiler, "_of_type", lambda name, _entity: name)

    assert by_type == verdicts()
    assert {True, False} == set(by_type)


async def test_compiler_without_row_denials_is_detected(connection: AsyncConnection, sample: Policy) -> None:
    """The check can fail: rows compiled from allow rules alone differ from Oso's verdict."""

    def forgetful(shape: Shape, entity: str, action: str) -> Decision:
        rules = [rule for rule in sample.rules if rule.name == "allow" and rule.concerns(entity, action)]
        rows = disj(sample.explain(rule, shape, action) for rule in rules)
        decision = sample.decide(shape, entity, action)
        return decision if entity == "Fee" else replace(decision, rows=rows)

    report = await agree(connection, sample, samples.CATALOGUE, CASES, forgetful)

    assert [] != report.differences


async def test_compiler_without_field_denials_is_detected(connection: AsyncConnection, sample: Policy) -> None:
    """The check can fail: fields shown despite a denial differ from Oso's verdict."""

    def forgetful(shape: Shape, entity: str, action: str) -> Decision:
        decision = sample.decide(shape, entity, action)
        fields = {name: replace(rule, visible=TRUE) if rule.denials else rule for name, rule in decision.fields.items()}
        return replace(decision, fields=fields)

    report = await agree(connection, sample, samples.CATALOGUE, CASES, forgetful)

    assert [] != report.differences
