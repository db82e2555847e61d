"""Whether the process lives (`/livez`) and whether it can serve (`/readyz`), for whoever runs and balances gateways.

`/readyz` says which policy is in force, and names the parts that fail and nothing more: why they fail is in the log.
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
"""The parts that serving needs, by name; a probe that raises says that its part fails."""

Notes = Mapping[str, Callable[[], str | None]]
"""What there is to say of a gateway beside, by name; what is None is not said."""

PROBE_SECONDS: Final = 2.0
HEADERS: Final = {"Cache-Control": "no-store"}

log = structlog.stdlib.get_logger("crossgate.health")


def health_routes(ready: Probes, notes: Notes = MappingProxyType({})) -> list[Route]:
    """The routes of both questions. `notes` are for everybody to read."""

    async def livez(_: Request) -> Response:
        return _json(HTTPStatus.OK, {"status": "alive"})

    async def readyz(_: Request) -> Response:
        works = await asyncio.gather(*(_works(part, probe) for part, probe in ready.items()))
        failing = [part for part, working in zip(ready, works, strict=True) if not working]
        noted = {name: said for name, note in notes.items() if (said := note()) is not None}
        if failing:
            return _json(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "not ready", "failing": failing, **noted})
        return _json(HTTPStatus.OK, {"status": "ready", **noted})

    return [Route("/livez", livez), Route("/readyz", readyz)]


async def _works(part: str, probe: Callable[[], Awaitable[object]]) -> bool:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await probe()
    except Exception:  # whatever it is: the part does not serve
        log.warning("probe.failed", part=part, exc_info=True)
        return False
    return True


def _json(status: HTTPStatus, content: object) -> Response:
    return Response(orjson.dumps(content), status, HEADERS, media_type=JSON)
