"""Two gateway processes on one database: a change made through one is immediately visible through the other, exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from sqlalchemy.ext.asyncio import AsyncEngine

from models.database import connect
from models.embedded import Embedded
from tests import databases
from tests.crash.processes import PATIENCE, free_port, gateway
from tests.crash.test_crash import ORDER, token
from tests.factory import Account, Factory, Port
from transport.authentication.tokens import Tokens

PRICES: Final = "{ ports { nodes { monthlyRate { amount } } } }"
SET: Final = """
    mutation ($input: UpdateManagedAccountSettingsInput!) {
      updateManagedAccountSettings(input: $input) { managedAccount { version } userErrors { code } }
    }
"""
RENAME: Final = "mutation ($input: UpdatePortInput!) { updatePort(input: $input) { userErrors { code } } }"
SPOKEN: Final = WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL
FOLLOW: Final = gql("subscription { portUpdated { id name } }")


@dataclass
class Pair:
    """Two gateways with a client each, and a factory for rows in their database."""

    clients: tuple[httpx.AsyncClient, httpx.AsyncClient]
    engine: AsyncEngine
    factory: Factory
    data_dir: Path

    async def token(self, email: str) -> str:
        """Issue a token that both gateways accept."""
        return await token(self.engine, self.data_dir, email)

    async def send(self, place: int, bearer: str, query: str, key: str = "", **values: Any) -> Any:
        """Send a query to one of the two gateways and return its data."""
        headers = {"Authorization": f"Bearer {bearer}", **({"Idempotency-Key": key} if key else {})}
        body = {"query": query, "variables": {"input": values} if values else {}}
        answer = (await self.clients[place].post("/graphql", json=body, headers=headers)).json()
        assert "errors" not in answer, answer
        return answer["data"]


@pytest.fixture(scope="module")
async def pair(postgres: Embedded, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    """Start two gateways that share a database and a signing key."""
    name, data_dir = await databases.create(postgres, migrated), tmp_path_factory.mktemp("gateways")
    Tokens.load(data_dir / "signing-key.pem")
    ports, engine = (free_port(), free_port()), connect(postgres.url(name))
    processes = [gateway(port, data_dir, postgres.url(name), data_dir / f"{port}.log") for port in ports]
    addresses = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        async with AsyncExitStack() as stack:
            clients = [httpx.AsyncClient(base_url=address, trust_env=False, timeout=20) for address in addresses]
            one, other = [await stack.enter_async_context(client) for client in clients]
            await asyncio.gather(ready(one), ready(other))
            yield Pair((one, other), engine, Factory(engine), data_dir)
    finally:
        await engine.dispose()
        await asyncio.gather(*(asyncio.to_thread(process.stop) for process in processes))
        await databases.drop(postgres, name)


async def ready(client: httpx.AsyncClient) -> None:
    """Wait until a gateway responds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                if (await client.get("/readyz")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


@pytest.fixture
async def account(pair: Pair) -> Account:
    """Create a managed account that can order."""
    return await pair.factory.managed_account(await pair.factory.partner(), company={"verification_status": "VERIFIED"})


async def test_setting_changed_through_one_gateway_applies_to_the_next_request_of_the_other(
    pair: Pair, account: Account
) -> None:
    """If the partner shows prices through one gateway, the other's next response has them; hiding them works alike."""
    await pair.factory.port(account.company)
    partner, managed = await pair.token(account.partner.admin), await pair.token(account.admin)

    seen = [await pair.send(place, managed, PRICES) for place in (0, 1)]
    for version, pricing in ((1, True), (2, False), (3, True)):
        place = version % 2
        done = await pair.send(place, partner, SET, id=account.id, version=version, settings={"pricing": pricing})
        assert {"managedAccount": {"version": version + 1}, "userErrors": []} == done["updateManagedAccountSettings"]
        seen.append(await pair.send(1 - place, managed, PRICES))

    hidden, shown = [{"ports": {"nodes": [{"monthlyRate": rate}]}} for rate in (None, {"amount": "1250.00"})]
    assert [hidden, hidden, shown, hidden, shown] == seen


@asynccontextmanager
async def heard(pair: Pair, place: int, bearer: str) -> AsyncIterator[asyncio.Queue[Any]]:
    """Subscribe to port updates of one gateway. Yields the queue of events."""
    url = str(pair.clients[place].base_url.copy_with(scheme="ws", path="/graphql"))
    credentials = {"Authorization": f"Bearer {bearer}"}
    transport = WebsocketsTransport(url=url, init_payload=credentials, subprotocols=[SPOKEN], connect_args={"proxy": None})
    events: asyncio.Queue[Any] = asyncio.Queue()

    async def follow() -> None:
        async with Client(transport=transport) as session:
            async for event in session.subscribe(FOLLOW):
                events.put_nowait(event["portUpdated"])

    following = asyncio.create_task(follow())
    try:
        yield events
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def rename(pair: Pair, bearer: str, port: Port, version: int, name: str) -> None:
    """Rename a port through the first gateway."""
    done = await pair.send(0, bearer, RENAME, id=port.id, version=version, name=name)
    assert {"updatePort": {"userErrors": []}} == done


async def test_event_from_one_gateway_reaches_subscribers_of_both(pair: Pair, account: Account) -> None:
    """Once both are subscribed, each receives a change made through the first gateway exactly once."""
    port, bearer, versions = await pair.factory.port(account.company), await pair.token(account.admin), count(1)

    async with heard(pair, 0, bearer) as here, heard(pair, 1, bearer) as there, asyncio.timeout(PATIENCE):
        while here.empty() or there.empty():
            await rename(pair, bearer, port, next(versions), "before")
            await asyncio.sleep(0.1)
        names: list[list[str]] = [[], []]
        for name in ("the change", "the end"):
            await rename(pair, bearer, port, next(versions), name)
            for place, events in enumerate((here, there)):
                names[place] += [event["name"] async for event in until(events, name)]

    assert [["the change", "the end"]] * 2 == [[name for name in each if name != "before"] for each in names]


async def until(events: asyncio.Queue[Any], name: str) -> AsyncIterator[Any]:
    """Yield the events up to the one with a name."""
    while True:
        event = await events.get()
        yield event
        if event["name"] == name:
            return


async def test_idempotency_key_sent_to_both_gateways_is_carried_out_once(pair: Pair, account: Account) -> None:
    """Ten orders, each sent to both gateways at once with the same key, create ten ports, and both responses name the same port."""
    location, bearer = await pair.factory.orderable(account.partner), await pair.token(account.admin)
    order_input = {"locationId": location.id, "speedMbps": 1_000, "termMonths": 12}

    async def order(number: int, place: int) -> Any:
        return (await pair.send(place, bearer, ORDER, f"order-{number}", name=f"Order {number}", **order_input))["orderPort"]

    both = [await asyncio.gather(order(number, 0), order(number, 1)) for number in range(10)]
    listed = await pair.send(1, bearer, "{ ports { nodes { name } } }")

    assert [[]] * 10 == [one["userErrors"] for one, _ in both]
    assert [one for one, _ in both] == [other for _, other in both]
    assert [{"name": f"Order {number}"} for number in range(10)] == listed["ports"]["nodes"]
