"""Web addresses: which ones are safe to send secrets to."""

from __future__ import annotations

from typing import Final

import ada_url

LOCAL: Final = ("localhost", "127.0.0.1", "[::1]")


def is_secure(url: ada_url.URL, *, local: bool) -> bool:
    """Return whether a URL uses https, or with `local`, http on this machine."""
    return url.protocol == "https:" or (local and url.protocol == "http:" and url.hostname in LOCAL)
