"""Email addresses: which ones can be put in a header and an envelope unchanged."""

from __future__ import annotations

import re
from typing import Final

ATOM: Final = r"[\w!#$%&'*+/=?^`{|}~-]+"
ADDRESS: Final = re.compile(rf"{ATOM}(\.{ATOM})*@[\w-]+(\.[\w-]+)*", re.ASCII)
MAX_LENGTH: Final = 254  # characters (RFC 5321)


def is_address(text: str) -> bool:
    """Return True for a single ASCII address without quotes, comments or a display name. Doesn't check that it exists."""
    return len(text) <= MAX_LENGTH and ADDRESS.fullmatch(text) is not None
