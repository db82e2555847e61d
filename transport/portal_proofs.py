"""Reads the files with which companies prove that the origins of their portals are their own (V52).

The address is one that a user has entered, so only public addresses are connected to, no redirect is followed, and the answer has a
size and a time.
"""

from __future__ import annotations

import asyncio
from ssl import SSLContext

import httpcore
import structlog

from models.portal_origin import MAX_PROOF_BYTES, PROOF_SECONDS
from transport.public_network import FAILURES, PublicNetwork, Unusable, read_body, trusted_authorities

log = structlog.stdlib.get_logger("crossgate.origins")


class PortalProofs:
    """Reads the text at an address. Tests use a network and a certificate authority of their own."""

    def __init__(self, network: PublicNetwork | None = None, context: SSLContext | None = None) -> None:
        self._network = network or PublicNetwork()
        self._context = context

    async def __call__(self, address: str) -> str | None:
        """Return the text at an https address, or None if it can't be read."""
        try:
            async with asyncio.timeout(PROOF_SECONDS):
                return (await self._read(address)).decode(errors="replace")
        except (Unusable, *FAILURES) as error:
            log.info("proof.unavailable", address=address, error=f"{type(error).__name__}: {error}")
            return None

    async def _read(self, address: str) -> bytes:
        """Return the body at an address. Raises Unusable, and the errors of httpcore."""
        context = self._context or await trusted_authorities()
        async with httpcore.AsyncConnectionPool(context, network_backend=self._network) as pool:
            return await read_body(pool, _checked(address), "text/plain", max_bytes=MAX_PROOF_BYTES, seconds=PROOF_SECONDS)


def _checked(address: str) -> httpcore.URL:
    """Return an address as the client reads it. Raises Unusable unless it's https."""
    url = httpcore.URL(address)
    if url.scheme != b"https":
        raise Unusable("The address isn't https.")
    return url
