"""Policy follows its files in development: what is saved takes effect as a whole or not at all. In production nothing is watched."""

from __future__ import annotations

import asyncio
import gc
import logging
import shutil
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
import structlog.testing
from sqlalchemy.ext.asyncio import AsyncEngine

import server
from policies.evaluation.policy import Decision
from policies.evaluation.reloading import PolicyReloader
from settings import Settings
from tests.client import POLICY, Answer, Client
from tests.factory import Factory
from tests.rules.answers import response_of

PRICES = "{ ports { nodes { name monthlyRate { amount } } } }"
PRICE = "subscription { portUpdated { name monthlyRate { amount } } }"
HIDING = """
# Nobody reads a price of a port.
# @reason NOT_YOURS
deny_field(_viewer: Viewer, "read", _port: Port, field) if
    field in ["monthly_rate"];
"""
PATIENCE = 30  # seconds


@dataclass
class Written:
    """A gateway over a copy of the policy, which can be written to."""

    ask: Client
    policies: Path

    def write(self, more: str, name: str = "port.polar") -> None:
        """Add to a policy file."""
        path = self.policies / name
        path.write_text(path.read_text() + more)

    def restore(self, name: str = "port.polar") -> None:
        """Make a policy file what it was."""
        shutil.copy(server.POLICIES / name, self.policies / name)

    async def ready(self) -> Any:
        """What `/readyz` says."""
        return (await self.ask.client.get("/readyz")).json()

    async def until(self, holds: Callable[[Any], bool]) -> Any:
        """What `/readyz` says once that holds."""
        async with asyncio.timeout(PATIENCE):
            while not holds(ready := await self.ready()):  # noqa: ASYNC110 (the gateway tells nobody that it has reloaded)
                await asyncio.sleep(0.02)
        return ready


@asynccontextmanager
async def writing(database_url: str, tmp_path: Path, *, development: bool = True) -> AsyncIterator[Written]:
    """The gateway, whose policy is a copy in a directory of its own."""
    policies = tmp_path / "policies"
    policies.mkdir()
    for path in server.POLICIES.glob("*.polar"):
        shutil.copy(path, policies)
    settings = Settings(data_dir=tmp_path, database_url=database_url, development=development, log_level="ERROR")
    app = server.build(settings, policies=policies)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield Written(Client(app, client), policies)


@pytest.fixture
async def written(database_url: str, tmp_path: Path) -> AsyncIterator[Written]:
    """Such a gateway, in development."""
    async with writing(database_url, tmp_path) as written:
        yield written


@pytest.fixture
def given(engine: AsyncEngine) -> Factory:
    """Puts rows into the database."""
    return Factory(engine)


def rates(answer: Answer) -> list[bool]:
    """Of each port, whether its price is shown."""
    return [node["monthlyRate"] is not None for node in answer.data["ports"]["nodes"]]


async def test_what_is_saved_is_in_force(written: Written, given: Factory) -> None:
    """A rule that is saved holds from the next request on, with another version in answers and `/readyz`; so does its end."""
    company = await given.company()
    await given.port(company)

    before = await written.ask(company.admin, PRICES)
    written.write(HIDING)
    changed = await written.until(lambda ready: ready["policy"] != POLICY)
    after = await written.ask(company.admin, PRICES)
    written.restore()
    restored = await written.until(lambda ready: ready["policy"] == POLICY)
    again = await written.ask(company.admin, PRICES)

    assert [[True], [False], [True]] == [rates(answer) for answer in (before, after, again)]
    told = [response_of(answer)["extensions"]["policy"] for answer in (before, after, again)]
    assert [POLICY, changed["policy"], POLICY] == told
    assert {"status": "ready", "policy": POLICY} == restored


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ('\nallow(viewer: Viewer, "read", port: Port) if not port.name = "x";\n', "port.polar:"),
        ("\ngibberish\n", "port.polar:"),
        (HIDING.replace("monthly_rate", "price_of_all"), 'Unknown field of Port "price_of_all"'),
        (
            '\ndeny(viewer: Viewer, "raed", _port: Port) if managed(viewer);\n',
            'Unknown action on Port "raed". Did you mean "read"?',
        ),
        ('\ndeny(_viewer: Viewer, "read", port: Port) if port.status = "ACTIV";\n', 'Unknown Port.status "ACTIV"'),
    ],
    ids=["not to be trusted", "no policy", "of no field", "of no action", "of no status"],
)
async def test_what_is_wrong_is_refused(written: Written, given: Factory, more: str, where: str) -> None:
    """A policy that cannot be trusted is refused with its place, the one before serves on, and is cleared once it is mended."""
    company = await given.company()
    await given.port(company)

    written.write(more)
    refused = await written.until(lambda ready: "refused" in ready)
    answer = await written.ask(company.admin, PRICES)
    written.restore()
    mended = await written.until(lambda ready: "refused" not in ready)

    assert (POLICY, True) == (refused["policy"], where in refused["refused"])
    assert ([True], POLICY) == (rates(answer), response_of(answer)["extensions"]["policy"])
    assert {"status": "ready", "policy": POLICY} == mended


