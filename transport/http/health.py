"""Health checks for operators and load balancers: `/livez` (the process runs) and `/readyz` (it can serve requests).

`/readyz` reports the policy in force and the names of failing parts, never the cause of a failure, which is only logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from transport.refusal import JSON

Probes = Mapping[str, Callable[[], Awaitable[object]]]
"""Probes by the name of the part they check. A probe raises if its part fails."""

Notes = Mapping[str, Callable[[], str | None]]
"""Further facts for `/readyz`, by name. None values are left out."""

PROBE_SECONDS: Final = 2.0
HEADERS: Final = {"Cache-Control": "no-store"}

log = structlog.stdlib.get_logger("crossgate.health")


def health_routes(ready: Probes, notes: Notes = MappingProxyType({})) -> list[Route]:
    """Return the routes of both checks. `notes` are public."""

    async def livez(_: Request) -> Response:
        return _json(HTTPStatus.OK, {"status": "alive"})

    async def readyz(_: Request) -> Response:
        results = await asyncio.gather(*(_works(part, probe) for part, probe in ready.items()))
        failing = [part for part, working in zip(ready, results, strict=True) if not working]
        facts = {name: value for name, note in notes.items() if (value := note()) is not None}
        if failing:
            return _json(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "not ready", "failing": failing, **facts})
        return _json(HTTPStatus.OK, {"status": "ready", **facts})

    return [Route("/livez", livez), Route("/readyz", readyz)]


async def _works(part: str, probe: Callable[[], Awaitable[object]]) -> bool:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await probe()
    except Exception:  # any failure means that the part can't serve
        log.warning("probe.failed", part=part, exc_info=True)
        return False
    return True


def _json(status: HTTPStatus, content: object) -> Response:
    return Response(orjson.dumps(content), status, HEADERS, media_type=JSON)
