"""The network for requests that the gateway sends to addresses of others: public hosts only, so nobody reaches its own network.

A name is resolved here, and the connection goes to the address that was checked. So a name can't change its address in between.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from ssl import SSLContext
from typing import Final, TypeAlias

import httpcore

Address: TypeAlias = IPv4Address | IPv6Address
NOT_PUBLIC: Final = "The host has no public address."
UNKNOWN: Final = "The host name couldn't be resolved."
USER_AGENT: Final = "crossgate"
FAILURES: Final = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError)  # of a request
NAT64: Final = IPv6Network("64:ff9b::/96")  # holds an IPv4 address (RFC 6052)


class Unusable(Exception):
    """An answer can't be used. The message says why."""


def timeouts(seconds: float) -> Mapping[str, float]:
    """Return the time to connect, and for each part of a request and of an answer."""
    return dict.fromkeys(("connect", "read", "write", "pool"), seconds)


async def trusted_authorities(more: Path | None = None) -> SSLContext:
    """Return the context that trusts the known certificate authorities, and those of a file, as they were on first use."""
    return await asyncio.to_thread(_trusted_authorities, more)


@cache  # reads files for 40 ms
def _trusted_authorities(more: Path | None) -> SSLContext:
    context = httpcore.default_ssl_context()
    if more is not None:
        context.load_verify_locations(more)
    return context


async def read_body(
    pool: httpcore.AsyncConnectionPool, url: httpcore.URL, accept: str, *, max_bytes: int, seconds: float
) -> bytes:
    """Return the body at a URL. Raises Unusable for another status than 200 or too long a body, and the errors of httpcore."""
    headers: dict[bytes | str, bytes | str] = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
    body = bytearray()
    async with pool.stream("GET", url, headers=headers, extensions={"timeout": timeouts(seconds)}) as response:
        if response.status != HTTPStatus.OK:
            raise Unusable(f"It answers with status {response.status}.")
        async for chunk in response.aiter_stream():
            body += chunk
            if len(body) > max_bytes:
                raise Unusable(f"It answers with more than {max_bytes} bytes.")
    return bytes(body)


class PublicNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only; with `local`, to this machine too."""

    def __init__(self, *, local: bool = False) -> None:
        self._local = local
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the signature is httpcore's)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that can be used. Raises ConnectError."""
        failure: Exception = httpcore.ConnectError(NOT_PUBLIC)
        for address in await self._usable_addresses(host, port):
            try:
                return await self._network.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _usable_addresses(self, host: str, port: int) -> list[Address]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise httpcore.ConnectError(UNKNOWN) from None
        addresses = dict.fromkeys(ip_address(str(target[0]).partition("%")[0]) for *_, target in found)
        return [address for address in addresses if is_public(address) or (self._local and address.is_loopback)]


def is_public(address: Address) -> bool:
    """Return whether an address is one of the public Internet's, including the IPv4 address that it may hold."""
    if isinstance(address, IPv6Address) and (held := _held(address)) is not None:
        return is_public(held)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _held(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address is mapped or translated to, if any."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