@pytest.mark.parametrize("name", ["more/port.polar", "invariants/more/prices.polar", "PORT.POLAR", ".port.polar"])
async def test_a_file_that_nobody_reads_is_refused(written: Written, name: str) -> None:
    """A denial saved where it is not read is refused while the file is there, as at the start."""
    path = written.policies / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('deny(_viewer: Viewer, "read", _port: Port);')
    refused = await written.until(lambda ready: "refused" in ready)
    path.unlink()
    mended = await written.until(lambda ready: "refused" not in ready)

    assert (POLICY, True) == (refused["policy"], refused["refused"].startswith(f"{name}: This file isn't read"))
    assert {"status": "ready", "policy": POLICY} == mended


async def test_a_subscription_goes_on_with_what_is_saved(written: Written, given: Factory) -> None:
    """The next event is decided by the new policy, without anybody subscribing anew."""
    company = await given.company()
    port = await given.port(company)

    async with written.ask.following(company.admin, PRICE) as following:
        await given.change(port, name="one")
        shown = await following.event()
        written.write(HIDING)
        changed = await written.until(lambda ready: ready["policy"] != POLICY)
        await given.change(port, name="two")
        hidden = await following.event()

    assert {"amount": "1250.00"} == shown["data"]["portUpdated"]["monthlyRate"]
    assert {"name": "two", "monthlyRate": None} == hidden["data"]["portUpdated"]
    assert [POLICY, changed["policy"]] == [event["extensions"]["policy"] for event in (shown, hidden)]


async def test_the_log_tells_what_was_saved(written: Written, caplog: pytest.LogCaptureFixture) -> None:
    """A policy that is taken is told with its version and its files, one that is refused with what is wrong."""
    caplog.set_level(logging.INFO, "crossgate.policy")

    written.write(HIDING)
    written.write("\n", "company.polar")
    changed = await written.until(lambda ready: ready["policy"] != POLICY)
    written.write("\ngibberish\n", "company.polar")
    refused = await written.until(lambda ready: "refused" in ready)

    told: list[Any] = [record.msg for record in caplog.records if record.name == "crossgate.policy"]
    loaded = {"event": "policy.loaded", "policy": changed["policy"], "files": ["company.polar", "port.polar"]}
    assert [loaded, {"event": "policy.refused", "error": refused["refused"], "exc_info": False}] == [
        {name: value for name, value in each.items() if name not in ("logger", "level", "timestamp")} for each in told
    ]


async def test_a_policy_of_before_is_forgotten(written: Written, given: Factory) -> None:
    """After the first request by another policy nothing holds the one before, nor what was made of it: reloading does not leak."""
    company = await given.company()
    await given.port(company)
    written.write(HIDING)
    await written.until(lambda ready: ready["policy"] != POLICY)
    await written.ask(company.admin, PRICES)
    policy = weakref.ref(written.ask.app.state.services.policy)
    decisions = _decisions(written)

    written.restore()
    await written.until(lambda ready: ready["policy"] == POLICY)
    await written.ask(company.admin, PRICES)
    gc.collect()

    assert policy() is None
    assert {None} == {decision() for decision in decisions}


async def test_nothing_is_watched_in_production(database_url: str, tmp_path: Path) -> None:
    """Outside development the policy of the start is that of the whole process, whatever is saved."""
    async with writing(database_url, tmp_path, development=False) as written:
        written.write(HIDING)
        await asyncio.sleep(0.5)
        ready = await written.ready()

    assert {"status": "ready", "policy": POLICY} == ready


async def test_a_directory_that_cannot_be_watched_is_told(tmp_path: Path) -> None:
    """Where the system does not watch, the gateway serves on, and the log says that it does not follow."""
    (tmp_path / "one.polar").write_text("")
    reloading = PolicyReloader(tmp_path, _never, _never)
    shutil.rmtree(tmp_path)

    with structlog.testing.capture_logs() as told:
        await reloading.follow()

    assert [("policy.unwatched", "warning")] == [(line["event"], line["log_level"]) for line in told]


def _decisions(written: Written) -> list[weakref.ref[Any]]:
    answers = written.ask.app.state.services.policy._answers
    return [weakref.ref(made) for made in answers.values() if isinstance(made, Decision)]


def _never(*_: Any) -> Any:
    raise AssertionError("nothing has changed")
