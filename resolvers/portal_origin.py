"""Resolvers of portal origins, and which origins' pages can call the gateway (V52, V70)."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
import structlog

from models import PortalOrigin
from models.portal_origin import PROOF_PATH
from models.reading import Reader
from resolvers.reading.batching import Computed
from resolvers.values.web_addresses import AllowedOrigins

VERIFIED: Final[sa.Select[Any]] = (
    sa.select(PortalOrigin.origin).where(PortalOrigin.verified_at.is_not(None)).distinct().order_by(PortalOrigin.origin)
)
RETRY_DELAY: Final = 1.0  # seconds

log = structlog.stdlib.get_logger("crossgate.origins")


def address_of_proof(origin: str) -> str:
    """Return the address at which an origin serves its proof."""
    return origin + PROOF_PATH


proof_url: Final = Computed(address_of_proof, ("origin",))


class AdmittedOrigins:
    """The origins whose pages can call the gateway: those of the settings, and every company's verified portal origins.

    The latter are kept in memory, because preflights and handshakes carry no token and anyone can send them. Before they have been
    loaded, none of them is admitted.
    """

    def __init__(self, reader: Reader, allowed: AllowedOrigins) -> None:
        self._reader = reader
        self._allowed = allowed
        self._verified: frozenset[str] = frozenset()
        self._changed = asyncio.Event()

    def __contains__(self, origin: object) -> bool:
        return origin in self._verified or origin in self._allowed

    def report(self, _origin: UUID | None = None) -> None:
        """Load the verified origins again: one of them has changed, or may have."""
        self._changed.set()

    async def follow(self) -> None:
        """Load the verified origins now and whenever they change, until this is cancelled."""
        while True:
            self._changed.clear()
            try:
                self._verified = frozenset(row.origin for row in await self._reader.fetch(VERIFIED, {}))
                await self._changed.wait()
            except Exception as error:  # the database is away
                log.warning("origins.unread", error=type(error).__name__)
                await asyncio.sleep(RETRY_DELAY)
