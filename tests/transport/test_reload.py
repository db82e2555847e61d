"""In development, a saved policy takes effect as a whole or not at all. In production, nothing is watched."""

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
HIDE_PRICES = """
# Nobody can read a port's price.
# @reason NOT_YOURS
deny_field(_viewer: Viewer, "read", _port: Port, field) if
    field in ["monthly_rate"];
"""
TIMEOUT = 30  # seconds


@dataclass
class EditableGateway:
    """A gateway with an editable copy of the policy."""

    client: Client
    policies: Path

    def append(self, more: str, name: str = "port.polar") -> None:
        """Append to a policy file."""
        path = self.policies / name
        path.write_text(path.read_text() + more)

    def restore(self, name: str = "port.polar") -> None:
        """Restore a policy file's original text."""
        shutil.copy(server.POLICIES / name, self.policies / name)

    async def ready(self) -> Any:
        """Return the body of `/readyz`."""
        return (await self.client.http.get("/readyz")).json()

    async def until(self, condition: Callable[[Any], bool]) -> Any:
        """Return the body of `/readyz` once the condition holds for it."""
        async with asyncio.timeout(TIMEOUT):
            while not condition(ready := await self.ready()):  # noqa: ASYNC110 (a reload emits no event)
                await asyncio.sleep(0.02)
        return ready


@asynccontextmanager
async def open_editable(database_url: str, tmp_path: Path, *, development: bool = True) -> AsyncIterator[EditableGateway]:
    """Open a gateway whose policy is a copy in its own directory."""
    policies = tmp_path / "policies"
    policies.mkdir()
    for path in server.POLICIES.glob("*.polar"):
        shutil.copy(path, policies)
    settings = Settings(data_dir=tmp_path, database_url=database_url, development=development, log_level="ERROR")
    app = server.build(settings, policies=policies)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield EditableGateway(Client(app, client), policies)


@pytest.fixture
async def editable(database_url: str, tmp_path: Path) -> AsyncIterator[EditableGateway]:
    """An editable gateway in development."""
    async with open_editable(database_url, tmp_path) as editable:
        yield editable


@pytest.fixture
def factory(engine: AsyncEngine) -> Factory:
    """Creates rows in the database."""
    return Factory(engine)


def prices_shown(answer: Answer) -> list[bool]:
    """For each port, whether its price is shown."""
    return [node["monthlyRate"] is not None for node in answer.data["ports"]["nodes"]]


async def test_saved_rule_takes_effect(editable: EditableGateway, factory: Factory) -> None:
    """A saved rule, and its removal, take effect with the next request and change the version in responses and `/readyz`."""
    company = await factory.company()
    await factory.port(company)

    before = await editable.client(company.admin, PRICES)
    editable.append(HIDE_PRICES)
    changed = await editable.until(lambda ready: ready["policy"] != POLICY)
    after = await editable.client(company.admin, PRICES)
    editable.restore()
    restored = await editable.until(lambda ready: ready["policy"] == POLICY)
    again = await editable.client(company.admin, PRICES)

    assert [[True], [False], [True]] == [prices_shown(answer) for answer in (before, after, again)]
    versions = [response_of(answer)["extensions"]["policy"] for answer in (before, after, again)]
    assert [POLICY, changed["policy"], POLICY] == versions
    assert {"status": "ready", "policy": POLICY} == restored


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('\nallow(viewer: Viewer, "read", port: Port) if not port.name = "x";\n', "port.polar:"),
        ("\ngibberish\n", "port.polar:"),
        (HIDE_PRICES.replace("monthly_rate", "price_of_all"), 'Unknown field of Port "price_of_all"'),
        (
            '\ndeny(viewer: Viewer, "raed", _port: Port) if managed(viewer);\n',
            'Unknown action on Port "raed". Did you mean "read"?',
        ),
        ('\ndeny(_viewer: Viewer, "read", port: Port) if port.status = "ACTIV";\n', 'Unknown Port.status "ACTIV"'),
    ],
    ids=["unsupported rule", "syntax error", "unknown field", "unknown action", "unknown status"],
)
async def test_invalid_policy_is_refused(editable: EditableGateway, factory: Factory, more: str, message: str) -> None:
    """An invalid policy is refused with its location, the previous one stays in force, and fixing it clears the error."""
    company = await factory.company()
    await factory.port(company)

    editable.append(more)
    refused = await editable.until(lambda ready: "refused" in ready)
    answer = await editable.client(company.admin, PRICES)
    editable.restore()
    fixed = await editable.until(lambda ready: "refused" not in ready)

    assert (POLICY, True) == (refused["policy"], message in refused["refused"])
    assert ([True], POLICY) == (prices_shown(answer), response_of(answer)["extensions"]["policy"])
    assert {"status": "ready", "policy": POLICY} == fixed


