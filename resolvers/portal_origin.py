"""Resolvers of portal origins, and which origins' pages can call the gateway or frame it (V52, V70)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
import structlog

from models import PortalOrigin
from models.portal_origin import PROOF_PATH
from models.reading import Reader
from resolvers.reading.batching import Computed
from resolvers.values.identifiers import parse_or_none
from resolvers.values.web_addresses import AllowedOrigins

VERIFIED: Final[Any] = (
    sa.select(PortalOrigin.company_id, PortalOrigin.origin)
    .where(PortalOrigin.verified_at.is_not(None))
    .order_by(PortalOrigin.company_id, PortalOrigin.origin)
)
LOCAL_PAGES: Final = (
    "http://localhost:*",
    "http://127.0.0.1:*",
)  # in development; a security policy can't name an IPv6 address
RETRY_DELAY: Final = 1.0  # seconds

log = structlog.stdlib.get_logger("crossgate.origins")


def address_of_proof(origin: str) -> str:
    """Return the address at which an origin serves its proof."""
    return origin + PROOF_PATH


proof_url: Final = Computed(address_of_proof, ("origin",))


class AdmittedOrigins:
    """The origins whose pages can call the gateway or frame it: those of the settings, and companies' verified portal origins.

    The latter are kept in memory, because preflights, handshakes and frames carry no token and anyone can send them. Before they have
    been loaded, none of them is admitted.
    """

    def __init__(self, reader: Reader, allowed: AllowedOrigins) -> None:
        self._reader = reader
        self._allowed = allowed
        self._verified: Mapping[UUID, Sequence[str]] = {}  # by company
        self._all: frozenset[str] = frozenset()
        self._changed = asyncio.Event()

    def __contains__(self, origin: object) -> bool:
        return origin in self._all or origin in self._allowed

    def framing(self, company: str) -> tuple[str, ...]:
        """Return the sources, as a Content-Security-Policy lists them, whose pages can show a company's portal in a frame.

        They are the company's verified portal origins and, in development, this machine. `company` is its global ID; any other text
        has the answer of a company without origins.
        """
        found = parse_or_none(company)
        own = () if found is None or found.type != "Company" else self._verified.get(found.key, ())
        return (*own, *(LOCAL_PAGES if self._allowed.local else ()))

    def report(self, _origin: UUID | None = None) -> None:
        """Load the verified origins again: one of them has changed, or may have."""
        self._changed.set()

    async def follow(self) -> None:
        """Load the verified origins now and whenever they change, until this is cancelled."""
        while True:
            self._changed.clear()
            try:
                self._remember(await self._reader.fetch(VERIFIED, {}))
                await self._changed.wait()
            except Exception as error:  # the database is away
                log.warning("origins.unread", error=type(error).__name__)
                await asyncio.sleep(RETRY_DELAY)

    def _remember(self, rows: Sequence[Any]) -> None:
        """Keep the verified origins of each company."""
        verified = defaultdict[UUID, list[str]](list)
        for row in rows:
            verified[row.company_id].append(row.origin)
        self._verified = verified
        self._all = frozenset(row.origin for row in rows)
