"""Faults of resolvers, written in JSON: a value, or how it fails.

`{"fail": KIND}` is an exception as the value of one parent, `{"break": KIND}` one that the batch resolver raises for all
parents, and `{"short": true}` a result with too few values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from resolvers.context import Context
from resolvers.reading.batching import BatchResolver
from resolvers.values.errors import PublicError

FAULTS = ("fail", "break", "short")


class Refused(PublicError):
    """An error that clients are meant to read."""

    code = "REFUSED"


def fault(kind: str) -> Exception:
    """Return an exception of a kind."""
    kinds: dict[str, Exception] = {
        "public": Refused("No.", argument="spec"),
        "unexpected": RuntimeError("the password is swordfish"),
        "graphql": GraphQLError("careless", extensions={"hint": 1}),
        "key": KeyError("lost"),
    }
    return kinds[kind]


class Spec:
    """An object whose attributes come from JSON. A failing attribute raises when it is read."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    @classmethod
    def of(cls, written: Any) -> Any:
        """Convert JSON: objects become a Spec, and failures become exceptions."""
        if isinstance(written, list):
            return [cls.of(each) for each in written]
        if not isinstance(written, dict):
            return written
        if "fail" in written:
            return fault(written["fail"])
        return written if any(name in written for name in FAULTS) else cls(written)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = Spec.of(self.fields.get(name))
        if isinstance(value, Exception):
            raise value
        return value


def values_of(name: str) -> BatchResolver:
    """Return the batch resolver of a field."""

    async def values(parents: Sequence[Any], _context: Context) -> list[Any]:
        found = [Spec.of(parent.fields.get(name)) if isinstance(parent, Spec) else getattr(parent, name) for parent in parents]
        for value in found:
            if isinstance(value, dict) and "break" in value:
                raise fault(value["break"])
            if isinstance(value, dict) and "short" in value:
                return found[1:]
        return found

    return values
