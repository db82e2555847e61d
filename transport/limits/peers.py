"""Peers: the network address that a request comes from, as limits count it.

An IPv6 client usually holds a whole /64 and can change its address within it, so a /64 is one peer. Only a proxy that the settings
trust can say that a request comes from another address; uvicorn's middleware then corrects `scope["client"]` for everything after it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from contextvars import ContextVar
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX: Final = 64  # bits of an IPv6 address that name a client's network
UNKNOWN: Final = "unknown"  # the single peer for missing addresses and invalid ones from a proxy
CACHE_SIZE: Final = 4096
MAX_ADDRESS_LENGTH: Final = 64  # characters of an address
PEER: Final[ContextVar[str | None]] = ContextVar("peer", default=None)


class Peers:
    """Middleware that stores the peer in PEER for the time of a request or socket."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Return the next application's awaitable; another coroutine would slow down every request."""
        PEER.set(peer_of(scope))  # a pipelined request starts in the previous one's context, so always set it
        return self.app(scope, receive, send)


def peer_of(scope: Scope) -> str:
    """Return the peer of a request."""
    client = scope.get("client")
    host = client[0] if client else ""
    return network_of(host) if len(host) <= MAX_ADDRESS_LENGTH else UNKNOWN


@lru_cache(CACHE_SIZE)
def network_of(host: str) -> str:
    """Return the peer of an address: the address itself, or its /64 for IPv6."""
    try:
        address = _unmapped(ip_address(host))
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address), PREFIX), strict=False))


def _unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


class Proxies:
    """The addresses and networks of trusted proxies."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._networks: list[IPv4Network | IPv6Network] = [ip_network(each) for each in trusted]

    def trusts(self, host: str) -> bool:
        """Return whether a host is a trusted proxy."""
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)
