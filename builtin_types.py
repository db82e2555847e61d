"""PostgreSQL's built-in types are looked up once for the process, not once for each connection.

asyncpg looks up an array type when a statement of a connection first uses it. That takes 10 to 30 ms, which requests would wait
for on each new connection, once for each type.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

FIRST_CUSTOM_OID: Final = 16_384  # the types below it are the same in all databases
_known: dict[frozenset[int], Sequence[Any]] = {}


@dataclass(frozen=True, slots=True)
class _NoStatement:
    """Stands for the statement of a lookup that wasn't needed. With a name, it hasn't replaced the connection's unnamed one."""

    name: str = "none"


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that knows the built-in types that earlier connections have looked up."""

    __slots__ = ()

    async def _introspect_types(self, typeoids: Iterable[int], *arguments: Any) -> tuple[Sequence[Any], Any]:
        """Return the rows of types, and the statement that read them. asyncpg has no public method for this."""
        oids = frozenset(typeoids)
        if (types := _known.get(oids)) is not None:
            return types, _NoStatement()
        types, statement = await super()._introspect_types(oids, *arguments)
        if max(oids) < FIRST_CUSTOM_OID:
            _known[oids] = types
        return types, statement
