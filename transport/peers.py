"""Peers: the network address from which a request or a socket comes, for limits on what strangers send.

The server has it in the scope's `client`. Behind a trusted proxy something before this puts the real one there.
"""

from __future__ import annotations

from contextvars import ContextVar
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX: Final = 64  # bits of an IPv6 address that its provider assigns; the rest is the peer's own to choose
PEER: Final[ContextVar[str | None]] = ContextVar("peer", default=None)


class Peers:
    """Middleware that remembers the peer while a request is answered or a socket is open."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = PEER.set(peer_of(scope))
        try:
            await self.app(scope, receive, send)
        finally:
            PEER.reset(before)


def peer_of(scope: Scope) -> str | None:
    """The peer of a scope: an IPv4 address, an IPv6 network, or None where the server does not know it."""
    client = scope.get("client")
    if not client:
        return None
    try:
        address = ip_address(client[0].partition("%")[0])
    except ValueError:
        return None
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, PREFIX), strict=False))