@pytest.mark.parametrize("name", ["more/port.polar", "invariants/more/prices.polar", "PORT.POLAR", ".port.polar"])
async def test_policy_file_in_the_wrong_place_is_refused(editable: EditableGateway, name: str) -> None:
    """As at startup, a policy file in a place that isn't read is an error until it's removed."""
    path = editable.policies / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('deny(_viewer: Viewer, "read", _port: Port);')
    refused = await editable.until(lambda ready: "refused" in ready)
    path.unlink()
    fixed = await editable.until(lambda ready: "refused" not in ready)

    assert (POLICY, True) == (refused["policy"], refused["refused"].startswith(f"{name}: This file isn't read"))
    assert {"status": "ready", "policy": POLICY} == fixed


async def test_subscription_uses_the_saved_policy(editable: EditableGateway, factory: Factory) -> None:
    """The next event is decided by the new policy, without subscribing again."""
    company = await factory.company()
    port = await factory.port(company)

    async with editable.client.following(company.admin, PRICE) as following:
        await factory.change(port, name="one")
        shown = await following.event()
        editable.append(HIDE_PRICES)
        changed = await editable.until(lambda ready: ready["policy"] != POLICY)
        await factory.change(port, name="two")
        hidden = await following.event()

    assert {"amount": "1250.00"} == shown["data"]["portUpdated"]["monthlyRate"]
    assert {"name": "two", "monthlyRate": None} == hidden["data"]["portUpdated"]
    assert [POLICY, changed["policy"]] == [event["extensions"]["policy"] for event in (shown, hidden)]


async def test_reloads_are_logged(editable: EditableGateway, caplog: pytest.LogCaptureFixture) -> None:
    """A loaded policy is logged with its version and changed files, and a refused one with its error."""
    caplog.set_level(logging.INFO, "crossgate.policy")

    editable.append(HIDE_PRICES)
    editable.append("\n", "company.polar")
    changed = await editable.until(lambda ready: ready["policy"] != POLICY)
    editable.append("\ngibberish\n", "company.polar")
    refused = await editable.until(lambda ready: "refused" in ready)

    logged: list[Any] = [record.msg for record in caplog.records if record.name == "crossgate.policy"]
    loaded = {"event": "policy.loaded", "policy": changed["policy"], "files": ["company.polar", "port.polar"]}
    assert [loaded, {"event": "policy.refused", "error": refused["refused"], "exc_info": False}] == [
        {name: value for name, value in entry.items() if name not in ("logger", "level", "timestamp")} for entry in logged
    ]


@pytest.mark.usefixtures("small_heap")
async def test_replaced_policy_is_garbage_collected(editable: EditableGateway, factory: Factory) -> None:
    """After the first request with a new policy, nothing references the old one or its decisions, so reloading doesn't leak."""
    company = await factory.company()
    await factory.port(company)
    editable.append(HIDE_PRICES)
    await editable.until(lambda ready: ready["policy"] != POLICY)
    await editable.client(company.admin, PRICES)
    policy = weakref.ref(editable.client.app.state.services.policy)
    decisions = _decisions(editable)

    editable.restore()
    await editable.until(lambda ready: ready["policy"] == POLICY)
    await editable.client(company.admin, PRICES)
    gc.collect()

    assert policy() is None
    assert {None} == {decision() for decision in decisions}


async def test_production_does_not_watch_the_policy(database_url: str, tmp_path: Path) -> None:
    """Outside development, the process keeps the policy it started with."""
    async with open_editable(database_url, tmp_path, development=False) as editable:
        editable.append(HIDE_PRICES)
        await asyncio.sleep(0.5)
        ready = await editable.ready()

    assert {"status": "ready", "policy": POLICY} == ready


async def test_unwatchable_directory_is_logged(tmp_path: Path) -> None:
    """If the directory can't be watched, the gateway keeps serving and logs that it won't reload."""
    (tmp_path / "one.polar").write_text("")
    reloader = PolicyReloader(tmp_path, _never, _never)
    shutil.rmtree(tmp_path)

    with structlog.testing.capture_logs() as logged:
        await reloader.follow()

    assert [("policy.unwatched", "warning")] == [(line["event"], line["log_level"]) for line in logged]


def _decisions(editable: EditableGateway) -> list[weakref.ref[Any]]:
    answers = editable.client.app.state.services.policy._answers
    return [weakref.ref(decision) for decision in answers.values() if isinstance(decision, Decision)]


def _never(*_: Any) -> Any:
    raise AssertionError("nothing has changed")
