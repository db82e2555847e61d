"""What can go wrong in a resolver, written in JSON: a value may be given, or how it fails.

`{"fail": KIND}` is an exception as the value of one place, `{"break": KIND}` one that the batch resolver raises for all of them,
`{"short": true}` an answer that has too few values.
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
    """An error that is meant to be read."""

    code = "REFUSED"


def fault(kind: str) -> Exception:
    """An exception of a kind."""
    kinds: dict[str, Exception] = {
        "public": Refused("No.", argument="spec"),
        "unexpected": RuntimeError("the password is swordfish"),
        "graphql": GraphQLError("careless", extensions={"hint": 1}),
        "key": KeyError("lost"),
    }
    return kinds[kind]


class Spec:
    """An object whose attributes are what is written; a column that fails raises when it is read."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    @classmethod
    def of(cls, written: Any) -> Any:
        """What is written, with objects where objects stand and exceptions where something fails."""
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
    """A batch resolver of the field of a name."""

    async def values(parents: Sequence[Any], _context: Context) -> list[Any]:
        found = [Spec.of(parent.fields.get(name)) if isinstance(parent, Spec) else getattr(parent, name) for parent in parents]
        for value in found:
            if isinstance(value, dict) and "break" in value:
                raise fault(value["break"])
            if isinstance(value, dict) and "short" in value:
                return found[1:]
        return found

    return values
