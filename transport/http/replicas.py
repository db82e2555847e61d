"""Replicas for clients, and the header `Crossgate-Position`: where the primary was after a client's mutations, encrypted.

In clear it would tell a client how much all others write. A client sends what it was given, several values separated by commas.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import reduce
from typing import Final
from uuid import UUID

from starlette.types import Scope

from models.replicas import UNREACHED, Position, ReplicaReads, Replicas
from resolvers.values.encryption import Undecipherable, decrypt, encrypt
from transport.headers import header

SECRET_PURPOSE: Final = b"position"
NOBODY: Final = UUID(int=0)  # a position isn't bound to the viewer who was given it
MAX_POSITIONS: Final = 8  # in one header; more are answered by the primary

_written: Final[ContextVar[Position | None]] = ContextVar("_written", default=None)


class ClientReplicas:
    """The replicas, as far as they have what the client of the current request has written."""

    def __init__(self, replicas: Replicas, secrets: Callable[[], Sequence[bytes]]) -> None:
        """Prepare. `secrets` returns those that all gateway processes share; the first one encrypts."""
        self._replicas = replicas
        self._secrets = secrets

    def receive(self, scope: Scope) -> None:
        """Note the positions in a request's header.

        A value that wasn't sealed here, or so long ago that its key is gone, lets the primary answer.
        """
        values = (header(scope, b"crossgate-position") or "").split(",", MAX_POSITIONS)
        positions = [self._opened(value.strip()) for value in values if value]
        _written.set(UNREACHED if len(values) > MAX_POSITIONS else reduce(Position.join, positions, Position(0, 0)))

    def reads(self) -> ReplicaReads | None:
        """Return reads on a replica for the current request, or None if the primary has to answer."""
        return self._replicas.reads(_written.get())

    async def position(self) -> str | None:
        """Return the header's value after a mutation. None if the primary doesn't tell where it is."""
        position = await self._replicas.position_if_known()
        if position is None:
            return None
        return urlsafe_b64encode(encrypt(str(position), NOBODY, self._secrets())).decode()

    def _opened(self, value: str) -> Position:
        try:
            return Position.parse(decrypt(urlsafe_b64decode(value.encode("ascii")), NOBODY, self._secrets())) or UNREACHED
        except (Undecipherable, ValueError):
            return UNREACHED
