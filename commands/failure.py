"""Failures that the operator can fix: printed as a message on standard error with an exit code, never as a traceback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from address import InvalidAddress
from models.embedded import EmbeddedFailed
from policies.errors import PolicyError
from settings import InvalidSettings
from transport.authentication.keys import UnusableKey

EXIT_CODE: Final = 1  # usage errors exit with 2


class Failure(Exception):
    """A command can't do its work. The message says why and what to do."""


@contextmanager
def explained() -> Iterator[None]:
    """Print a failure's message and exit the process with EXIT_CODE."""
    try:
        yield
    except InvalidAddress as failure:  # from a variable such as PGSERVICE: the settings' own URL has been checked already
        sys.stderr.write(f"crossgate: The database URL is invalid: {failure}\n")
        raise SystemExit(EXIT_CODE) from None
    except (Failure, EmbeddedFailed, InvalidSettings, PolicyError, UnusableKey, OSError) as failure:
        sys.stderr.write(f"crossgate: {failure}\n")
        raise SystemExit(EXIT_CODE) from None
