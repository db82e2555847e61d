"""Mail addresses: which ones a header and an envelope hold exactly as they are written."""

from __future__ import annotations

import re
from typing import Final

ATOM: Final = r"[\w!#$%&'*+/=?^`{|}~-]+"
ADDRESS: Final = re.compile(rf"{ATOM}(\.{ATOM})*@[\w-]+(\.[\w-]+)*", re.ASCII)
MAX_LENGTH: Final = 254  # RFC 5321


def is_address(text: str) -> bool:
    """Whether a text is one ASCII address without quotes, comments or a display name. Nobody is asked whether it exists."""
    return len(text) <= MAX_LENGTH and ADDRESS.fullmatch(text) is not None
