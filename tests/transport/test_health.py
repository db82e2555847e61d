"""Health: whether the process is alive, and whether its dependencies work."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from tests.transport.gateway import POLICY
from transport.http import health
from transport.http.health import Probes, health_routes


async def works() -> None:
    """A dependency that works."""


async def fails() -> None:
    """A dependency that fails, with a secret in its error."""
    raise ConnectionError("no route to postgresql://root:swordfish@db")


async def hangs() -> None:
    """A dependency that never answers."""
    await asyncio.Event().wait()


async def get(path: str, ready: Probes) -> httpx.Response:
    app = Starlette(routes=health_routes(ready))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        return await client.get(path)


async def test_gateway_is_ready(client: httpx.AsyncClient) -> None:
    """A gateway whose dependencies all work is alive and ready, and returns its policy version."""
    alive, ready = await client.get("/livez"), await client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "policy": POLICY})


async def test_failing_dependencies_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway with failing or hanging dependencies isn't ready. It names them, without secrets."""
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.01)

    response = await get("/readyz", {"database": fails, "queue": hangs, "files": works})

    assert (response.status_code, response.json()) == (503, {"status": "not ready", "failing": ["database", "queue"]})


async def test_liveness_does_not_depend_on_the_database() -> None:
    """A gateway whose database fails is alive, because restarting it wouldn't help."""
    assert (await get("/livez", {"database": fails})).status_code == 200
