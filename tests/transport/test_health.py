"""Health: the process lives, and can serve if all its parts do."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from tests.transport.gateway import POLICY
from transport.http import health
from transport.http.health import Probes, health_routes


async def works() -> None:
    """A part that works."""


async def fails() -> None:
    """A part that fails, with a secret in its error."""
    raise ConnectionError("no route to postgresql://root:swordfish@db")


async def hangs() -> None:
    """A part that never answers."""
    await asyncio.Event().wait()


async def asked(path: str, ready: Probes) -> httpx.Response:
    app = Starlette(routes=health_routes(ready))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        return await client.get(path)


async def test_the_gateway_is_ready(client: httpx.AsyncClient) -> None:
    """A gateway whose parts all work is alive and ready, and says by which policy."""
    alive, ready = await client.get("/livez"), await client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "policy": POLICY})


async def test_the_failing_parts_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway with parts that fail or hang is not ready; it names them, and no secret."""
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.01)

    response = await asked("/readyz", {"database": fails, "queue": hangs, "files": works})

    assert (response.status_code, response.json()) == (503, {"status": "not ready", "failing": ["database", "queue"]})


async def test_life_does_not_depend_on_parts() -> None:
    """A gateway whose database fails is alive: to restart it would not help."""
    assert (await asked("/livez", {"database": fails})).status_code == 200
