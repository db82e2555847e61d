"""Web addresses: which ones are safe to send secrets to, and which web origins can call the gateway."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import ada_url

LOCAL: Final = ("localhost", "127.0.0.1", "[::1]")
ANY: Final = "*"
MAX_ORIGIN_LENGTH: Final = 300  # characters; a host name has 253
HOST: Final = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:]+\]")  # no wildcards


def is_secure(url: ada_url.URL, *, local: bool) -> bool:
    """Return whether a URL uses https, or with `local`, http on this machine."""
    return url.protocol == "https:" or (local and url.protocol == "http:" and url.hostname in LOCAL)


def web_origin(text: str, *, local: bool = True) -> str | None:
    """Return the web origin that a text names, in the form of an Origin header, or None if it names none.

    Without `local`, an origin on this machine can't use http either.
    """
    if len(text) > MAX_ORIGIN_LENGTH:
        return None
    try:
        url = ada_url.URL(text)
    except ValueError:
        return None
    is_host = HOST.fullmatch(url.hostname) is not None
    return url.origin if is_secure(url, local=local) and is_host and url.href == f"{url.origin}/" else None


def is_local_origin(origin: str) -> bool:
    """Return whether an Origin header names pages that this machine serves over http."""
    return origin.startswith("http:") and web_origin(origin) == origin


@dataclass(frozen=True, slots=True)
class AllowedOrigins:
    """The web origins that the gateway's settings allow. In development (`local`), those on this machine too."""

    origins: frozenset[str] = frozenset({ANY})
    local: bool = False

    def __contains__(self, origin: object) -> bool:
        return ANY in self.origins or origin in self.origins or self._is_local(origin)

    def lists(self, origin: str) -> bool:
        """Return whether the settings name this origin. `*` names none: whoever allows all pages vouches for none of them."""
        return (origin != ANY and origin in self.origins) or self._is_local(origin)

    def _is_local(self, origin: object) -> bool:
        return self.local and isinstance(origin, str) and is_local_origin(origin)
