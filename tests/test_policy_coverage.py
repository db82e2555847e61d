"""The plugin records which policy rules the tests exercise, and finds rules that no test exercises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

import server
from policies.analysis.coverage import Coverage, read_coverage
from policies.evaluation.policy import Policy
from policies.language.source import Rule
from policies.viewer import Shape
from tests.client import Client
from tests.databases import OTHERS_END
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
def factory(engine: AsyncEngine) -> Factory:
    """Creates rows in the test's database."""
    return Factory(engine)


@pytest.fixture
def exercised(tmp_path: Path) -> Iterator[PolicyCoveragePlugin]:
    """A listening plugin with an empty record."""
    exercised = PolicyCoveragePlugin(tmp_path / "record.json")
    exercised.pytest_sessionstart()
    yield exercised
    exercised.close()


def the(policy: Policy, text: str) -> Rule:
    """Return the rule whose text starts with `text`."""
    (found,) = [rule for rule in policy.rules if rule.text.startswith(text)]
    return found


def ways(coverage: Coverage, rule: Rule) -> tuple[bool, bool]:
    """Return whether a rule was recorded to hold, and to fail."""
    return coverage.held(rule), coverage.failed(rule)


async def test_rules_are_recorded_over_the_stored_rows(
    client: Client, factory: Factory, exercised: PolicyCoveragePlugin, policy: Policy
) -> None:
    """A rule that only held fails once a row is stored for which it's false. The second query runs a cached plan."""
    company = await factory.company()
    await factory.port(company)

    await client(company.admin, PORTS)
    exercised.evaluate(exercised.asked)
    before = ways(exercised.coverage, the(policy, OWN))
    await factory.port(await factory.company())
    exercised.asked.questions.clear()
    await client(company.admin, PORTS)
    exercised.evaluate(exercised.asked)

    assert (True, False) == before
    assert (True, True) == ways(exercised.coverage, the(policy, OWN))


async def test_rules_are_recorded_over_a_database_that_another_test_passed_on(
    client: Client, factory: Factory, exercised: PolicyCoveragePlugin, policy: Policy, engine: AsyncEngine
) -> None:
    """Emptying a database ends all connections to it. The plugin connects again."""
    company = await factory.company()
    await client(company.admin, PORTS)
    exercised.evaluate(exercised.asked)
    await factory.port(company)

    async with engine.connect() as connection:
        await connection.execute(OTHERS_END)
    exercised.evaluate(exercised.asked)

    assert (True, False) == ways(exercised.coverage, the(policy, OWN))


async def test_rule_is_recorded_only_as_far_as_it_was_evaluated(
    client: Client, factory: Factory, exercised: PolicyCoveragePlugin, policy: Policy
) -> None:
    """A rule needs a row to decide, a field rule a readable row and a query that selects the field."""
    company = await factory.company()

    await client(company.admin, PORTS)
    exercised.evaluate(exercised.asked)
    without = dict(exercised.coverage.seen)
    await factory.port(await factory.company())

    await client(company.admin, PORTS)
    exercised.evaluate(exercised.asked)

    coverage = exercised.coverage
    assert [] == [place for place in without if not place.startswith("viewer.polar")]
    assert {1: "port.partner_id = viewer.company_id", 2: "the whole"} == coverage.missing(the(policy, OF_ACCOUNTS))
    assert (False, True) == ways(coverage, the(policy, OWN))
    assert {1: "the whole"} == coverage.missing(the(policy, NAMES))  # it reads no port
    assert (False, False) == ways(coverage, the(policy, PRICES))
    assert (False, False) == ways(coverage, the(policy, EDITS))


async def test_called_rules_are_recorded(
    client: Client, factory: Factory, exercised: PolicyCoveragePlugin, policy: Policy
) -> None:
    """`viewerCan` evaluates the rules of all actions, and the rules that these call."""
    company = await factory.company()
    await factory.company()

    await client(company.admin, COMPANIES)
    exercised.evaluate(exercised.asked)

    assert [(True, True), (True, False)] == [
        ways(exercised.coverage, the(policy, text)) for text in (EDITS, "administers(viewer: Viewer)")
    ]


async def test_only_requests_with_the_current_policy_count(
    client: Client, factory: Factory, exercised: PolicyCoveragePlugin, policy: Policy
) -> None:
    """Questions for every viewer, as commands ask them, and questions to another policy don't count."""
    company = await factory.company()

    policy.decide(Shape(), "Port")
    policy.can(Shape(), "quote")
    exercised.version = "another"
    await client(company.admin, PORTS)

    assert set() == exercised.asked.questions


def test_runs_with_one_policy_share_a_record(tmp_path: Path, policy: Policy) -> None:
    """A run continues the last one and merges what another has written meanwhile. A changed policy starts a new record."""
    path, rule = tmp_path / "record.json", the(policy, OWN)
    first, other = Coverage(policy.version), Coverage("another")
    first.record(rule, 0)
    other.record(rule, 1)

    first.save(path)
    known = PolicyCoveragePlugin(path).coverage
    known.record(rule, 1)
    known.merge(other)
    both = read_coverage(path)
    other.save(path)

    assert {rule.place: {0, 1}} == known.seen
    assert {rule.place: {0}} == (both and both.seen)
    assert {} == PolicyCoveragePlugin(path).coverage.seen


def test_coverage_of_workers_is_merged(tmp_path: Path, policy: Policy) -> None:
    """Each worker sends its coverage when it ends, and none overwrites another's. A crashed worker sends nothing."""
    path, rule = tmp_path / "record.json", the(policy, OWN)
    controller = PolicyCoveragePlugin(path)
    for branch in (0, 1):
        worker = PolicyCoveragePlugin(tmp_path / "none")
        worker.coverage.record(rule, branch)
        output: dict[str, object] = {}
        worker.pytest_sessionfinish(cast("Any", SimpleNamespace(config=SimpleNamespace(workeroutput=output))))
        controller.pytest_testnodedown(SimpleNamespace(workeroutput=output))
    controller.pytest_testnodedown(SimpleNamespace())

    controller.pytest_sessionfinish(cast("Any", SimpleNamespace(config=SimpleNamespace())))

    written = read_coverage(path)
    assert {rule.place: {0, 1}} == (written and written.seen)
