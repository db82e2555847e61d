"""Errors that a client is meant to read: each has a stable code, and a message made from its data.

Whatever else a resolver raises is unexpected: the client sees INTERNAL and nothing of it, the log sees all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from graphql import GraphQLError

if TYPE_CHECKING:
    from collections.abc import Collection

    from graphql import Node


class PublicError(GraphQLError):
    """Base of all errors raised on purpose. `data` joins the code in `extensions`, for programs to read."""

    code: ClassVar[str]

    def __init__(self, message: str, *, nodes: Collection[Node] | Node | None = None, **data: object) -> None:
        super().__init__(message, nodes=nodes, extensions={"code": self.code, **data})
