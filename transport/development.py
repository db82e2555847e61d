"""Access to development features, such as tokens of any user and everyone's mail: only from the gateway's own machine.

A development gateway that listens on all addresses is reachable from the whole network, so these routes check the peer's
address and don't trust what a request claims. They also check `Host` and `Origin`, because a browser on this machine may
show a foreign page.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from settings import Settings, variable

SETTING: Final = variable("development_trusts_the_network")
ONLY_LOCAL: Final = (
    "This is available only from the machine that runs the gateway, without a proxy. "
    f"To allow everyone who can reach the gateway, set {SETTING}=true."
)
ONLY_OWN_PAGE: Final = "This is available only to pages of this gateway, opened as localhost or by IP address."
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
    """Whether development features are on, and whether other machines can use them."""

    on: bool = False
    trusts_the_network: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Development:
        """Read the settings."""
        return cls(on=settings.development, trusts_the_network=settings.development_trusts_the_network)

    def serves(self, request: Request) -> bool:
        """Return whether development features are visible to the peer of a request."""
        return self.on and (self.trusts_the_network or is_local(request))

    def refusal(self, request: Request) -> str | None:
        """Return why a request can't use development features, or None if it can."""
        if not self.serves(request):
            return ONLY_LOCAL
        return None if from_own_page(request) else ONLY_OWN_PAGE


def warning(settings: Settings) -> str | None:
    """Return a warning for the operator if these settings expose development features, or None."""
    if not settings.development or is_loopback(settings.host):
        return None
    if settings.development_trusts_the_network:
        return (
            f"{SETTING} is set: anyone who can reach {settings.host}:{settings.port} can sign in as any user and read all mail. "
            "Use this only on a network that you trust."
        )
    return (
        f"The development gateway listens on {settings.host}. Passwordless sign-in and /mails work only from this machine. "
        f"To allow other machines, including containers, set {SETTING}=true."
    )


def is_local(request: Request) -> bool:
    """Return whether a request comes from this machine, without a proxy."""
    peer = request.client
    return peer is not None and is_loopback(peer.host) and not any(_is_forwarding(name) for name in request.headers)


def is_loopback(host: str) -> bool:
    """Return whether a host is localhost or a loopback address (IPv4, IPv6, or IPv4 in IPv6)."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0].strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def from_own_page(request: Request) -> bool:
    """Return whether the request comes from a page of this gateway, or from no page at all.

    A foreign page has a different Origin. A page whose own name resolves to this machine (DNS rebinding) has a matching
    Origin, but needs a DNS name. So the host must be localhost or an IP address.
    """
    host = request.headers.get("host", "")
    origin = request.headers.get("origin", f"//{host}")
    try:
        return urlsplit(origin).netloc == host and _is_without_dns(urlsplit(f"//{host}").hostname or "")
    except ValueError:  # an invalid host such as "[::1"
        return False


def _is_without_dns(name: str) -> bool:
    """Return whether a host resolves without DNS."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_forwarding(name: str) -> bool:
    return name in _FORWARDED or name.startswith(_FORWARDED_BEGINNINGS)
