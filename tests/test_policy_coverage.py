"""Tests tell which rules of policy they exercise, and a rule that none exercises is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

import server
from policies.coverage import Coverage, read
from policies.policy import Policy
from policies.source import Rule
from policies.viewer import Shape
from tests.client import Client
from tests.factory import Factory
from tests.policy_coverage import PolicyCoveragePlugin

PORTS = "{ ports(first: 10) { nodes { name } } }"
COMPANIES = "{ viewer { company { viewerCan } } }"
OWN = 'allow(viewer: Viewer, "read", port: Port) if port.company_id = viewer.company_id;'
OF_ACCOUNTS = 'allow(viewer: Viewer, "read", port: Port) if partner(viewer) and port.partner_id = viewer.company_id;'
NAMES = 'allow_field(_viewer: Viewer, "read", _port: Port, field) if field in ["name", '
PRICES = 'deny_field(viewer: Viewer, "read", _port: Port, field) if field in ["monthly_rate", "setup_fee"] and prices_hidden(viewer);'
EDITS = "edits(viewer: Viewer, company: Company) if "


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The policy of the checkout."""
    return server.load_policy()


@pytest.fixture
def given(engine: AsyncEngine) -> Factory:
    """Puts rows into the database."""
    return Factory(engine)


@pytest.fixture
def exercised(tmp_path: Path) -> Iterator[PolicyCoveragePlugin]:
    """What is exercised from now on, of which nobody knows."""
    exercised = PolicyCoveragePlugin(tmp_path / "record.json")
    exercised.pytest_sessionstart()
    yield exercised
    exercised.close()


def the(policy: Policy, text: str) -> Rule:
    """The rule that is written so, or begins so."""
    (found,) = [rule for rule in policy.rules if rule.text.startswith(text)]
    return found


def ways(coverage: Coverage, rule: Rule) -> tuple[bool, bool]:
    """Whether a rule was seen to hold, and to fail."""
    return coverage.held(rule), coverage.failed(rule)


async def test_rules_are_seen_over_the_rows_that_are_stored(
    ask: Client, given: Factory, exercised: PolicyCoveragePlugin, policy: Policy
) -> None:
    """A rule that only held has not failed until a row is stored of which it is not true; the plan that is run then is a kept one."""
    company = await given.company()
    await given.port(company)

    await ask(company.admin, PORTS)
    exercised.evaluate(exercised.asked)
    before = ways(exercised.coverage, the(policy, OWN))
    await given.port(await given.company())
    exercised.asked.questions.clear()
    await ask(company.admin, PORTS)
    exercised.evaluate(exercised.asked)

    assert (True, False) == before
    assert (True, True) == ways(exercised.coverage, the(policy, OWN))


async def test_a_rule_is_seen_as_far_as_it_was_asked(
    ask: Client, given: Factory, exercised: PolicyCoveragePlugin, policy: Policy
) -> None:
    """A rule is not seen without a row to decide of, or a row to read of a field rule; nor of a field that nobody selects."""
    company = await given.company()

    await ask(company.admin, PORTS)
    exercised.evaluate(exercised.asked)
    without = dict(exercised.coverage.seen)
    await given.port(await given.company())

    await ask(company.admin, PORTS)
    exercised.evaluate(exercised.asked)

    coverage = exercised.coverage
    assert [] == [place for place in without if not place.startswith("viewer.polar")]
    assert {1: "port.partner_id = viewer.company_id", 2: "the whole"} == coverage.missing(the(policy, OF_ACCOUNTS))
    assert (False, True) == ways(coverage, the(policy, OWN))
    assert {1: "the whole"} == coverage.missing(the(policy, NAMES))  # it reads no port
    assert (False, False) == ways(coverage, the(policy, PRICES))
    assert (False, False) == ways(coverage, the(policy, EDITS))


async def test_rules_that_rules_ask_are_seen(
    ask: Client, given: Factory, exercised: PolicyCoveragePlugin, policy: Policy
) -> None:
    """What may be done to a row asks the rules of all actions, and the rules that these ask."""
    company = await given.company()
    await given.company()

    await ask(company.admin, COMPANIES)
    exercised.evaluate(exercised.asked)

    assert [(True, True), (True, False)] == [
        ways(exercised.coverage, the(policy, text)) for text in (EDITS, "administers(viewer: Viewer)")
    ]


async def test_only_requests_by_the_policy_of_the_checkout_count(
    ask: Client, given: Factory, exercised: PolicyCoveragePlugin, policy: Policy
) -> None:
    """Neither what is asked for everybody, as commands do, nor what is asked of another policy."""
    company = await given.company()

    policy.decide(Shape(), "Port")
    policy.can(Shape(), "quote")
    exercised.version = "another"
    await ask(company.admin, PORTS)

    assert set() == exercised.asked.questions


def test_runs_of_one_policy_are_one_record(tmp_path: Path, policy: Policy) -> None:
    """A run goes on where the last one ended, and takes up what another has written meanwhile; a changed policy begins anew."""
    path, rule = tmp_path / "record.json", the(policy, OWN)
    first, other = Coverage(policy.version), Coverage("another")
    first.note(rule, 0)
    other.note(rule, 1)

    first.save(path)
    known = PolicyCoveragePlugin(path).coverage
    known.note(rule, 1)
    known.add(other)
    both = read(path)
    other.save(path)

    assert {rule.place: {0, 1}} == known.seen
    assert {rule.place: {0}} == (both and both.seen)
    assert {} == PolicyCoveragePlugin(path).coverage.seen


def test_what_workers_have_exercised_is_one_record(tmp_path: Path, policy: Policy) -> None:
    """Each worker sends what it has seen when it ends, and none overwrites what another one has seen; a crashed one sends nothing."""
    path, rule = tmp_path / "record.json", the(policy, OWN)
    controller = PolicyCoveragePlugin(path)
    for branch in (0, 1):
        worker = PolicyCoveragePlugin(tmp_path / "none")
        worker.coverage.note(rule, branch)
        output: dict[str, object] = {}
        worker.pytest_sessionfinish(cast("Any", SimpleNamespace(config=SimpleNamespace(workeroutput=output))))
        controller.pytest_testnodedown(SimpleNamespace(workeroutput=output))
    controller.pytest_testnodedown(SimpleNamespace())

    controller.pytest_sessionfinish(cast("Any", SimpleNamespace(config=SimpleNamespace())))

    written = read(path)
    assert {rule.place: {0, 1}} == (written and written.seen)
