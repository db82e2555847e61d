"""Viewing as someone else: which requests can use the X-Crossgate-View-As header.

Only queries can. The signed-in user is still the requester: it is logged, and its rights decide who can use view-as.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from graphql import OperationDefinitionNode, OperationType
from starlette.types import Scope

from policies.viewer import Viewer
from resolvers.context import Context
from resolvers.tools.view_as import ViewAsRefused
from resolvers.values.errors import PublicError
from transport.headers import header_values
from transport.logs import bind_facts
from transport.refusal import BadRequest, Refusal

VIEW_AS_HEADER: Final = "X-Crossgate-View-As"
HEADER: Final = VIEW_AS_HEADER.lower().encode()
READ_ONLY: Final = "VIEW_AS_READ_ONLY"
MESSAGE: Final = f"{VIEW_AS_HEADER} works only with queries. Send this request without it."

ViewAs = Callable[[Viewer, str, str], Awaitable[Context]]
"""Makes the context of a query from the requester, the ID to view as, and the request's ID. Raises ViewAsRefused."""


class ViewAsReadOnly(PublicError):
    """An operation other than a query uses view-as."""

    code = READ_ONLY

    def __init__(self) -> None:
        super().__init__(MESSAGE)


def view_as_header(scope: Scope) -> str | None:
    """Return the ID to view as, or None if the request doesn't use view-as. Raises BadRequest."""
    values = header_values(scope, HEADER)
    if len(values) > 1:
        raise BadRequest(f"Header {VIEW_AS_HEADER} appears more than once. Send it once.")
    return values[0] if values else None


def refuse_view_as(scope: Scope) -> None:
    """Raise Refusal if a request uses view-as on a route that doesn't support it."""
    if view_as_header(scope) is not None:
        raise Refusal(HTTPStatus.BAD_REQUEST, READ_ONLY, MESSAGE)


def require_query(operation: OperationDefinitionNode) -> None:
    """Raise ViewAsReadOnly if the operation isn't a query."""
    if operation.operation is not OperationType.QUERY:
        raise ViewAsReadOnly


async def deny_view_as(_requester: Viewer, _target: str, _request_id: str) -> Context:
    """A ViewAs that denies everyone."""
    raise ViewAsRefused


def bind_viewed_as(context: Context) -> None:
    """Add the viewer that the requester views as to the log line."""
    bind_facts(as_user_id=context.viewer.user_id, as_company_id=context.viewer.company_id)
