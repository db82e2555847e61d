"""The load: orders at a steady rate, each under a key of its own until it's acknowledged, with reads and looks beside them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Final

import httpx

from benchmarks.cluster.outcome import Order

PREFIX: Final = "Cluster order "
MARKETS: Final = "{ viewer { company { billingMarkets { market enabled } } } }"
PLACES: Final = (
    "query ($market: String!) { locations(first: 1, orderable: true, filter: {market: $market}) { nodes { id speedsMbps } } }"
)
ORDER: Final = """
    mutation ($input: OrderPortInput!) { orderPort(input: $input) { port { id } userErrors { code message } } }
"""
READ: Final = "{ ports(first: 10) { nodes { id name status } } }"
TIMEOUT: Final = 40.0  # seconds for one attempt: more than the gateway takes, so that no order is on its way twice
PAUSE: Final = 0.25  # seconds between two attempts, at the other gateway
LOOK: Final = 0.25  # seconds between two reads, and between two looks at a gateway's metrics
GAUGE: Final = "\ncrossgate_change_listener_connected 1"  # its line, not the one that describes it


class Refused(Exception):
    """The gateway refused an order that it should carry out. The message has its response."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """A user who orders, by its token, and what every order of its company has."""

    token: str
    place: dict[str, Any]


@dataclass(slots=True)
class Load:
    """Orders, and times of successful reads and looks, in seconds since the start."""

    gateways: list[str]
    metrics: list[str]
    tokens: list[str]
    orders: list[Order] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    listening: list[list[tuple[float, bool]]] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    _began: float = 0.0
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def stop(self) -> None:
        """Send no further orders."""
        self._stopped.set()

    async def run(self, per_minute: int) -> None:
        """Send orders and reads until `stop`, then wait until all orders are acknowledged.

        The first orders are sent one after the other, until each gateway has compiled what it needs. Raises Refused.
        """
        self.listening = [[] for _ in self.metrics]
        async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, limits=httpx.Limits(max_connections=None)) as client:
            self._began = time.monotonic()
            buyers = [buyer for token in self.tokens if (buyer := await self._buyer(client, token)) is not None]
            if not buyers:
                raise Refused("no buyer can order a port")
            for turn, buyer in enumerate(buyers * len(self.gateways)):
                await self._send(client, self._order(), buyer, turn // len(buyers))
            self.started.set()
            async with asyncio.TaskGroup() as tasks:
                looking = [tasks.create_task(self._look(client, number)) for number in range(len(self.metrics))]
                looking.append(tasks.create_task(self._read(client, buyers[0])))
                sending, first = [], self.now
                for turn, buyer in enumerate(cycle(buyers)):
                    if self._stopped.is_set():
                        break
                    sending.append(tasks.create_task(self._send(client, self._order(), buyer, turn)))
                    await asyncio.sleep(max(0.0, first + (turn + 1) * 60 / per_minute - self.now))
                await asyncio.gather(*sending)
                for task in looking:
                    task.cancel()

    def _order(self) -> Order:
        order = Order(f"{PREFIX}{len(self.orders):06d}", self.now)
        self.orders.append(order)
        return order

    async def _buyer(self, client: httpx.AsyncClient, token: str) -> Buyer | None:
        """Return a user as a buyer of the smallest port in a market that its company has enabled. None if there is none."""
        company = (await self._post(client, self.gateways[0], token, {"query": MARKETS})).json()["data"]["viewer"]["company"]
        for market in (each["market"] for each in company["billingMarkets"] if each["enabled"]):
            found = await self._post(client, self.gateways[0], token, {"query": PLACES, "variables": {"market": market}})
            for location in found.json()["data"]["locations"]["nodes"]:
                return Buyer(token, {"locationId": location["id"], "speedMbps": min(location["speedsMbps"]), "termMonths": 12})
        return None

    async def _send(self, client: httpx.AsyncClient, order: Order, buyer: Buyer, turn: int) -> None:
        body = {"query": ORDER, "variables": {"input": {**buyer.place, "name": order.name}}}
        while order.acknowledged is None:
            gateway = self.gateways[(turn + order.attempts) % len(self.gateways)]
            order.attempts += 1
            try:
                answer = await self._post(client, gateway, buyer.token, body, **{"Idempotency-Key": order.name})
                content = answer.json()
            except (httpx.TransportError, ValueError) as error:
                order.failures[type(error).__name__] += 1
            else:
                self._note(order, answer.status_code, content)
            if order.acknowledged is None:
                await asyncio.sleep(PAUSE)

    def _note(self, order: Order, status: int, content: Any) -> None:
        if errors := content.get("errors"):
            order.failures[f"{status} {errors[0]['extensions']['code']}"] += 1
            return
        done = content["data"]["orderPort"]
        if done["userErrors"]:
            raise Refused(f"{order.name}: {done['userErrors']}")
        order.acknowledged, order.port = self.now, done["port"]["id"]

    async def _read(self, client: httpx.AsyncClient, buyer: Buyer) -> None:
        for gateway in cycle(self.gateways):
            try:
                answer = await self._post(client, gateway, buyer.token, {"query": READ})
                if answer.status_code == httpx.codes.OK and "errors" not in answer.json():
                    self.reads.append(self.now)
            except (httpx.TransportError, ValueError):
                pass
            await asyncio.sleep(LOOK)

    async def _look(self, client: httpx.AsyncClient, number: int) -> None:
        while True:
            try:
                answer = await client.get(f"{self.metrics[number]}/metrics")
                self.listening[number].append((self.now, GAUGE in answer.text))
            except httpx.TransportError:
                self.listening[number].append((self.now, False))
            await asyncio.sleep(LOOK)

    async def _post(
        self, client: httpx.AsyncClient, gateway: str, token: str, body: dict[str, Any], **headers: str
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {token}", "Accept": "application/graphql-response+json", **headers}
        return await client.post(f"{gateway}/graphql", json=body, headers=sent)
