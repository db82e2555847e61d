"""The lower limit of cost: asyncpg and orjson on bare ASGI, a function per operation, with authorization in its SQL.

It has no GraphQL, tokens or logs: operations are known in advance and the viewer header is trusted. It gives the gateway's
responses to the workload's four queries, with plain keys as IDs and cursors.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, NamedTuple

import asyncpg
import orjson
import uvicorn

from benchmarks.peers import handwritten_sql as sql

Json = dict[str, Any]
Message = MutableMapping[str, Any]
POOL: Final = 10


class Viewer(NamedTuple):
    """The viewer, from the request's header."""

    kind: str
    company: str | None
    prices: bool


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that isn't reset on release: nothing here changes its state."""

    def get_reset_query(self) -> str:
        """Return an empty statement: nothing needs a reset."""
        return ""


class Handwritten:
    """The application."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._settings = settings
        self._pool: Any = None
        self._operations: dict[str, Callable[[Viewer, Json], Awaitable[Json]]] = {
            "Q1": self.ports,
            "Q2": self.profiles,
            "Q3": self.accounts,
            "Q4": self.port,
        }

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await receive()
            self._pool = await asyncpg.create_pool(
                min_size=POOL, max_size=POOL, connection_class=Connection, server_settings=self._settings
            )
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        asked = orjson.loads(body)
        who = next(value for name, value in scope["headers"] if name == b"x-viewer").decode()
        kind, company, prices = who.split(" ")
        viewer = Viewer(kind, company or None, prices == "1")
        data = await self._operations[asked["operationName"]](viewer, asked["variables"])
        answer = orjson.dumps({"data": data})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def ports(self, viewer: Viewer, variables: Json) -> Json:
        """Q1: a viewer's ports; a partner's include those of its accounts."""
        first = variables["first"]
        statement = sql.PARTNERS_PORTS if viewer.kind == "PARTNER" else sql.PORTS
        rows = await self._pool.fetch(statement, viewer.company, first + 1)
        edges = [
            {
                "cursor": b64encode(row[0].encode()).decode(),
                "node": {
                    "id": row[0],
                    "name": row[1],
                    "speedMbps": row[2],
                    "status": row[3],
                    "createdAt": row[4],
                    "monthlyRate": money(row[5], row[6]) if viewer.prices else None,
                    "location": {"id": row[7], "name": row[8], "metro": row[9], "country": row[10]},
                    "company": {"id": row[11], "tradingName": row[12], "accountKind": row[13]},
                },
            }
            for row in rows[:first]
        ]
        end = edges[-1]["cursor"] if edges else None
        return {"ports": {"edges": edges, "pageInfo": {"hasNextPage": len(rows) > first, "endCursor": end}}}

    async def profiles(self, viewer: Viewer, variables: Json) -> Json:
        """Q2: profiles with their companies and Marketplace ports."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(sql.PROFILES[viewer.kind], viewer.company, variables["first"])
            ports: dict[str, list[Json]] = {row[5]: [] for row in rows}
            for company, key, name, speed, *location in await connection.fetch(sql.PROFILES_PORTS, list(ports)):
                place = {"id": location[0], "name": location[1], "metro": location[2], "country": location[3]}
                ports[company].append({"node": {"id": key, "name": name, "speedMbps": speed, "location": place}})
        nodes = [
            {
                "id": row[0],
                "companyName": row[1],
                "bio": row[2],
                "website": row[3],
                "contactEmail": row[4] if viewer.company else None,
                "company": {"id": row[5], "tradingName": row[6], "companyType": row[7]},
                "ports": {"edges": ports[row[5]]},
            }
            for row in rows
        ]
        return {"marketplaceProfiles": {"edges": [{"node": node} for node in nodes]}}

    async def accounts(self, viewer: Viewer, variables: Json) -> Json:
        """Q3: a partner's accounts with their ports, offers and buyers."""
        async with self._pool.acquire() as connection:
            accounts = await connection.fetch(sql.ACCOUNTS, viewer.company, variables["first"])
            companies = [row[1] for row in accounts]
            ports: dict[str, list[Json]] = {company: [] for company in companies}
            for company, key, name, status, place, rate, currency in await connection.fetch(
                sql.ACCOUNTS_PORTS, companies, viewer.company
            ):
                port = {"id": key, "name": name, "status": status, "location": {"name": place}}
                ports[company].append({"node": {**port, "monthlyRate": money(rate, currency)}})
            rows = await connection.fetch(sql.ACCOUNTS_OFFERS, companies, viewer.company)
            buyers: dict[str, list[Json]] = {row[1]: [] for row in rows}
            for offer, key, name in await connection.fetch(sql.OFFERS_BUYERS, list(buyers), viewer.company):
                buyers[offer].append({"id": key, "tradingName": name})
        offers: dict[str, list[Json]] = {company: [] for company in companies}
        for company, key, name, status, value, currency in rows:
            offer = {"id": key, "name": name, "status": status, "totalValue": money(value, currency), "buyers": buyers[key]}
            offers[company].append({"node": offer})
        nodes = [
            {
                "id": key,
                "company": {
                    "id": company,
                    "tradingName": name,
                    "ports": {"edges": ports[company]},
                    "offers": {"edges": offers[company]},
                },
            }
            for key, company, name in accounts
        ]
        return {"viewer": {"company": {"managedAccounts": {"edges": [{"node": node} for node in nodes]}}}}

    async def port(self, viewer: Viewer, variables: Json) -> Json:
        """Q4: one Marketplace port. A managed account can't see its own there."""
        own = viewer.company if viewer.kind == "MANAGED" else None
        row = await self._pool.fetchrow(sql.PORT, variables["id"], own)
        if row is None:
            return {"node": None}
        return {"node": {"id": row[0], "name": row[1], "speedMbps": row[2], "location": {"name": row[3]}}}


def money(minor_units: int, currency: str) -> Json:
    """Return the exact amount of a currency that has cents."""
    whole, cents = divmod(minor_units, 100)
    return {"amount": f"{whole}.{cents:02d}", "currency": currency}


def main() -> None:
    """Serve until stopped."""
    settings = orjson.loads(os.environ["SERVER_SETTINGS"])
    uvicorn.run(
        Handwritten(settings),
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        log_level="error",
        access_log=False,
    )


if __name__ == "__main__":
    main()
