"""Looking as another: which requests may ask for it, and how.

Only queries are run so. Who is signed in is still whoever sent the token: it is logged, and rights to use a tool are its rights.
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
from transport.logs import bind_facts
from transport.refusal import BadRequest, Refusal

VIEW_AS_HEADER: Final = "X-Crossgate-View-As"
HEADER: Final = VIEW_AS_HEADER.lower().encode()
READ_ONLY: Final = "VIEW_AS_READ_ONLY"
MESSAGE: Final = f"{VIEW_AS_HEADER} is for queries; do this as yourself."

ViewAs = Callable[[Viewer, str, str], Awaitable[Context]]
"""Makes the context of a query from its asker, the id that it names, and the request's id. Raises ViewAsRefused."""


class ViewAsReadOnly(PublicError):
    """Something else than a query, as another viewer."""

    code = READ_ONLY

    def __init__(self) -> None:
        super().__init__(MESSAGE)


def view_as_header(scope: Scope) -> str | None:
    """The id that a request names, None where it does not look as another. Raises BadRequest."""
    found = [value for name, value in scope["headers"] if name == HEADER]
    if len(found) > 1:
        raise BadRequest(f"Header {VIEW_AS_HEADER} is given more than once.")
    return str(found[0], "latin-1") if found else None


def refuse_view_as(scope: Scope) -> None:
    """Raises Refusal for a request that looks as another where nobody can."""
    if view_as_header(scope) is not None:
        raise Refusal(HTTPStatus.BAD_REQUEST, READ_ONLY, MESSAGE)


def require_query(operation: OperationDefinitionNode) -> None:
    """Raises ViewAsReadOnly."""
    if operation.operation is not OperationType.QUERY:
        raise ViewAsReadOnly


async def nobody(_asker: Viewer, _named: str, _request_id: str) -> Context:
    """A ViewAs that lets nobody."""
    raise ViewAsRefused


def bind_seen(context: Context) -> None:
    """Tell the log as whom the asker looks."""
    bind_facts(as_user_id=context.viewer.user_id, as_company_id=context.viewer.company_id)
