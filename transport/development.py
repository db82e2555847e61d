"""What only development serves, such as tokens of any user and everybody's mails, and to whom: to the gateway's own machine.

A gateway in development that listens on all addresses is reached by the whole network, so these routes look at who is
connected, not at what a request says of itself. `Host` and `Origin` are checked too, since a browser on this machine may
show a page of somebody else.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from settings import Settings, variable

SWITCH: Final = variable("development_trusts_the_network")
ONLY_HERE: Final = (
    "Only the machine that the gateway runs on may do this, and without a proxy. "
    f"To let everybody who can reach the gateway, set {SWITCH}=true."
)
ONLY_OWN_PAGE: Final = "Only a page of this gateway may do this, opened as localhost or by IP address."
_FORWARDED: Final = frozenset(("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip"))
_FORWARDED_BEGINNINGS: Final = (
    "x-forwarded-",
    "x-original-",
    "cf-",
    "fly-",
    "fastly-",
    "x-envoy-",
    "x-amzn-",
    "x-azure-",
    "ngrok-",
)


@dataclass(frozen=True, slots=True)
class Development:
    """Whether there is development, and whether other machines may use it."""

    on: bool = False
    trusts_the_network: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Development:
        """As the settings say."""
        return cls(on=settings.development, trusts_the_network=settings.development_trusts_the_network)

    def serves(self, request: Request) -> bool:
        """Whether the peer of a request may know of development at all."""
        return self.on and (self.trusts_the_network or is_from_here(request))

    def refusal(self, request: Request) -> str | None:
        """Why a request may not have what only development serves; None if it may."""
        if not self.serves(request):
            return ONLY_HERE
        return None if from_own_page(request) else ONLY_OWN_PAGE


def warning(settings: Settings) -> str | None:
    """What is dangerous about development with these settings, for whoever starts it."""
    if not settings.development or is_loopback(settings.host):
        return None
    if settings.development_trusts_the_network:
        return (
            f"{SWITCH} is set: everybody who can reach {settings.host}:{settings.port} can sign in as any user and read all mails. "
            "Never do this outside a network that you trust."
        )
    return (
        f"Development listens on {settings.host}. Sign-in without a password and /mails work only from this machine. "
        f"To allow other machines, containers among them, set {SWITCH}=true."
    )


def is_from_here(request: Request) -> bool:
    """Whether a request comes from this machine itself: its peer is, and no proxy has passed it on."""
    peer = request.client
    return peer is not None and is_loopback(peer.host) and not any(_is_forwarding(name) for name in request.headers)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, as an address of IPv4, IPv6 or IPv4 in IPv6, or as localhost."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0].strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def from_own_page(request: Request) -> bool:
    """Whether the request comes from a page that this gateway served, or from no page at all.

    A foreign page gives itself away by its Origin. One that made its own name point here (DNS rebinding) has a matching
    Origin, but needs a name: so the host must be localhost or an IP address.
    """
    host = request.headers.get("host", "")
    origin = request.headers.get("origin", f"//{host}")
    try:
        return urlsplit(origin).netloc == host and _is_without_dns(urlsplit(f"//{host}").hostname or "")
    except ValueError:  # a host such as "[::1", which is none
        return False


def _is_without_dns(name: str) -> bool:
    """Whether a host is named without any help of DNS."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_forwarding(name: str) -> bool:
    return name in _FORWARDED or name.startswith(_FORWARDED_BEGINNINGS)
