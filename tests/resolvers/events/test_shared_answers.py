"""Subscribers who share answers get exactly what each would get alone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from models.database import connect
from tests.client import Client, open_client
from tests.event_streams import PATIENCE, Socket
from tests.factory import Factory

STEPS: Final = 40
DOCUMENTS: Final = (
    "subscription { portUpdated { id name } }",
    "subscription { portUpdated { name monthlyRate { amount } setupFee { amount } location { name } company { tradingName } } }",
    "subscription { portUpdated { id viewerCan viewerHides { field reason } marketplaceName version } }",
    "subscription ($of: ID) { portUpdated(companyId: $of) { name } }",
    "subscription ($wanted: Boolean = true) { portUpdated { name speedMbps @include(if: $wanted) } }",
)


class Gateways:
    """A gateway whose subscribers share, and one where each is served alone, on one database."""

    def __init__(self, sharing: Client, alone: Client, factory: Factory) -> None:
        self.clients = (sharing, alone)
        self.factory = factory

    async def settle(self) -> None:
        """Wait until both have told everything."""
        for client in self.clients:
            services = client.app.state.services
            async with asyncio.timeout(PATIENCE):
                await client._caught_up(services.change_listener)
                while not all(hub.is_settled for hub in services.hubs.values()):  # noqa: ASYNC110 (nothing reports it)
                    await asyncio.sleep(0.002)


@pytest.fixture
async def gateways(database_url: str, tmp_path: Path) -> AsyncIterator[Gateways]:
    """Both gateways, on an empty database."""
    engine = connect(database_url)
    async with (
        open_client(database_url, tmp_path) as sharing,
        open_client(database_url, tmp_path, record_operations=tmp_path / "operations.jsonl") as alone,
    ):
        yield Gateways(sharing, alone, Factory(engine))
    await engine.dispose()


def received(socket: Socket) -> list[Any]:
    """Return what a socket has received since it was last asked."""
    messages = []
    while not socket.from_gateway.empty():
        messages.append(socket.from_gateway.get_nowait())
    return messages


async def _followers(gateways: Gateways, stack: AsyncExitStack, viewers: Sequence[str], of: str) -> list[list[Socket]]:
    """Subscribe each viewer to each document on both gateways, some with variables."""
    sockets = []
    for viewer in viewers:
        for document in DOCUMENTS:
            variables = (
                {"of": of} if "$of" in document else {"wanted": False} if viewer == viewers[0] and "$wanted" in document else {}
            )
            pair = [await stack.enter_async_context(each.following(viewer, document, **variables)) for each in gateways.clients]
            sockets.append([following.socket for following in pair])
    return sockets


@pytest.mark.parametrize("seed", [1, 2])
async def test_shared_answers_are_those_that_each_gets_alone(gateways: Gateways, seed: int) -> None:
    """Random changes of ports, settings, roles and memberships: all frames are the same, byte for byte, on both gateways."""
    chance, factory = random.Random(seed), gateways.factory
    partner, other, operator = await factory.partner(), await factory.company(), await factory.operator()
    accounts = [await factory.managed_account(partner, pricing=pricing) for pricing in (True, False)]
    companies = [partner, other, *(account.company for account in accounts)]
    members = [await factory.user(company, role) for company in companies for role in ("FINANCE", "NETWORK_ADMIN")]
    ports = [await factory.port(company) for company in companies]
    viewers = [*(company.admin for company in (*companies, operator)), *(member.email for member in members)]
    heard = 0

    async with AsyncExitStack() as stack:
        pairs = await _followers(gateways, stack, viewers, accounts[0].company.id)
        for step in range(STEPS):
            match chance.randrange(6):
                case 0:
                    await factory.setting(chance.choice(accounts), pricing=chance.choice((True, False, None)))
                case 1:
                    await factory.change(chance.choice(members).membership, roles=[chance.choice(("FINANCE", "VIEWER"))])
                case 2 if step > STEPS / 2 and members:
                    await factory.delete(members.pop().membership)
                case 3:
                    ports.append(await factory.port(chance.choice(companies)))
            await gateways.settle()  # an event has the row as it is when it's sent
            changed = chance.choice(({"name": f"name {step}"}, {"monthly_rate": step}, {"marketplace_name": f"shown {step}"}))
            for port in chance.sample(ports, chance.randint(1, 3)):
                await factory.change(port, **changed)
            await gateways.settle()
            for sharing, alone in pairs:
                frames = received(sharing)
                heard += len(frames)
                assert frames == received(alone)

    assert heard > STEPS
    assert any(hub.shared_answers for hub in gateways.clients[0].app.state.services.hubs.values())
    assert not any(hub.shared_answers for hub in gateways.clients[1].app.state.services.hubs.values())
