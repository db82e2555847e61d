"""Failures that the operator can fix: printed as a message on standard error with an exit code, never as a traceback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from plain_words import refusal

EXIT_CODE: Final = 1  # usage errors exit with 2
# Failures by module. A module that isn't loaded has raised nothing, and importing it would take longer than most commands.
INVALID_ADDRESS: Final = (("address", "InvalidAddress"),)
KNOWN: Final = (
    ("models.embedded", "EmbeddedFailed"),
    ("policies.errors", "PolicyError"),
    ("settings", "InvalidSettings"),
    ("transport.authentication.keys", "UnusableKey"),
)


class Failure(Exception):
    """A command can't do its work. The message says why and what to do."""


@contextmanager
def explained() -> Iterator[None]:
    """Print a failure's message and exit the process with EXIT_CODE."""
    try:
        yield
    except Exception as failure:
        if isinstance(failure, _loaded(INVALID_ADDRESS)):  # a variable such as PGSERVICE: the settings' URL was checked already
            text = f"The database URL is invalid: {failure}"
        elif isinstance(failure, OSError):
            text = refusal(failure)
        elif isinstance(failure, (Failure, *_loaded(KNOWN))):
            text = str(failure)
        else:
            raise
        sys.stderr.write(f"crossgate: {text}\n")
        raise SystemExit(EXIT_CODE) from None


def _loaded(failures: tuple[tuple[str, str], ...]) -> tuple[type[Exception], ...]:
    """Return the classes of failures whose modules are loaded."""
    return tuple(getattr(sys.modules[module], name) for module, name in failures if module in sys.modules)
