"""Fixtures of all tests: one embedded PostgreSQL for the run, and databases in it that are copied from templates."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

import server
from commands.demo.market import load, make
from models.database import connect, upgrade
from models.embedded import Embedded
from policies.evaluation.policy import Policy
from policies.language.source import digest, read_texts
from settings import Settings
from tests import apart, databases, executors, shares
from tests.client import Client, open_client
from tests.policy_coverage import PolicyCoveragePlugin
from tests.transport.gateway import running

SEED = 1
SLOWEST_FILES = (
    "tests/interference/test_view_as.py",
    "tests/execution/test_differential.py",
    "tests/interference/test_non_interference.py",
    "tests/interference/test_timing.py",
    "tests/scale/test_pages.py",
    "tests/crash/test_crash.py",
    "tests/resolvers/test_connections.py",
    "tests/interference/test_mutations.py",
    "tests/commands/test_worker_command.py",
    "tests/policies/test_prove.py",
    "tests/commands/test_policy_diff_command.py",
    "tests/commands/test_policy_matrix_command.py",
    "tests/policies/test_three_verdicts.py",
    "tests/rules/test_what_viewers_can.py",
    "tests/commands/test_processes.py",
    "tests/schema/test_viewer_schemas.py",
    "tests/policies/test_kinds.py",
    "tests/transport/test_reload.py",
    "tests/portal/test_follow.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Record in every run which policy rules it exercises. Collect garbage less often: a worker keeps millions of objects."""
    config.pluginmanager.register(PolicyCoveragePlugin())
    if apart.ON:
        config.pluginmanager.register(apart.ApartPlugin())
    gc.set_threshold(100_000, 50, 100)


def pytest_collection_finish() -> None:
    """Leave modules and tests out of all further garbage collections."""
    gc.freeze()


@pytest.fixture
def small_heap() -> None:
    """Leave what earlier tests made out of all further garbage collections: a full one takes ten seconds otherwise."""
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take this run's share of the longest tests. Run the slowest files first, so that no worker is left with one at the end."""
    shares.take(config, items)
    order = {file: place for place, file in enumerate(SLOWEST_FILES)}
    items.sort(key=lambda item: order.get(item.nodeid.partition("::")[0], len(SLOWEST_FILES)))
    if apart.ON:
        apart.prepare(items, "in_one_process")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked with `executors` once on each executor."""
    if metafunc.definition.get_closest_marker("executors") is not None:
        metafunc.fixturenames.insert(0, "executor")
        metafunc.parametrize("executor", executors.NAMES, indirect=True)


@pytest.fixture(scope="session", autouse=True)
def _both_executors() -> Iterator[None]:
    with executors.installed():
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_policy() -> Iterator[None]:
    """Load the project's policy once: what it compiles for a viewer's shape then serves all gateways of the process."""
    load, policies = server.load_policy, dict[tuple[str, int], Policy]()

    def load_once(directory: Path = server.POLICIES) -> Policy:
        if directory != server.POLICIES:
            return load(directory)
        key = digest(read_texts(directory)), apart.place()
        if key not in policies:
            policies[key] = load(directory)
        return policies[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "load_policy", load_once)
        yield


@pytest.fixture
def executor(request: pytest.FixtureRequest) -> Iterator[str]:
    """The executor that runs the requests of the test."""
    name: str = request.param
    with executors.only(name):
        yield name


@pytest.fixture
async def in_one_process() -> AsyncIterator[None]:
    """Let one application answer the test's requests, also with CROSSGATE_TEST_APART=1."""
    async with apart.alone():
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Embedded]:
    """The running PostgreSQL server."""
    with apart.lagging() if apart.ON else databases.server() as server:
        yield server


@pytest.fixture(scope="session")
async def migrated(postgres: Embedded) -> AsyncIterator[str]:
    """The name of a template database, migrated and empty."""
    await databases.sweep(postgres)
    name = await databases.create(postgres)
    engine = connect(postgres.url(name))
    await upgrade(engine)
    await engine.dispose()
    yield name
    await databases.drop_unused(postgres)
    await databases.drop(postgres, name)


@pytest.fixture(scope="session")
async def demo(postgres: Embedded, migrated: str) -> AsyncIterator[str]:
    """The name of a template database with the small sample market."""
    name = await databases.create(postgres, migrated)
    engine = connect(postgres.url(name))
    await load(engine, make("small", SEED, lambda *_: None), lambda *_: None)
    await engine.dispose()
    yield name
    await databases.drop(postgres, name)


@pytest.fixture
async def database_url(postgres: Embedded, migrated: str) -> AsyncIterator[str]:
    """The URL of the test's own database, migrated and empty."""
    async with databases.emptied(postgres, migrated) as url:
        yield url


@pytest.fixture(scope="session")
async def demo_url(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The URL of the small sample market, shared by all tests that only read."""
    async with databases.copied(postgres, demo) as url:
        yield url


@pytest.fixture
async def demo_copy_url(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The URL of a copy of the small sample market, for a test that writes."""
    async with databases.copied(postgres, demo) as url:
        yield url


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """A connection pool for the test's own database, migrated and empty."""
    engine = connect(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def demo_engine(demo_url: str) -> AsyncIterator[AsyncEngine]:
    """A connection pool for the small sample market, for tests that only read."""
    engine = connect(demo_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def client(database_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """A client of the gateway over the test's own database, which is empty until the test adds rows."""
    async with open_client(database_url, tmp_path) as client:
        yield client


@pytest.fixture(scope="session")
async def demo_client(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A client of the gateway over the small sample market."""
    async with open_client(demo_url, tmp_path_factory.mktemp("gateway")) as client:
        yield client


@dataclass(frozen=True)
class Gateway:
    """A gateway on a real port."""

    url: str


@pytest.fixture(scope="session")
def gateway(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway in development mode over the small sample market, served on its own port."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("served"),
        database_url=demo_url,
        development=True,
        log_level="ERROR",
        shutdown_timeout=5,
    )
    with running(server.build(settings), settings) as url:
        yield Gateway(url)
