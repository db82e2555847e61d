"""Failures that whoever called a command can mend: a message on standard error and an exit code, never a traceback."""

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

EXIT_CODE: Final = 1  # a wrong use of the command line is 2


class Failure(Exception):
    """A command cannot do what it was asked to. Says why and what to do."""


@contextmanager
def explained() -> Iterator[None]:
    """End the process with the message of a failure."""
    try:
        yield
    except InvalidAddress as failure:  # of a variable such as PGSERVICE, for that of the settings is looked at before
        sys.stderr.write(f"crossgate: The address of the database {failure}\n")
        raise SystemExit(EXIT_CODE) from None
    except (Failure, EmbeddedFailed, InvalidSettings, PolicyError, UnusableKey, OSError) as failure:
        sys.stderr.write(f"crossgate: {failure}\n")
        raise SystemExit(EXIT_CODE) from None
