"""Public errors: errors that a client is meant to read. Each has a stable code, and a message built from its data.

Any other exception of a resolver is unexpected: the client sees INTERNAL and no details; the log has them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from graphql import GraphQLError

if TYPE_CHECKING:
    from collections.abc import Collection

    from graphql import Node


class PublicError(GraphQLError):
    """The base of all errors raised on purpose. `data` is added to `extensions` next to the code, for programs to read."""

    code: ClassVar[str]

    def __init__(self, message: str, *, nodes: Collection[Node] | Node | None = None, **data: object) -> None:
        super().__init__(message, nodes=nodes, extensions={"code": self.code, **data})
